"""Delays: their texts, and the shapes of what they draw, by counts with exact bounds.

The bounds are Hoeffding's: the share of n independent draws below a point is off by more than e with a probability of
at most 2 exp(-2 n e^2). For n = 20,000 and e = 0.02 that is 2e-7; the seed is fixed, so a test that passes once always
passes.
"""

from bisect import bisect_right
from math import erf, exp, log, sqrt
from random import Random

import pytest

from consistency.delays import DELAYS, PRESETS, parse_delay
from consistency.wars import open_chance

DRAWS = 20_000
BOUND = 0.02
MS = 1_000_000


def draw(text: str, seed: int = 1) -> list[int]:
    """Sorted draws."""
    random, delay = Random(seed), parse_delay(text)
    return sorted(delay.draw_ns(random) for _ in range(DRAWS))


def share_up_to(draws: list[int], at_ns: float) -> float:
    """The share of draws that are not above `at_ns`."""
    return bisect_right(draws, at_ns) / len(draws)


class TestMany:
    TEXTS = ("150ms", "fixed:1s", "uniform:100ms,300ms", "exponential:100ms", "lognormal:200ms,0.8", "pareto:1ms,3",
             "classes:90%=1ms,10%=3s", "mix:20%=fixed:1s;50%=exponential:1ms;30%=pareto:1ms,2")  # fmt: skip

    @pytest.mark.parametrize("text", TEXTS)
    def test_arrays_have_the_shape_of_single_draws(self, text: str) -> None:
        """No point splits the two by more than both may be off."""
        one, many = draw(text), sorted(int(each) for each in parse_delay(text).draw_many_ns(open_chance("1"), DRAWS))
        assert max(abs(share_up_to(one, at_ns) - share_up_to(many, at_ns)) for at_ns in one[::50]) < 2 * BOUND

    def test_all_are_compared(self) -> None:
        """A new distribution wants a text above."""
        assert {text.partition(":")[0] for text in self.TEXTS} >= DELAYS.keys()

    def test_a_seed_means_the_same(self) -> None:
        """And another one something else."""
        first, again, other = (parse_delay("exponential:1s").draw_many_ns(open_chance(seed), 3) for seed in "112")
        assert (first == again).all()
        assert not (first == other).any()


class TestShapes:
    @pytest.mark.parametrize("text", ["150ms", "fixed:150ms"])
    def test_fixed_draws_one_value(self, text: str) -> None:
        """A bare duration and fixed: mean the same."""
        assert set(draw(text)) == {150 * MS}

    def test_zero_is_a_delay(self) -> None:
        """No delay at all is written 0."""
        assert set(draw("0")) == {0}

    @pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
    def test_uniform_is_flat_between_its_ends(self, share: float) -> None:
        """The share below any point is the point's place between the ends."""
        draws = draw("uniform:100ms,300ms")
        assert 100 * MS <= draws[0] <= draws[-1] < 300 * MS
        assert abs(share_up_to(draws, (100 + 200 * share) * MS) - share) < BOUND

    @pytest.mark.parametrize("at_ms", [10, 50, 100, 200, 400])
    def test_exponential_has_its_mean(self, at_ms: int) -> None:
        """F(t) = 1 - exp(-t / mean)."""
        assert abs(share_up_to(draw("exponential:100ms"), at_ms * MS) - (1 - exp(-at_ms / 100))) < BOUND

    @pytest.mark.parametrize("at_ms", [50, 100, 200, 400, 1_000])
    def test_lognormal_has_its_median_and_sigma(self, at_ms: int) -> None:
        """F(t) = Phi(ln(t / median) / sigma)."""
        expected = (1 + erf(log(at_ms / 200) / 0.8 / sqrt(2))) / 2
        assert abs(share_up_to(draw("lognormal:200ms,0.8"), at_ms * MS) - expected) < BOUND

    def test_lognormal_without_spread_is_its_median(self) -> None:
        """Sigma 0 is the median alone."""
        assert set(draw("lognormal:200ms,0")) == {200 * MS}

    def test_classes_draw_their_shares(self) -> None:
        """Each class comes as often as it says, and nothing else comes."""
        draws = draw("classes:90%=200ms,10%=3s")
        assert set(draws) == {200 * MS, 3_000 * MS}
        assert abs(draws.count(3_000 * MS) / DRAWS - 0.1) < BOUND

    def test_hrd_published_has_the_published_shares(self) -> None:
        """98 % 100 ms, 1 % 300 ms, 0.5 % 2 s, 0.5 % 240 s; the bound is Chernoff's for a share of 0.005."""
        draws = draw("hrd-published")
        shares = {100 * MS: 0.98, 300 * MS: 0.01, 2_000 * MS: 0.005, 240_000 * MS: 0.005}
        assert set(draws) == shares.keys()
        for value_ns, share in shares.items():
            assert abs(draws.count(value_ns) / DRAWS - share) < 0.0045, value_ns

    @pytest.mark.parametrize("text", ["uniform:1ms,2ms", "exponential:1ms", "lognormal:1ms,1", "hrd-published"])
    def test_a_seed_repeats_its_draws(self, text: str) -> None:
        """Equal seeds draw equally, others do not."""
        assert draw(text, 5) == draw(text, 5)
        assert draw(text, 5) != draw(text, 6)


class TestTexts:
    @pytest.mark.parametrize("text", ["150ms", *PRESETS, "uniform:1ms,2ms"])
    def test_a_delay_reads_like_its_text(self, text: str) -> None:
        """A delay is shown as it was asked for."""
        assert str(parse_delay(text)) == text

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "is not a delay"),
            ("150", '"150" is not a duration'),
            ("lognorml:200ms,0.8", '"lognorml:200ms,0.8" is not a delay'),
            ("fixed:", "fixed:DURATION takes 1 value, not none"),
            ("uniform:1ms", "uniform:LOW,HIGH takes 2 values, not 1ms"),
            ("uniform:3ms,1ms", "has its ends the wrong way round"),
            ("uniform:1ms,x", '"x" is not a duration'),
            ("exponential:1ms,2ms", "takes 1 value, not 1ms,2ms"),
            ("lognormal:200ms", "takes 2 values"),
            ("lognormal:200ms,wide", '"wide" is not a number from 0 to 10'),
            ("lognormal:200ms,-1", '"-1" is not a number from 0 to 10'),
            ("lognormal:200ms,nan", '"nan" is not a number from 0 to 10'),
            ("lognormal:200ms,inf", '"inf" is not a number from 0 to 10'),
            ("classes:90%=1ms", "sum to 90 %, not to 100 %"),
            ("classes:", '"" is not a part of classes'),
            ("classes:100=1ms", '"100=1ms" is not a part of classes'),
            ("classes:x%=1ms", '"x" is not a number from 0 to 100'),
            ("classes:150%=1ms,-50%=2ms", '"150" is not a number from 0 to 100'),
        ],
    )
    def test_a_mistake_is_one_sentence(self, text: str, told: str) -> None:
        """What cannot be read says what it should look like."""
        with pytest.raises(ValueError, match=r".") as raised:
            parse_delay(text)
        assert told in str(raised.value)

    def test_an_unknown_distribution_is_told_the_known_ones(self) -> None:
        """Every distribution and preset is named."""
        with pytest.raises(ValueError, match="is not a delay") as raised:
            parse_delay("gamma:1,2")
        assert all(name in str(raised.value) for name in (*DELAYS, *PRESETS))
