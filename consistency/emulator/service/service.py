"""The way into the emulator: a method's name, metadata and request bytes in, reply bytes out.

Every call runs to its end at once, on the caller's thread and without waiting, so one thread needs no locks and a
seeded run repeats. Only a commit that others' transactions hold up gives an awaitable reply.
"""

from collections.abc import Awaitable, Callable, Mapping

from consistency.durations import parse_duration_ns
from consistency.emulator.engine.engine import Engine
from consistency.emulator.models import open_model
from consistency.emulator.service.commit import commit
from consistency.emulator.service.ids import Ids
from consistency.emulator.service.lookup import lookup
from consistency.emulator.service.run_query import run_query
from consistency.emulator.service.sessions import allocate_ids, begin_transaction, reserve_ids, rollback
from consistency.emulator.service.state import State
from consistency.emulator.settings import Settings
from consistency.emulator.status import unimplemented
from consistency.emulator.transactions.transactions import Transactions
from consistency.emulator.truth import TruthRecord
from consistency.emulator.values.limits import find_limits
from consistency.emulator.values.scope import EVERYTHING, Scope

PREFIX = "/google.datastore.v1.Datastore/"
RPCS: dict[str, Callable[[State, Mapping[str, str], bytes], bytes | Awaitable[bytes]]] = {
    PREFIX + "Lookup": lookup,
    PREFIX + "RunQuery": run_query,
    PREFIX + "Commit": commit,
    PREFIX + "BeginTransaction": begin_transaction,
    PREFIX + "Rollback": rollback,
    PREFIX + "AllocateIds": allocate_ids,
    PREFIX + "ReserveIds": reserve_ids,
}


class Service:
    """One emulator, without a wire."""

    def __init__(
        self,
        settings: Settings,
        now_ns: Callable[[], int],
        wall_ns: Callable[[], int],
        on_truth: Callable[[TruthRecord], None] | None = None,
    ) -> None:
        """`now_ns`: monotonic, for the model's instants. `wall_ns`: since the epoch, for versions and times in replies.

        ValueError in one sentence when the settings name an unknown model.
        """
        self.settings = settings
        engine = Engine(open_model(settings), now_ns, wall_ns, on_truth)
        self._state = State(
            engine,
            Transactions(engine, wall_ns(), settings.concurrency),
            Ids(),
            find_limits(settings.limits or ("legacy" if engine.model.legacy else "datastore_mode")),
            parse_duration_ns(settings.lock_timeout),
        )

    def call(self, method: str, metadata: Mapping[str, str], request: bytes) -> bytes | Awaitable[bytes]:
        """One RPC by its full gRPC path; raises ServiceError."""
        rpc = RPCS.get(method)
        if rpc is None:
            raise unimplemented(f"The method {method.rpartition('/')[2] or method}")
        return rpc(self._state, metadata, request)

    def change(self, settings: Settings) -> None:
        """Follow other settings from now on; ValueError, and nothing has changed, where they name an unknown model."""
        open_model(settings)
        self.settings = settings
        self._state.engine.adopt(lambda: open_model(settings))

    def reset(self, scope: Scope = EVERYTHING) -> None:
        """Empty what is meant. Transactions that read there end; no version comes twice.

        Without a scope all transactions end, and the model begins anew with its seed.
        """
        if scope != EVERYTHING:
            self._state.transactions.end_within(scope.contains)
            self._state.engine.drop(scope.contains)
            return
        self._state.engine.clear(open_model(self.settings))
        self._state.transactions.clear()
        self._state.ids = Ids()
