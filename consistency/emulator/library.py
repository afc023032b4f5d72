"""The emulator within a program: a context that listens on a free port for as long as it is open.

    with Emulator(lag="250ms", seed=7) as emulator:
        client = emulator.client("my-project")

A few words of settings come in; host and port go out. Each emulator has a thread and an event loop of its own, so that
a program that blocks, as most tests do, does not stop it, and so that several can be open at once.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from consistency import clock
from consistency.emulator.clients import make_client
from consistency.emulator.hosting import Hosted, check_settings, host_emulator
from consistency.emulator.settings import choose_settings
from consistency.emulator.values.scope import Scope
from consistency.parameters import Value

if TYPE_CHECKING:
    from google.cloud.datastore import Client, Key


class Emulator:
    """One emulator of this process, empty at the beginning of its context and gone at the end.

    `model` is one of `consistency.parameters.MODELS` (strong); `lag`, such as "250ms", is the time until global queries
    see a commit; `seed` repeats what is drawn. `parameters` are the model's, such as apply_a="1s" or replicas=5.
    `concurrency` and `limits` are the model's own unless they are named; in `data_dir` every commit is kept. The
    composite indexes of `index_file`, an index.yaml, are there; what queries need beside them is added to it, or
    refused if the emulator is to `require_indexes`. To `truth_log` is appended, a line of JSON each, when each commit
    becomes visible. ValueError in one sentence where they cannot be. `port` 0 is any free one; OSError where the
    address or the log cannot be had.
    """

    def __init__(
        self,
        model: str | None = None,
        lag: str | None = None,
        seed: int = 0,
        *,
        concurrency: str = "",
        limits: str = "",
        data_dir: Path | None = None,
        index_file: Path | None = None,
        require_indexes: bool = False,
        truth_log: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        **parameters: Value,
    ) -> None:
        chosen = choose_settings(model, lag, seed, **parameters)
        chosen = replace(chosen, index_file=index_file, require_indexes=require_indexes, data_dir=data_dir)
        self._settings = replace(chosen, concurrency=concurrency, limits=limits)
        check_settings(self._settings)
        self._place, self._truth_log = (host, port), truth_log
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Emulator":
        if self._thread is not None:
            raise RuntimeError("this Emulator is open already, or was: make a new one")
        started: Future[Hosted] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="datastore emulator", daemon=True)
        self._thread.start()
        self._hosted = started.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._thread is not None
        if self._thread.is_alive():  # somebody may have sent POST /shutdown
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._hosted.listener.host

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return self._hosted.listener.port

    @property
    def address(self) -> str:
        """Host and port: what DATASTORE_EMULATOR_HOST takes."""
        return self._hosted.address

    def variables(self, project: str) -> dict[str, str]:
        """What a child process needs in its environment so that its clients find this emulator."""
        return self._hosted.variables(project)

    def client(self, project: str = "test", namespace: str | None = None, database: str = "") -> "Client":
        """A new client of Google's library; the environment need not say anything."""
        return make_client(project, self.address, database, namespace)

    def reset(self, project: str | None = None, database: str | None = None, namespace: str | None = None) -> None:
        """Empty everything, or what is named; an empty database or namespace is the default one."""

        async def reset() -> None:
            self._hosted.service.reset(Scope(project, database, namespace))

        asyncio.run_coroutine_threadsafe(reset(), self._loop).result()

    def control(self, verb: str, key: "Key | None" = None, **words: object) -> dict[str, Any]:
        """Steer the model by hand, as `POST /control/VERB` does: manual's apply (milestone="A", a key, group=True),
        catch_up, freeze, snapshot_indexes and restore_indexes (name="1"), replicas' partition, heal, crash and restart
        (replica=1). ServiceError where the verb, a word or the model does not fit."""
        if key is not None:
            from google.protobuf import json_format  # noqa: PLC0415  # late: few need it

            words["key"] = json_format.MessageToDict(key.to_protobuf()._pb)  # noqa: SLF001 - proto-plus's own way
        return self._steer(verb, words)

    def inject(self, kind: str, **words: object) -> "Injection":
        """Let calls of clients go wrong from now on, until the end of the `with` block or `relieve()`.

        `kind`: unavailable, aborted or resource_exhausted (refused, not done), lost_acknowledgement (done, and the
        client gets UNAVAILABLE), deadline_exceeded (done or not), duplicate_delivery, latency (delay="200ms") or pause.
        `rpc` ("commit", "run_query") names the only call that meets it, `share` how many of them do (1.0), `times` how
        many at most, `lasts` ("2s") when it ends by itself, `client` the only one, by its own `x-client`. ServiceError
        where a word does not fit.
        """
        number = self._steer("inject", {"kind": kind, **words})["fault"]
        return Injection(lambda: self._steer("relieve", {"fault": number}))

    def relieve(self) -> None:
        """End every injected fault."""
        self._steer("relieve", {})

    def _steer(self, verb: str, words: Mapping[str, object]) -> dict[str, Any]:
        async def steer() -> dict[str, Any]:
            return self._hosted.service.steer(verb, words)

        return asyncio.run_coroutine_threadsafe(steer(), self._loop).result()

    def _run(self, started: "Future[Hosted]") -> None:
        try:
            clock.run(self._serve(started))
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)  # raised by whoever opens the context

    async def _serve(self, started: "Future[Hosted]") -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with host_emulator(self._settings, *self._place, self._stop, self._truth_log) as hosted:
            started.set_result(hosted)
            await self._stop.wait()


class Injection:
    """An injected fault; leaving its context ends it, and what it held back goes on."""

    def __init__(self, end: Callable[[], object]) -> None:
        self._end = end

    def __enter__(self) -> "Injection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """End it now; one that is over already is no mistake."""
        self._end()
