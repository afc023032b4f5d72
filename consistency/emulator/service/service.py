"""The way into the emulator: a method's name, metadata and request bytes in, reply bytes out.

Every call runs to its end at once, on the caller's thread and without waiting, so one thread needs no locks and a
seeded run repeats. Only a commit that others' transactions hold up gives an awaitable reply.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module

from consistency.durations import parse_duration_ns
from consistency.emulator.engine.engine import Engine
from consistency.emulator.models import open_model
from consistency.emulator.models.policy import CLIENT, Model
from consistency.emulator.service.commit import commit
from consistency.emulator.service.faults import Faults
from consistency.emulator.service.ids import Ids
from consistency.emulator.service.index_files import open_catalog
from consistency.emulator.service.keeping import keep_only, restore, restore_ids
from consistency.emulator.service.lookup import lookup
from consistency.emulator.service.run_aggregation_query import run_aggregation_query
from consistency.emulator.service.run_query import run_query
from consistency.emulator.service.sessions import allocate_ids, begin_transaction, reserve_ids, rollback
from consistency.emulator.service.state import State
from consistency.emulator.service.steering import steer
from consistency.emulator.service.waiting import hold_back
from consistency.emulator.service.write_rates import WriteRates
from consistency.emulator.settings import Settings
from consistency.emulator.status import unimplemented
from consistency.emulator.storage.journal import open_journal
from consistency.emulator.transactions.transactions import Transactions, open_mode
from consistency.emulator.truth import Told
from consistency.emulator.values.limits import Limits, find_limits
from consistency.emulator.values.scope import EVERYTHING, Scope

PREFIX = "/google.datastore.v1.Datastore/"
ADMIN_PREFIX = "/google.datastore.admin.v1.DatastoreAdmin/"
Rpc = Callable[[State, Mapping[str, str], bytes], bytes | Awaitable[bytes]]
ADMIN_METHODS = {
    "ListIndexes": ("index_admin", "list_indexes"),
    "GetIndex": ("index_admin", "get_index"),
    "CreateIndex": ("index_admin", "create_index"),
    "DeleteIndex": ("index_admin", "delete_index"),
    "ExportEntities": ("export_admin", "export_entities"),
    "ImportEntities": ("export_admin", "import_entities"),
}


def _administer(method: str, state: State, metadata: Mapping[str, str], data: bytes) -> bytes | Awaitable[bytes]:
    """One of DatastoreAdmin's methods. Its module is imported now: that takes as long as a start."""
    module, name = ADMIN_METHODS[method]
    rpc: Rpc = getattr(import_module(f"consistency.emulator.service.{module}"), name)
    return rpc(state, metadata, data)


RPCS: dict[str, Rpc] = {
    PREFIX + "Lookup": lookup,
    PREFIX + "RunQuery": run_query,
    PREFIX + "RunAggregationQuery": run_aggregation_query,
    PREFIX + "Commit": commit,
    PREFIX + "BeginTransaction": begin_transaction,
    PREFIX + "Rollback": rollback,
    PREFIX + "AllocateIds": allocate_ids,
    PREFIX + "ReserveIds": reserve_ids,
    **{ADMIN_PREFIX + method: partial(_administer, method) for method in ADMIN_METHODS},
}


class Service:
    """One emulator, without a wire."""

    def __init__(
        self,
        settings: Settings,
        now_ns: Callable[[], int],
        wall_ns: Callable[[], int],
        on_truth: Callable[[Told], None] | None = None,
    ) -> None:
        """`now_ns`: monotonic, for the model's instants. `wall_ns`: since the epoch, for versions and times in replies.

        ValueError in one sentence when the settings name what there is not, or a folder that cannot be used.
        """
        self.settings = settings
        catalog = open_catalog(settings)
        engine = Engine(open_model(settings), now_ns, wall_ns, on_truth)
        self._journal = open_journal(settings.data_dir) if settings.data_dir is not None else None
        if self._journal is not None:
            restore(self._journal, engine)
        self._state = State(
            engine,
            Transactions(engine, wall_ns(), settings.concurrency),
            self._begin_ids(),
            _choose_limits(settings, engine.model),
            parse_duration_ns(settings.lock_timeout),
            Faults(settings.seed),
            catalog,
            WriteRates(settings.group_rate),
        )

    def call(self, method: str, metadata: Mapping[str, str], request: bytes) -> bytes | Awaitable[bytes]:
        """One RPC by its full gRPC path; raises ServiceError."""
        if self._state.faults.active and method.startswith(PREFIX):
            return self._state.faults.meet(
                method, metadata.get(CLIENT, ""), lambda: self._answer(method, metadata, request)
            )
        return self._answer(method, metadata, request)

    def _answer(self, method: str, metadata: Mapping[str, str], request: bytes) -> bytes | Awaitable[bytes]:
        rpc = RPCS.get(method)
        if rpc is None:
            raise unimplemented(f"The method {method.rpartition('/')[2] or method}")
        take_delay_ns = self._state.engine.model.hooks.take_delay_ns
        if take_delay_ns is None:
            return rpc(self._state, metadata, request)
        take_delay_ns()  # whatever a call that failed, or went on after it had waited, has left
        reply = rpc(self._state, metadata, request)
        delay_ns = take_delay_ns()
        return hold_back(reply, delay_ns) if delay_ns and isinstance(reply, bytes) else reply

    def steer(self, verb: str, words: Mapping[str, object]) -> dict[str, object]:
        """Let something happen to the model or to calls, as STEERING and INJECTING have it; ServiceError where it
        cannot."""
        return steer(self._state.engine, self._state.faults, verb, words)

    def change(self, settings: Settings) -> None:
        """Follow other settings from now on; ValueError, and nothing has changed, where they name what there is not.

        Open transactions end where the new ones are kept apart in another way.
        """
        model = open_model(settings)
        limits = _choose_limits(settings, model)
        open_mode(settings.concurrency, self._state.engine)
        self.settings, self._state.limits = settings, limits
        self._state.lock_timeout_ns = parse_duration_ns(settings.lock_timeout)
        self._state.ids.sequential = settings.sequential_ids
        self._state.write_rates = WriteRates(settings.group_rate)
        if model.hooks.by_entity != self._state.engine.model.hooks.by_entity:
            self._state.transactions.clear()  # what they have read is found by other names from now on
        self._state.engine.adopt(lambda: open_model(settings))
        self._state.transactions.follow(settings.concurrency)

    def reset(self, scope: Scope = EVERYTHING) -> None:
        """Empty what is meant. Transactions that read there end; no version comes twice.

        Without a scope all transactions and injected faults end, and the model begins anew with its seed.
        """
        if scope != EVERYTHING:
            self._state.transactions.end_within(scope.contains)
            self._state.engine.drop(scope.contains)
        else:
            self._state.engine.clear(open_model(self.settings))
            self._state.transactions.clear()
            self._state.faults.relieve({})
            self._state.write_rates = WriteRates(self.settings.group_rate)
        if self._journal is not None:
            keep_only(self._journal, self._state.engine)
        if scope == EVERYTHING:
            if self._journal is not None:
                self._journal.forget_ids()
            self._state.ids = self._begin_ids()

    @property
    def last_commit(self) -> int | None:
        """The running number of the last commit that is kept, 0 before the first; None where none is kept."""
        return None if self._journal is None else self._journal.number

    def close(self) -> None:
        """Give the data folder up, if there is one. Nothing is lost without it."""
        if self._journal is not None:
            self._journal.close()

    def _begin_ids(self) -> Ids:
        ids = Ids() if self._journal is None else restore_ids(self._journal)
        ids.sequential = self.settings.sequential_ids
        return ids


def _choose_limits(settings: Settings, model: Model) -> Limits:
    return find_limits(settings.limits or ("legacy" if model.legacy else "datastore_mode"))
