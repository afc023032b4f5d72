"""Plans and manifests for tests of the analysis."""

from consistency.analysis.entities import EntityColumns, combine_searches
from consistency.analysis.series import gather_series
from consistency.analysis.visibility import measure_visibility
from consistency.archive import Manifest
from consistency.history import History
from consistency.operation import Action
from consistency.plan import Plan
from consistency.probing import Probe


def make_plan(*claims: str, entities: int = 2, rate: str = "1/s") -> Plan:
    """A plan with a global query and `claims` about it."""
    texts: dict[str, list[str]] = {Action.GLOBAL_QUERY: list(claims)} if claims else {}
    return Plan(entities=entities, rate=rate, probes={Action.GLOBAL_QUERY: Probe()}, claims=texts)


def make_manifest(clock_bound_ns: int = 0) -> Manifest:
    """A manifest of which only the clock bound matters."""
    return Manifest(
        run="first/1",
        experiment="first",
        plan_hash="",
        seed=1,
        backend="embedded",
        target="",
        truth="",
        address="",
        channel="memory",
        client="async",
        virtual=True,
        started_at="",
        origin_ns=0,
        origin_wall_ns=0,
        start_ns=0,
        boot_id="",
        clock_bound_ns=clock_bound_ns,
        commit="",
        versions={},
        host="",
    )


def measure(history: History, action: Action = Action.GLOBAL_QUERY) -> EntityColumns:
    """The entities that `action` looked for, in the usual terms: every 50 ms, for 30 s."""
    return combine_searches(measure_visibility(gather_series(history, action)))
