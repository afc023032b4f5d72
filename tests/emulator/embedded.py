"""The embedded emulator in process, with a clock that tests turn by hand."""

from collections.abc import Coroutine
from typing import Any

from consistency import clock
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.truth import RouteRecord, Told, TruthRecord
from consistency.emulator.values.messages import Message
from tests.emulator.talk import REPLIES, Talk

PREFIX = "/google.datastore.v1.Datastore/"
EPOCH_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
MS = 1_000_000


class Embedded:
    """A Service whose monotonic clock stands still at `now_ns` until a test moves it; its wall clock goes with it."""

    def __init__(
        self, model: str = "strong", apply_a: str = "0", apply_b: str = "0", seed: int = 0, **settings: Any
    ) -> None:
        self.now_ns = 0
        self.truth: list[TruthRecord] = []
        self.routes: list[RouteRecord] = []
        self.service = Service(
            Settings(model, apply_a, apply_b, seed, **settings),
            lambda: self.now_ns,
            lambda: EPOCH_NS + self.now_ns,
            self.keep,
        )

    def keep(self, told: Told) -> None:
        if isinstance(told, TruthRecord):
            self.truth.append(told)
        else:
            self.routes.append(told)

    def call(self, method: str, request: Message, client: str = "") -> Message:
        """A commit that waits for a lock waits alone, on virtual time, until it has waited too long."""
        metadata = {"x-client": client} if client else {}
        reply = self.service.call(PREFIX + method, metadata, request.SerializeToString())
        if isinstance(reply, Coroutine):
            reply = clock.run(reply, virtual=True)
        return REPLIES[method].FromString(reply)

    async def send(self, method: str, request: Message) -> Message:
        """`call` for several clients at once."""
        reply = self.service.call(PREFIX + method, {}, request.SerializeToString())
        return REPLIES[method].FromString(reply if isinstance(reply, bytes) else await reply)

    def talk(self, namespace: str = "", client: str = "") -> Talk:
        return Talk(lambda method, request: self.call(method, request, client), namespace)
