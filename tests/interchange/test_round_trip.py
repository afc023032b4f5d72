"""Histories that go out and come back: the same calls, the same verdicts."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.history import History
from consistency.interchange.exporting import choose_model, export_history
from consistency.interchange.importing import Model, import_history
from consistency.interchange.jepsen import parse_history, write_edn, write_json
from consistency.operation import Outcome
from tests.analysis.checkers.drawing import draw_registers
from tests.analysis.checkers.drawing_transactions import draw_at_will
from tests.analysis.checkers.notation import build_history, parse
from tests.analysis.checkers.transactional import build
from tests.histories import parse_history as parse_line
from tests.whole_runs import plan_of, run_plan

WRITERS = {"edn": write_edn, "json": write_json}
SET = """write a 0-10; global a 12-14 miss; get a 12-14 hit; global a 20-22 hit; global a 30-33 miss;
reader-2/global a 31-35 UNAVAILABLE; write b 40-? ; reader-2/get b 50-60 hit; write c 1-2 fail=ABORTED"""


def send(history: History, model: Model, notation: str) -> History:
    """Out and back in."""
    return import_history(parse_history(WRITERS[notation](export_history(history, model))), model)


def tell(history: History, checkers: Iterable[str] = CHECKERS) -> dict[str, tuple[str, int, str]]:
    """All that is said of it."""
    findings = ((name, CHECKERS[name](history, 0)) for name in checkers)
    return {name: (str(found.verdict), len(found.anomalies), found.reason) for name, found in findings}


@pytest.mark.parametrize("notation", WRITERS)
class TestRoundTrips:
    def test_a_set(self, notation: str) -> None:
        """Hits and misses, errors, calls without an answer, several at once."""
        history = parse_line(SET)
        returned = send(history, Model.SET_FULL, notation)
        answered = [row for row in range(len(history)) if history[row].outcome is not Outcome.FAIL]
        assert len(returned) >= len(answered) - 1
        names = CHECKERS.keys() - {"missing"}  # the line above does not say what its queries ask for
        assert tell(returned, names) == tell(history, names)
        assert tell(returned)["flicker"][1] == 1

    def test_registers(self, notation: str) -> None:
        """Values are what they were; so is what each session did."""
        history = build_history([op for ops in draw_registers(4, 60).values() for op in ops])
        names = {"linearizable"}
        assert tell(send(history, Model.CAS_REGISTER, notation), names) == tell(history, names)
        assert CHECKERS["linearizable"](history, 0).anomalies

    def test_lists(self, notation: str) -> None:
        """Every checker of transactions says the same."""
        random = Random(7)
        for _ in range(20):
            history = build(draw_at_will(random, 5, lists=True))
            assert tell(send(history, choose_model(history), notation)) == tell(history)

    def test_updates_and_deletions(self, notation: str) -> None:
        """A deletion writes «nothing»."""
        history = parse("aW1 0-5; aU2 10-15; bR1 20-25; aD0 30-35; bR0 40-45; cR2 50-55")
        names = {"linearizable"}
        sent = send(history, choose_model(history), notation)
        assert len(sent) == len(history)
        assert [tell(sent, names)["linearizable"][0]] == [tell(history, names)["linearizable"][0]]


class TestWholeRuns:
    @pytest.mark.slow
    @pytest.mark.parametrize("workload", ["create", "update", "counter", "list_append", "bank"])
    def test_a_run_of_ours(self, workload: str, tmp_path: Path) -> None:
        """What our own workloads record is written and read again."""
        probes = {} if workload in {"counter", "list_append", "bank"} else {"global_query": {"interval": "40ms"}}
        plan = plan_of(workload=workload, probes=probes, entities=10, writers=2)
        history = History.load(run_plan(plan, tmp_path).histories())
        model = choose_model(history)
        names = {"create": CHECKERS.keys(), "update": {"linearizable"}}.get(
            workload, {"serializable", "g1a", "counter", "bank"}
        )
        assert tell(send(history, model, "edn"), names) == tell(history, names)
