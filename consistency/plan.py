"""Plan: what to write, how to probe, what is claimed. One experiment is one plan.

A mapping (from TOML, the environment and flags) comes in, a frozen Plan goes out. Pydantic declares it because it tells
every mistake at once. Durations and delays stay texts here, exactly as they were written, so that a stored plan reads
like the one that was asked for; the properties with a unit in their name give the numbers.
"""

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from consistency.claim import PROBED, Claim, parse_claim
from consistency.durations import NS_PER_S, parse_duration_ns, parse_rate
from consistency.fault import Fault, FaultKind, Side
from consistency.operation import Action
from consistency.parameters import PARAMETERS, Value, check_value, choose_model, complete
from consistency.quantities import DelayText, Duration, Part, PositiveDuration, Rate

GOOGLE_SHARE = 0.9  # what Google's emulator does without being told
_VIRTUAL = {
    "target.backend": "the embedded emulator, called in process",
    "client": "the async client's messages (client = async)",
    "channel": "the in-process channel (channel = memory)",
}


class Backend(StrEnum):
    """Where the store comes from."""

    EMBEDDED = "embedded"  # our emulator: a child process, or called in process on virtual time
    GOOGLE = "google"  # Google's legacy emulator, started through gcloud
    ATTACHED = "attached"  # any emulator that already runs at target.host
    DOCKER = "docker"
    LIVE = "live"


class Model(StrEnum):
    """Consistency models of the embedded emulator."""

    STRONG = "strong"
    MEGASTORE = "megastore"
    REPLICAS = "replicas"
    QUORUM = "quorum"
    JOB_POLICY = "job_policy"
    PER_READ = "per_read"
    BOUNDED = "bounded"
    MANUAL = "manual"


class ClientKind(StrEnum):
    """Which layer of google-cloud-datastore a probe goes through."""

    ASYNC = "async"  # the generated async client: one probe is one RPC, server times are seen
    LIBRARY = "library"  # google.cloud.datastore.Client in threads: what an application sees


class ChannelKind(StrEnum):
    """How announcements travel from the writer to the readers."""

    MEMORY = "memory"
    FILE = "file"


class Ancestor(StrEnum):
    """Which ancestor the ancestor query names; both are parents of every entity of its stream."""

    FATHER = "father"
    GRANDPA = "grandpa"


class Target(Part):
    """The store and its settings. From `apply_a` on they are the PARAMETERS of the embedded emulator's models, and
    `lag` is short for apply_a = 0 and apply_b = lag; Google's legacy emulator has `consistency` too.

    None is «not said», so that a setting that means nothing to the target can be refused; what the target then does is
    filled in here, so that a stored plan says it.
    """

    backend: Backend = Backend.EMBEDDED
    host: str | None = None
    project: str = "consistency"
    database: str = ""
    latency: DelayText = "uniform:200us,600us"  # one way, on virtual time only
    image: str | None = None  # the container's image, with target.backend = docker only
    model: Model | None = None  # this and all that follows: the embedded emulator
    lag: DelayText | None = None
    apply_a: str | None = None
    apply_b: str | None = None
    roll_forward: StrictBool | None = None
    replicas: StrictInt | None = None
    routing: str | None = None
    read_quorum: StrictInt | None = None
    write_quorum: StrictInt | None = None
    latencies: str | None = None
    consistency: float | None = None
    order: str | None = None
    rng: str | None = None
    settle: str | None = None
    max_staleness: str | None = None
    session: str | None = None
    group_rate: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, settings: object) -> object:
        if not isinstance(settings, dict):
            return settings
        said = {name: value for name, value in settings.items() if value is not None}
        backend = settings.get("backend", Backend.EMBEDDED)
        if backend == Backend.EMBEDDED and "model" not in said:
            return settings | {"model": choose_model(None, said.get("lag"), said)}
        if backend in {Backend.GOOGLE, Backend.DOCKER} and "consistency" not in said:
            return settings | {"consistency": GOOGLE_SHARE}
        return settings

    @field_validator(*PARAMETERS)
    @classmethod
    def _possible(cls, value: Value | None, info: ValidationInfo) -> Value | None:
        if value is not None:
            check_value(str(info.field_name), value)
        return value

    @property
    def given(self) -> dict[str, Value]:
        """The models' parameters that were said."""
        return {name: value for name in PARAMETERS if (value := getattr(self, name)) is not None}

    @property
    def effective(self) -> tuple[str, dict[str, Value]]:
        """The embedded emulator's model and its parameters; ValueError where they contradict each other."""
        return complete(self.model, self.lag, self.given)

    def find_contradictions(self) -> list[str]:
        """One line for each setting to which another one leaves no meaning."""
        mistakes = []
        if self.backend is Backend.EMBEDDED:
            mistakes += self._find_unfit_parameters()
        else:
            own = ["model"] * (self.model is not None) + ["lag"] * (self.lag is not None)
            own += [name for name in self.given if name != "consistency"]
            mistakes += [f"target.{name}: is the embedded emulator's, {self._target_is}" for name in own]
        if self.consistency is not None and self.backend not in {Backend.EMBEDDED, Backend.GOOGLE, Backend.DOCKER}:
            mistakes.append(f"target.consistency: is an emulator's coin, {self._target_is}")
        if self.image is not None and self.backend is not Backend.DOCKER:
            mistakes.append(f"target.image: is a container's, {self._target_is}")
        if (self.backend is Backend.ATTACHED) != (self.host is not None):
            mistakes.append("target.host: goes with target.backend = attached, and with no other")
        return mistakes

    def _find_unfit_parameters(self) -> list[str]:
        try:
            complete(self.model, self.lag, self.given)
        except ValueError as error:
            return [f"target.{line}" for line in str(error).splitlines()]
        return []

    @property
    def _target_is(self) -> str:
        return f"and the target is {self.backend}: leave one of them out"


class Probe(Part):
    """How one action is repeated: at once, then each `interval` from a random phase (`dither`), backing off after
    `backoff_after` by the factor `backoff` up to `max_interval`; after the first hit `confirm` more attempts."""

    interval: PositiveDuration = "50ms"
    dither: bool = True
    backoff: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    backoff_after: Duration = "1s"
    max_interval: PositiveDuration = "1s"
    max_open: Annotated[int, Field(ge=1)] = 100
    confirm: Annotated[int, Field(ge=0)] = 3
    confirm_for: Duration = "1s"
    ancestor: Ancestor = Ancestor.FATHER


def _checked_probe(name: object) -> object:
    """Refuses what is no probe in the words of an enumeration, so that it is told with its near match."""
    if name in PROBED:
        return name
    raise PydanticCustomError("enum", "is no probe", {"expected": ", ".join(f"'{action}'" for action in PROBED)})


def _checked_claim(text: str) -> str:
    parse_claim("", text)
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


ProbeName = Annotated[Action, BeforeValidator(_checked_probe)]
ClaimTexts = Annotated[list[Annotated[str, AfterValidator(_checked_claim)]], BeforeValidator(_listed)]


class Plan(Part):
    """One experiment. `entities` counts the entities of each stream: one stream per probe, or one shared by all
    probes where `probe_isolation` is off."""

    question: str = ""
    entities: Annotated[int, Field(ge=1)] = 1000
    rate: Rate = "1/s"
    deadline: PositiveDuration = "30s"
    call_timeout: PositiveDuration = "10s"
    seed: int | None = None
    probe_isolation: bool = True
    virtual_time: bool = False
    channel: ChannelKind = ChannelKind.MEMORY
    client: ClientKind = ClientKind.ASYNC
    target: Target = Target()
    probes: Annotated[dict[ProbeName, Probe], Field(min_length=1)]
    claims: dict[ProbeName, ClaimTexts] = Field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        unprobed = self.claims.keys() - self.probes.keys()
        mistakes = [f"claims.{name}: the plan has no probe {name}" for name in sorted(unprobed)]
        mistakes += self.target.find_contradictions()
        mistakes += self._fault_mistakes()
        if self.virtual_time:
            mistakes += self._virtual_mistakes()
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def _virtual_mistakes(self) -> list[str]:
        needs = {
            "target.backend": self.target.backend is Backend.EMBEDDED,
            "client": self.client is ClientKind.ASYNC,
            "channel": self.channel is ChannelKind.MEMORY,
        }
        return [f"{key}: virtual time works only with {_VIRTUAL[key]}" for key, met in needs.items() if not met]

    def _fault_mistakes(self) -> list[str]:
        """Faults that this plan's target or client cannot have, one sentence each."""
        names = [fault.name for fault in self.faults if fault.name]
        mistakes = [f'faults: two are called "{name}"' for name in sorted({n for n in names if names.count(n) > 1})]
        over_ns = self.writing_ns + self.deadline_ns
        mistakes += [
            f"faults: {fault.kind} would begin at {fault.at}, when all writes and searches are over"
            for fault in self.faults
            if fault.at_ns >= over_ns
        ]
        for fault in self.faults:
            mistakes += [f"faults: {fault.describe()}: {why}" for why in self._misfits(fault)]
        return mistakes

    def _misfits(self, fault: Fault) -> Iterator[str]:
        embedded = self.target.backend is Backend.EMBEDDED
        if fault.replica is not None and not (embedded and self.target.model is Model.REPLICAS):
            yield "only the embedded emulator with model = replicas has replicas that can be told apart"
        if fault.kind is FaultKind.RESTART and not embedded:
            yield "only the embedded emulator is a process of ours that can be started again with its data"
        if fault.side is Side.CALLS and self.client is ClientKind.LIBRARY:
            yield "it happens to single requests, which the library's client hides: take client = async"

    @property
    def writing_ns(self) -> int:
        """How long after the first due write the last one is due, at the latest."""
        return int(self.entities / self.rate_per_s * NS_PER_S)

    @property
    def parsed_claims(self) -> list[Claim]:
        """Every claim, in the order of the plan."""
        return [parse_claim(name, text) for name, texts in self.claims.items() for text in texts]

    @property
    def rate_per_s(self) -> Fraction:
        """Entities per second of each stream, exactly."""
        return parse_rate(self.rate)

    @property
    def deadline_ns(self) -> int:
        """How long after its acknowledgement an entity is searched for."""
        return parse_duration_ns(self.deadline)
