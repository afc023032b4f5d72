"""The forecast: what is told of a plan before anything is done."""

from typing import Any

import pytest

from consistency.claim import parse_assertion
from consistency.plan import Plan
from consistency.prices import load_prices
from consistency.upkeep.forecast import forecast, warn_too_fine

FIRST: dict[str, Any] = {
    "entities": 600,
    "rate": "1/s",
    "deadline": "10s",
    "probes": {"key_get": {"interval": "1s", "dither": False, "confirm": 0}},
}


def plan_of(**chosen: Any) -> Plan:
    """A plan whose calls can be counted by hand."""
    return Plan.model_validate(FIRST | chosen)


def cells(lines: list[str], name: str) -> list[str]:
    """The words of the table's row `name`."""
    return next(line.split()[1:] for line in lines if line.startswith(f"{name} "))


class TestForecast:
    def test_counts_calls_and_time(self) -> None:
        """Typically one read an entity; at worst one each second until the deadline, at 0 s too."""
        lines = forecast(plan_of(), load_prices())
        assert cells(lines, "writes") == ["600", "600"]
        assert cells(lines, "reads") == ["600", "6,600"]
        assert cells(lines, "duration") == ["10", "min", "10.2", "min"]
        assert not [line for line in lines if line.startswith(("cost", "deletes"))]

    def test_tells_what_the_entities_carry(self) -> None:
        """600 reach p99 and not p99.9."""
        assert forecast(plan_of(), load_prices())[-1] == (
            "quantiles 600 entities a probe can carry: p50 yes, p90 yes, p95 yes, p99 yes, p99.9 needs 2,995"
        )

    def test_money_is_told_of_the_live_service_alone(self) -> None:
        """With the entities that are deleted afterwards, and the date of the prices."""
        prices = load_prices()
        lines = forecast(plan_of(target={"backend": "live", "project": "acme-dev"}), prices)
        assert cells(lines, "deletes") == ["600", "600"]
        rates = prices.dollars_per_100_000
        dollars = [(600 * (rates.writes + rates.deletes) + reads * rates.reads) / 100_000 for reads in (600, 6_600)]
        assert cells(lines, "cost") == [f"${each:.4f}" for each in dollars]

    def test_how_readers_on_other_hosts_join(self) -> None:
        """Where others reach the store, and what they look for needs no word of the writer."""
        elsewhere = {"backend": "attached", "host": "db.example:8081"}
        plans = plan_of(target=elsewhere), plan_of(), plan_of(target=elsewhere, workload="delete")
        told = [[line for line in forecast(plan, load_prices()) if line.startswith("hosts ")] for plan in plans]
        assert [len(lines) for lines in told] == [1, 0, 0]

    def test_transactions_have_no_quantiles(self) -> None:
        """They have no time until visible."""
        lines = forecast(plan_of(workload="counter", probes={}), load_prices())
        assert not [line for line in lines if line.startswith("quantiles")]


class TestWarnings:
    def test_a_claim_that_is_too_fine(self) -> None:
        """How many it needs, and how long that takes."""
        plan = plan_of(claims={"key_get": ["p99.9 <= 1s", "p99 <= 1s", "always visible"]})
        (warning,) = warn_too_fine(plan)
        assert warning.startswith("warning: key_get: p99.9 needs 2,995 entities, the plan has 600: the verdict will be")
        assert warning.endswith('"cannot tell". --entities 2995 takes 49.9 min.')

    @pytest.mark.parametrize(("entities", "count"), [(298, 1), (299, 0)])
    def test_of_the_command_line_too(self, entities: int, count: int) -> None:
        """At exactly as many as it needs there is nothing to warn of."""
        assert len(warn_too_fine(plan_of(entities=entities).claiming([parse_assertion("key_get.p99 <= 1s")]))) == count
