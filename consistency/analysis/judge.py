"""Judge: one run's history to all that is said of it.

Plan, manifest and history come in, a Judgement goes out. The emulator's truth is not among them: no interval, summary
or verdict may depend on it, and only `calibration` reads it, afterwards.
"""

from collections.abc import Sequence

from consistency.analysis.claims import judge_claim
from consistency.analysis.judgement import Judgement, Verdict
from consistency.analysis.notes import find_unfinished, write_notes
from consistency.analysis.pacing import measure_pacing
from consistency.analysis.series import gather_series
from consistency.analysis.summaries import summarize_action
from consistency.analysis.visibility import measure_visibility
from consistency.archive import Manifest
from consistency.claim import Claim
from consistency.history import History
from consistency.plan import Plan

_BY_BADNESS = (Verdict.BROKEN, Verdict.CANNOT_TELL, Verdict.HOLDS)


def judge(plan: Plan, manifest: Manifest, history: History, extra_claims: Sequence[Claim] = ()) -> Judgement:
    """Judge `history` by the claims of `plan` and by `extra_claims`. The verdict is the worst; no claims hold."""
    series = {action: gather_series(history, action) for action in plan.probes}
    measured = {action: measure_visibility(searches, manifest.clock_bound_ns) for action, searches in series.items()}
    claims = tuple(judge_claim(claim, measured) for claim in (*plan.parsed_claims, *extra_claims))
    verdicts = {judged.verdict for judged in claims}
    return Judgement(
        actions=tuple(summarize_action(columns) for columns in measured.values()),
        claims=claims,
        verdict=next((verdict for verdict in _BY_BADNESS if verdict in verdicts), Verdict.HOLDS),
        pacing=measure_pacing(plan, history),
        complete=not find_unfinished(history),
        notes=write_notes(plan, history, series),
    )
