"""Claims: their two forms, and what is said of others."""

from fractions import Fraction

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.claim import CHECKED, Claim, parse_assertion, parse_assertions, parse_claim
from consistency.errors import UsageError


class TestParseClaim:
    @pytest.mark.parametrize(
        ("text", "quantile", "limit_ns"),
        [
            ("p90 <= 2s", Fraction(9, 10), 2_000_000_000),
            ("p99.9<=500ms", Fraction(999, 1000), 500_000_000),
            ("visible.p50 <= 1m", Fraction(1, 2), 60_000_000_000),
            ("p50 <= 0", Fraction(1, 2), 0),
        ],
    )
    def test_a_quantile_is_exact(self, text: str, quantile: Fraction, limit_ns: int) -> None:
        """p99.9 is 999/1000, not a float near it."""
        assert parse_claim("key_get", text) == Claim("key_get", text, quantile, limit_ns)

    def test_always_visible_has_no_limit(self) -> None:
        """The claim of no lag at all has neither quantile nor limit."""
        assert parse_claim("key_get", "always visible") == Claim("key_get", "always visible")

    @pytest.mark.parametrize("text", ["", "p90", "p90 < 2s", "p90 >= 2s", "never visible", "90 <= 2s", "p90 <= 2s 3s"])
    def test_anything_else_is_told_the_forms(self, text: str) -> None:
        """A claim that cannot be read is quoted back with the two forms."""
        with pytest.raises(ValueError, match='is not a claim: write "always visible", a quantile') as raised:
            parse_claim("key_get", text)
        assert f'"{text}"' in str(raised.value)

    @pytest.mark.parametrize("text", ["p0 <= 1s", "p100 <= 1s", "p100.5 <= 1s"])
    def test_a_quantile_lies_inside(self, text: str) -> None:
        """Neither the least nor the greatest is a quantile."""
        with pytest.raises(ValueError, match="is not a quantile: it must lie between p0 and p100"):
            parse_claim("key_get", text)

    def test_a_limit_is_a_duration(self) -> None:
        """A limit without a unit is told what a duration is."""
        with pytest.raises(ValueError, match='"2" is not a duration'):
            parse_claim("key_get", "p90 <= 2")


class TestParseAssertion:
    @pytest.mark.parametrize(
        ("text", "action", "claim"),
        [
            ("global_query.p99 <= 500ms", "global_query", "p99 <= 500ms"),
            ("global_query.p99.9 <= 500ms", "global_query", "p99.9 <= 500ms"),
            ("key_get = always visible", "key_get", "always visible"),
            ("key_get=always visible", "key_get", "always visible"),
            ("key_get = p50 <= 1s", "key_get", "p50 <= 1s"),
        ],
    )
    def test_names_its_action(self, text: str, action: str, claim: str) -> None:
        """The full form is the action and the plan's form."""
        assert parse_assertion(text) == parse_claim(action, claim)

    @pytest.mark.parametrize("text", ["", "always visible", "key_get", "key_get = soon", "p99 <= 500ms"])
    def test_what_cannot_be_read_is_told(self, text: str) -> None:
        """One sentence says what a claim looks like."""
        with pytest.raises(ValueError, match=r"is not (a claim|a probe)"):
            parse_assertion(text)

    def test_an_unknown_subject_is_told_its_near_match(self) -> None:
        """A claim about a probe or a checker that does not exist could never be judged."""
        near = [
            ("glbal_query.p99 <= 1s", "did you mean global_query?"),
            ("read_your_write.violations == 0", "did you mean read_your_writes?"),
            ("nonsense.p99 <= 1s", "begins with one of key_get"),
        ]
        for text, said in near:
            with pytest.raises(ValueError, match="is not a probe or a checker") as raised:
                parse_assertion(text)
            assert said in str(raised.value)

    def test_a_write_is_not_a_probe(self) -> None:
        """Writes are not looked for."""
        with pytest.raises(ValueError, match='"write" is not a probe or a checker'):
            parse_assertion("write.p99 <= 1s")

    def test_all_mistakes_at_once(self) -> None:
        """One line for each, and a probe that the plan lacks among them."""
        texts = ["glbal_query.p99 <= 1s", "key_get = alway visible", "key_get.p50 <= 1s", "count_query.p50 <= 1s"]
        with pytest.raises(UsageError) as raised:
            parse_assertions(texts, ["key_get"])
        lines = str(raised.value).splitlines()
        assert [line.partition(": ")[0] for line in lines] == ["--assert"] * 3
        assert "did you mean always visible?" in lines[1]
        assert lines[2] == "--assert: the plan has no probe count_query"

    def test_no_mistake(self) -> None:
        """A checker needs no probe; without a plan any probe may be meant."""
        assert len(parse_assertions(["staleness.violations == 0", "key_get.p50 <= 1s"], ["key_get"])) == 2
        assert len(parse_assertions(["count_query.p50 <= 1s"])) == 1


class TestShares:
    def test_a_share_is_exact(self) -> None:
        """0.1 % is a thousandth."""
        claim = parse_claim("key_get", "stale.share <= 0.1%")
        assert (claim.share, claim.most, claim.quantile) == ("stale", Fraction(1, 1000), None)
        assert parse_assertion("key_get.missed_first.share <= 1 %").share == "missed_first"

    @pytest.mark.parametrize("text", ["stale.share <= 0%", "stale.share <= 100%", "never_seen.share <= 250 %"])
    def test_no_finite_number_shows_none(self, text: str) -> None:
        """Nor does one show all; what was meant is named."""
        with pytest.raises(ValueError, match="between 0 % and 100 %"):
            parse_claim("key_get", text)

    @pytest.mark.parametrize("text", ["stale <= 1%", "stale.share <= 1", "stal.share <= 1%", "stale.share == 0%"])
    def test_near_misses(self, text: str) -> None:
        """What a share looks like is told, and the nearest form."""
        with pytest.raises(ValueError, match=r"did you mean stale\.share"):
            parse_claim("key_get", text)


class TestCheckers:
    def test_names_are_those_of_the_analysis(self) -> None:
        """The list that a plan knows is the one that runs."""
        assert list(CHECKED) == list(CHECKERS)

    @pytest.mark.parametrize(
        ("text", "figure", "most", "limit_ns"),
        [
            ("staleness.violations == 0", "violations", 0, None),
            ("lost.violations <= 3", "violations", 3, None),
            ("staleness.k.max <= 2", "k.max", 2, None),
            ("staleness.t.max<=500ms", "t.max", 0, 500_000_000),
            ("gamma.max <= 1s", "max", 0, 1_000_000_000),
            ("k_atomicity.k <= 1", "k", 1, None),
        ],
    )
    def test_what_can_be_limited(self, text: str, figure: str, most: int, limit_ns: int | None) -> None:
        """A number of anomalies, of versions, or a time."""
        claim = parse_assertion(text)
        assert (claim.figure, int(claim.most), claim.limit_ns) == (figure, most, limit_ns)
        assert claim.quantile is None
        assert claim.is_about_checker

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("lost.k.max <= 2", 'write "violations == 0" or "violations <= 3"'),
            ("gamma.k <= 2", 'or "max <= 500ms"'),
            ("staleness.violations == 3", 'write "violations == 0", "violations <= 3", "k.max <= 2" or'),
            ("staleness.k.max <= 2.5", "its limit is a whole number"),
            ("staleness.t.max <= 2", "is not a duration"),
        ],
    )
    def test_what_a_checker_does_not_have_is_told(self, text: str, told: str) -> None:
        """With the forms that it has."""
        with pytest.raises(ValueError, match=r"claim about a checker|whole number|duration") as raised:
            parse_assertion(text)
        assert told in str(raised.value)

    def test_a_claim_about_a_checker_is_none_about_a_probe(self) -> None:
        """And the other way round."""
        assert parse_claim("staleness", "violations==0").is_about_checker
        with pytest.raises(ValueError, match='write "violations == 0"'):
            parse_claim("staleness", "p90 <= 2s")
        with pytest.raises(ValueError, match="is not a claim"):
            parse_claim("key_get", "violations == 0")
