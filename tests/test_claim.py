"""Claims: their two forms, and what is said of others."""

from fractions import Fraction

import pytest

from consistency.claim import Claim, parse_assertion, parse_claim


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
        with pytest.raises(ValueError, match='is not a claim: write "always visible" or a quantile') as raised:
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

    def test_an_unknown_action_is_told_the_known_ones(self) -> None:
        """A claim about a probe that does not exist could never be judged."""
        with pytest.raises(ValueError, match=r'"glbal_query" is not a probe: .*global_query'):
            parse_assertion("glbal_query.p99 <= 1s")

    def test_a_write_is_not_a_probe(self) -> None:
        """Writes are not looked for."""
        with pytest.raises(ValueError, match='"write" is not a probe'):
            parse_assertion("write.p99 <= 1s")
