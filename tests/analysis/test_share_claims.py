"""Claims about shares of entities: exact bounds, and nobody's guess about entities of which it is not known."""

import pytest
from scipy.stats import beta

from consistency.analysis.claims import judge_claim
from consistency.analysis.judgement import ClaimVerdict, Verdict
from consistency.analysis.shares import bound_share
from consistency.claim import parse_claim
from consistency.history import History
from consistency.operation import Action
from tests.analysis.runs import measure
from tests.histories import parse_history, write_history

MISSED, AT_ONCE = (20.0, 50.0), (0.0, 5.0)


def judge(text: str, history: History) -> ClaimVerdict:
    action = Action.GLOBAL_QUERY
    return judge_claim(parse_claim(action, text), {action: measure(history)})


def missed(count: int, n: int) -> History:
    """`count` of `n` entities were missed by their first attempt."""
    return write_history([MISSED] * count + [AT_ONCE] * (n - count))


def some(first: str, n: int = 40) -> str:
    """`n` entities that were seen at once, and one more with the attempts `first`."""
    others = [f"write e{k} 0-10; global e{k} 12-14 hit" for k in range(n)]
    return "; ".join([*others, f"write z 0-10; {first}"])


class TestBounds:
    @pytest.mark.parametrize(("count", "n"), [(0, 600), (3, 300), (12, 100), (5, 5)])
    def test_against_the_beta_distribution(self, count: int, n: int) -> None:
        """Clopper and Pearson's, with the whole 5 % beyond the one end."""
        lower, upper = bound_share(count, n)
        assert lower == pytest.approx(beta.ppf(0.05, count, n - count + 1) if count else 0)
        assert upper == pytest.approx(beta.ppf(0.95, count + 1, n - count) if count < n else 1)

    def test_of_nothing(self) -> None:
        """Nothing is known."""
        assert bound_share(0, 0) == (0, 1)


class TestVerdicts:
    def test_holds(self) -> None:
        """None of 600 is at most 0.5 %, and no less than that."""
        held = judge("missed_first.share <= 1%", missed(0, 600))
        assert (held.verdict, held.more_entities) == (Verdict.HOLDS, None)
        assert held.reason == (
            "0 of 600 entities were missed by the first attempt: at most 0.50 % (95 % one-sided); the limit is 1 %."
        )
        assert judge("missed_first.share <= 0.4%", missed(0, 600)).verdict is Verdict.CANNOT_TELL

    def test_broken(self) -> None:
        """12 of 100 are more than 7.0 %."""
        broken = judge("stale.share <= 1%", missed(12, 100))
        assert broken.verdict is Verdict.BROKEN
        assert broken.reason == (
            "12 of 100 entities were missed by some attempt after the acknowledgement: more than 7.0 % "
            "(95 % one-sided); the limit is 1 %."
        )

    def test_limit_inside_the_interval(self) -> None:
        """Whatever the share of the run itself is, on either side of the limit."""
        for count in (2, 4):
            untold = judge("missed_first.share <= 1%", missed(count, 300))
            assert untold.verdict is Verdict.CANNOT_TELL
            assert "the limit of 1 % lies within." in untold.reason
            assert untold.more_entities

    def test_one_miss_of_many_does_not_break_a_share(self) -> None:
        """As it does «always visible»."""
        assert judge("stale.share <= 1%", missed(1, 1000)).verdict is Verdict.HOLDS
        assert judge("always visible", missed(1, 1000)).verdict is Verdict.BROKEN

    def test_a_flicker_is_stale_and_not_missed_first(self) -> None:
        """The two shares are not the same."""
        flickers = "; ".join(
            f"write e{k} 0-10; global e{k} 12-14 hit; global e{k} 20-22 miss; global e{k} 30-32 hit" for k in range(40)
        )
        assert judge("missed_first.share <= 10%", parse_history(flickers)).verdict is Verdict.HOLDS
        assert judge("stale.share <= 10%", parse_history(flickers)).verdict is Verdict.BROKEN

    def test_nothing(self) -> None:
        """Without entities nobody can tell, and so many would decide."""
        nothing = judge("stale.share <= 1%", write_history([]))
        assert (nothing.verdict, nothing.more_entities) == (Verdict.CANNOT_TELL, 299)


class TestMoreEntities:
    @pytest.mark.parametrize(("count", "n", "verdict"), [(2, 300, Verdict.HOLDS), (4, 300, Verdict.BROKEN)])
    def test_as_many_decide(self, count: int, n: int, verdict: Verdict) -> None:
        """With so many more of the same kind the claim is decided, and with half of them it is not."""
        more = judge("missed_first.share <= 1%", missed(count, n)).more_entities
        assert more is not None
        after = [
            judge("missed_first.share <= 1%", missed(round(count * total / n), total)).verdict
            for total in (n + more, n + more // 2)
        ]
        assert after == [verdict, Verdict.CANNOT_TELL]

    def test_at_the_limit_no_number_decides(self) -> None:
        """A share that is the limit itself stays within every interval."""
        assert judge("missed_first.share <= 1%", missed(3, 300)).more_entities is None


class TestUnknown:
    def test_one_in_twenty_is_left_out(self) -> None:
        """An entity that nobody looked at in time is not among the n."""
        held = judge("stale.share <= 10%", parse_history(some("global z 17000-17002 hit")))
        assert (held.verdict, held.left_out) == (Verdict.HOLDS, 1)
        assert held.reason.endswith(" 1 entity was left out: late, or not answered.")

    def test_more_of_them_leave_it_open(self) -> None:
        """It cannot hold by leaving out what might break it, and no further entities of that kind would help."""
        untold = judge("stale.share <= 50%", parse_history(some("global z 17000-17002 hit", n=15)))
        assert (untold.verdict, untold.more_entities) == (Verdict.CANNOT_TELL, None)

    def test_cut_off_may_be_never_seen(self) -> None:
        """Those whose search was stopped waited longest: they count as missing where the claim is to hold."""
        stopped = "; ".join(f"write s{k} 0-10; global s{k} 12-14 miss" for k in range(10))
        line = f"{some('global z 12-14 hit', n=100)}; {stopped}"
        untold = judge("never_seen.share <= 5%", parse_history(line))
        assert untold.verdict is Verdict.CANNOT_TELL
        assert "10 entities more may belong to them: nobody looked to the end." in untold.reason
        assert judge("never_seen.share <= 20%", parse_history(line)).verdict is Verdict.HOLDS

    def test_never_seen_is_missing_at_the_deadline(self) -> None:
        """Looked for to the end, 30 s."""
        history = write_history([AT_ONCE] * 80 + [(29_990, None)] * 20)
        assert judge("never_seen.share <= 1%", history).verdict is Verdict.BROKEN
