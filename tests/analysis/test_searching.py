"""How searches began and ended: late or prompt, to the deadline or not."""

import pytest

from consistency.analysis.judge import judge
from consistency.analysis.judgement import ActionSummary, Ending
from consistency.analysis.searching import Terms
from consistency.operation import Action
from consistency.plan import Plan
from consistency.probing import Probe
from tests.analysis.runs import make_manifest, measure
from tests.histories import MS, parse_history


def summarize(line: str, deadline: str = "1s") -> ActionSummary:
    """The only summary of a run with that deadline; attempts are due every 50 ms."""
    plan = Plan(deadline=deadline, probes={Action.GLOBAL_QUERY: Probe()})
    (summary,) = judge(plan, make_manifest(), parse_history(line)).actions
    return summary


class TestEndings:
    @pytest.mark.parametrize(
        ("line", "ending"),
        [
            ("global a 12-14 miss; global a 60-62 hit", Ending.SEEN),
            ("global a 12-14 miss; global a 60-62 hit; global a 400-401 UNAVAILABLE", Ending.SEEN),
            # acknowledged at 10 ms, deadline at 1,010 ms: the last attempt lies less than two spacings before it
            ("global a 12-14 miss; global a 965-967 miss", Ending.MISSED),
            ("global a 12-14 UNAVAILABLE; global a 965-967 miss", Ending.MISSED),
            ("global a 12-14 miss; global a 900-909 miss", Ending.STOPPED),
            ("global a 12-14 miss; global a 965-967 UNAVAILABLE", Ending.UNANSWERED),
            ("global a 12-14 miss; global a 65-?", Ending.UNANSWERED),
            ("global a 12-14 UNAVAILABLE", Ending.UNANSWERED),
            # behind the deadline a reader looks once
            ("global a 5000-5002 miss", Ending.MISSED),
        ],
    )
    def test_of_one_search(self, line: str, ending: Ending) -> None:
        """Missing at the deadline is only what was looked for there, with an answer."""
        (seen,) = summarize(f"write a 0-10; {line}").visibilities
        assert seen.ending is ending

    def test_a_store_that_is_killed(self) -> None:
        """Of four entities one was seen; the calls for two get no answer any more, and one was missed to the end."""
        summary = summarize(
            "write a 0-10; global a 12-14 miss; global a 60-62 hit;"
            "write b 0-10; global b 12-14 miss; global b 100-102 miss; global b 990-992 UNAVAILABLE;"
            "write c 0-10; global c 12-14 UNAVAILABLE; global c 990-? ;"
            "write d 0-10; global d 12-14 miss; global d 990-992 miss"
        )
        assert (summary.never_seen.count, summary.unanswered, summary.stopped) == (1, 2, 0)
        assert summary.errors == {"UNAVAILABLE": 2, "unanswered": 1}
        lowers = [(seen.lower_ns, seen.upper_ns) for seen in summary.visibilities]
        assert lowers == [(2 * MS, 52 * MS), (90 * MS, None), (0, None), (980 * MS, None)]

    def test_bounds_allow_for_what_nobody_saw(self) -> None:
        """None of three was missing; had the two that were cut off been, up to 97 % could be."""
        line = ";".join(f"write {name} 0-10; global {name} 12-14 hit" for name in "abc")
        lost = ";".join(f"write {name} 0-10; global {name} 12-14 UNAVAILABLE" for name in "de")
        assert summarize(line).never_seen.upper == pytest.approx(1 - 0.05 ** (1 / 3))
        share = summarize(f"{line}; {lost}").never_seen
        assert (share.count, share.n, share.lower) == (0, 5, 0)
        assert share.upper == pytest.approx(0.853, abs=1e-3)  # Clopper-Pearson of 2 in 5


class TestLate:
    @pytest.mark.parametrize(
        ("interval", "delay_ms", "late"),
        [("50ms", 50, False), ("50ms", 50.001, True), ("1ms", 50, False), ("300ms", 300, False), ("300ms", 301, True)],
    )
    def test_one_spacing_is_prompt(self, interval: str, delay_ms: float, late: bool) -> None:
        """And 50 ms are, however narrow the spacing."""
        plan = Plan(probes={Action.GLOBAL_QUERY: Probe(interval=interval)})
        history = parse_history(f"write a 0-10; global a {10 + delay_ms}-{20 + delay_ms} hit")
        (summary,) = judge(plan, make_manifest(), history).actions
        assert (summary.visibilities[0].late, summary.late) == (late, int(late))
        assert summary.missed_first.n == int(not late)

    def test_the_interval_stays_what_it_is(self) -> None:
        """A late first hit proves no more than visibility by its end: (0, 17 s]."""
        (seen,) = measure(parse_history("write a 0-10; global a 17000-17010 hit"))
        assert (seen.late, seen.lower_ns, seen.upper_ns) == (True, 0, 17_000 * MS)

    def test_only_prompt_and_answered_first_attempts_count(self) -> None:
        """Of four first attempts one missed, one hit, one came late and one was not answered."""
        summary = summarize(
            "write a 0-10; global a 12-14 miss; global a 60-62 hit; write b 0-10; global b 12-14 hit;"
            "write c 0-10; global c 300-302 hit; write d 0-10; global d 12-14 ABORTED; global d 60-62 hit"
        )
        assert (summary.missed_first.count, summary.missed_first.n) == (1, 2)
        assert (summary.late, summary.behind_deadline, summary.retried) == (1, 0, 1)

    def test_behind_the_deadline(self) -> None:
        """Seen then: nobody knows whether it was missing at the deadline, so the share's bounds allow for it."""
        summary = summarize("write a 0-10; global a 5000-5002 hit; write b 0-10; global b 12-14 hit")
        assert (summary.never_seen.count, summary.behind_deadline) == (0, 1)
        assert summary.never_seen.upper == pytest.approx(0.987, abs=1e-3)  # Clopper-Pearson of 1 in 2


class TestTerms:
    def test_backing_off_widens_the_spacing(self) -> None:
        """A plan that backs off may leave its widest spacing between two attempts."""
        plan = Plan(
            deadline="20s",
            probes={Action.KEY_GET: Probe(), Action.GLOBAL_QUERY: Probe(interval="10ms", backoff=2, max_interval="3s")},
        )
        assert Terms.of(plan, Action.KEY_GET) == Terms(50 * MS, 50 * MS, 20_000 * MS)
        assert Terms.of(plan, Action.GLOBAL_QUERY) == Terms(10 * MS, 3_000 * MS, 20_000 * MS)
