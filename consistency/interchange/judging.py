"""Judging: what the checkers say of a history that another tool wrote.

Text comes in, findings and verdicts go out. Without a claim the model that such a history is recorded for is one: of a
set that nothing is lost, of registers that they are linearizable, of transactions that they are strictly serializable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.claims import judge_claim
from consistency.analysis.examination import APPLICABLE
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import ClaimVerdict, Verdict
from consistency.claim import NO_VIOLATION, Claim, parse_claim
from consistency.history import History
from consistency.interchange.importing import Model, find_model, import_history
from consistency.interchange.jepsen import parse_history
from consistency.workload import Workload

_OF_TRANSACTIONS: Final = APPLICABLE[Workload.LIST_APPEND]
_ASKED: Final = {
    Model.SET_FULL: ("set_full", APPLICABLE[Workload.CREATE] - {"agreement", "missing"}),
    Model.CAS_REGISTER: ("linearizable", frozenset({"linearizable"})),
    Model.RW_REGISTER: ("strict_serializable", _OF_TRANSACTIONS - {"duplicate_writes", "incompatible_orders"}),
    Model.LIST_APPEND: ("strict_serializable", _OF_TRANSACTIONS),
}


@dataclass(frozen=True)
class Judged:
    """What is said of a history: its model, the findings, the claims' verdicts, and the worst of these."""

    model: Model
    history: History
    findings: tuple[Finding, ...]
    claims: tuple[ClaimVerdict, ...]
    verdict: Verdict


def judge_text(text: str, model: Model | None = None, claims: Sequence[Claim] = ()) -> Judged:
    """Judge the history in `text`; ConsistencyError where it cannot be read."""
    ops = parse_history(text)
    found = model or find_model(ops)
    history = import_history(ops, found)
    leading, asked = _ASKED[found]
    findings = tuple(check(history, 0) for name, check in CHECKERS.items() if name in asked)
    judged = tuple(judge_claim(claim, {}, findings) for claim in claims or [parse_claim(leading, NO_VIOLATION)])
    verdicts = {each.verdict for each in judged}
    worst = next(each for each in (Verdict.BROKEN, Verdict.CANNOT_TELL, Verdict.HOLDS) if each in verdicts)
    return Judged(found, history, findings, judged, worst)
