"""Set-full against the vectors of Jepsen's own tests (measurement reference, 4.2; jepsen/checker.clj at c4c7473)."""

from collections.abc import Iterable

import pytest

from consistency.analysis.checkers.set_full import check_set_full
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome

MS = 1_000_000


def play(script: str) -> Finding:
    """Judge a script of events, event i at i ms: `a0` an add is invoked, `a0+` it is ok, `rX` a read X of the whole set
    is invoked, `rX=01` it returned 0 and 1."""
    steps = list(enumerate(script.split()))
    elements = sorted({text[1] for _, text in steps if text[0] == "a"})
    events: list[Event] = []
    for at, text in steps:
        events += _tell(at * MS, text, elements)
    return check_set_full(History.of(events))


def _tell(at_ns: int, text: str, elements: Iterable[str]) -> list[Event]:
    """A read of the set is a read of each element, at the same time."""
    process = text.split("=", maxsplit=1)[0].rstrip("+")
    if text[0] == "a":
        item, op = Item(text[1], text[1]), int(text[1])
        if text.endswith("+"):
            return [Completion(op, process, at_ns, Outcome.OK)]
        return [Invocation(op, process, Action.WRITE, item, at_ns, at_ns, 1)]
    if "=" not in text:
        return [Invocation(int(e), process, Action.GLOBAL_QUERY, Item(e, e), at_ns, at_ns, 1) for e in elements]
    seen = text.split("=")[1]
    return [Completion(int(e), process, at_ns, Outcome.OK, int(e in seen)) for e in elements]


def counts(finding: Finding) -> tuple[object, ...]:
    """Stable, lost, never read."""
    return tuple(finding.figures[name] for name in ("stable", "lost", "never_read"))


class TestVectors:
    def test_s1_never_read(self) -> None:
        """An add and no read."""
        finding = play("a0 a0+")
        assert (counts(finding), finding.verdict) == ((0, 0, 1), Verdict.CANNOT_TELL)

    def test_s2_never_known(self) -> None:
        """An add without an answer, missed by a read."""
        finding = play("a0 rA rA=")
        assert (counts(finding), finding.verdict) == ((0, 0, 1), Verdict.CANNOT_TELL)

    @pytest.mark.parametrize(
        "script",
        ["rA rA=0 a0 a0+", "rA a0 rA=0 a0+", "rA a0 a0+ rA=0", "a0 rA rA=0 a0+", "a0 rA a0+ rA=0", "a0 a0+ rA rA=0"],
    )
    def test_s3_seen_wherever_the_read_stands(self, script: str) -> None:
        """Before, around, inside or after the add."""
        finding = play(script)
        assert (counts(finding), finding.verdict) == ((1, 0, 0), Verdict.HOLDS)
        assert finding.figures["stable_latency_q100_ms"] == 0

    def test_s4_lost(self) -> None:
        """Acknowledged, and missed by the only read."""
        finding = play("a0 a0+ rA rA=")
        assert (counts(finding), finding.verdict) == ((0, 1, 0), Verdict.BROKEN)
        assert finding.figures["lost_latency_q100_ms"] == 0

    @pytest.mark.parametrize(
        "script", ["rA rA= a0 a0+", "rA a0 rA= a0+", "rA a0 a0+ rA=", "a0 rA rA= a0+", "a0 rA a0+ rA="]
    )
    def test_s5_missed_by_a_concurrent_read(self, script: str) -> None:
        """Nothing was known when the read was invoked."""
        finding = play(script)
        assert (counts(finding), finding.verdict) == ((0, 0, 1), Verdict.CANNOT_TELL)

    def test_s6_both_lost(self) -> None:
        """Seen, and then missed one after the other."""
        finding = play("a0 a1 rA rA=1 a0+ a1+ rB rB=01 rC rC=0 rD rD=")
        assert counts(finding) == (0, 2, 0)
        latencies = [finding.figures[f"lost_latency_{q}_ms"] for q in ("q0", "q50", "q95", "q99", "q100")]
        assert latencies == [3, 4, 4, 4, 4]
        assert finding.verdict is Verdict.BROKEN

    def test_s7_one_stale_one_lost(self) -> None:
        """Jepsen names the lower end of the interval, 2 ms."""
        finding = play("a0 a0+ a1 rC rC=1 a1+ rA rB rB=1 rA=0")
        assert counts(finding)[:2] == (1, 1)
        assert finding.figures["lost_latency_q100_ms"] == 5
        assert (finding.figures["stale"], finding.figures["stable_latency_q100_ms"]) == (1, 2)
