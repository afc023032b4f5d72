"""The embedded emulator in process, with a clock that tests turn by hand."""

from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.truth import TruthRecord
from consistency.emulator.values.messages import Message
from tests.emulator.talk import REPLIES, Talk

PREFIX = "/google.datastore.v1.Datastore/"
EPOCH_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
MS = 1_000_000


class Embedded:
    """A Service whose monotonic clock stands still at `now_ns` until a test moves it; its wall clock goes with it."""

    def __init__(self, model: str = "strong", apply_a: str = "0", apply_b: str = "0", seed: int = 0) -> None:
        self.now_ns = 0
        self.truth: list[TruthRecord] = []
        self.service = Service(
            Settings(model, apply_a, apply_b, seed),
            lambda: self.now_ns,
            lambda: EPOCH_NS + self.now_ns,
            self.truth.append,
        )

    def call(self, method: str, request: Message) -> Message:
        reply = self.service.call(PREFIX + method, {}, request.SerializeToString())
        assert isinstance(reply, bytes)
        return REPLIES[method].FromString(reply)

    def talk(self, namespace: str = "") -> Talk:
        return Talk(self.call, namespace)
