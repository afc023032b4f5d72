"""The target: which store a plan measures, and how that store is to behave.

A table of a plan comes in, a frozen Target goes out. What fits no target is told by pydantic; settings to which another
one leaves no meaning are told by `find_contradictions`, one line each.
"""

from enum import StrEnum

from pydantic import StrictBool, StrictInt, ValidationInfo, field_validator, model_validator

from consistency.parameters import PARAMETERS, Value, check_value, choose_model, complete
from consistency.quantities import DelayText, Part

GOOGLE_SHARE = 0.9  # what Google's emulator does without being told


class Backend(StrEnum):
    """Where the store comes from."""

    EMBEDDED = "embedded"  # our emulator: a child process, or called in process on virtual time
    GOOGLE = "google"  # one of Google's emulators, started through gcloud
    ATTACHED = "attached"  # any emulator that already runs at target.host
    DOCKER = "docker"
    LIVE = "live"


class GoogleEmulator(StrEnum):
    """Which of Google's emulators."""

    LEGACY = "legacy"  # the Datastore emulator: a coin for each eventual read
    LEGACY_FIRESTORE = "legacy_firestore"  # the same with --use-firestore-in-datastore-mode
    FIRESTORE = "firestore"  # the Firestore emulator in Datastore mode


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


class Target(Part):
    """The store and its settings. From `eventual_lag` on they are the PARAMETERS of the embedded emulator's models, and
    `lag` is short for apply_a = 0 and apply_b = lag; Google's legacy emulator has `consistency` too.

    None is «not said», so that a setting that means nothing to the target can be refused; what the target then does is
    filled in here, so that a stored plan says it.
    """

    backend: Backend = Backend.EMBEDDED
    host: str | None = None
    project: str = "consistency"
    database: str = ""
    namespace: str | None = None  # consistency-<run>; of the live service it must begin with "consistency-"
    endpoint: str | None = None  # HOST:PORT of the live service where it is not the public one
    latency: DelayText = "uniform:200us,600us"  # one way, on virtual time only
    emulator: GoogleEmulator | None = None  # of Google's, with target.backend = google only
    image: str | None = None  # the container's image, with target.backend = docker only
    model: Model | None = None  # this and all that follows: the embedded emulator
    lag: DelayText | None = None
    eventual_lag: str | None = None
    apply_a: str | None = None
    apply_b: str | None = None
    roll_forward: StrictBool | None = None
    unit: str | None = None
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
        if backend == Backend.GOOGLE:
            settings = settings | {"emulator": said.get("emulator", GoogleEmulator.LEGACY)}
        tosses = backend == Backend.DOCKER or settings.get("emulator") == GoogleEmulator.LEGACY
        return settings | {"consistency": GOOGLE_SHARE} if tosses and "consistency" not in said else settings

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

    @property
    def replica_count(self) -> int:
        """How many replicas a fault may name; 0 where the model has none apart."""
        if self.model not in {Model.REPLICAS, Model.QUORUM}:
            return 0
        return int(self.replicas or PARAMETERS["replicas"].default)

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
        if self.consistency is not None and self.emulator not in {None, GoogleEmulator.LEGACY}:
            mistakes.append(f"target.consistency: is a coin's, and target.emulator = {self.emulator} has none")
        if self.emulator is not None and self.backend is not Backend.GOOGLE:
            mistakes.append(f"target.emulator: is one of Google's, {self._target_is}")
        if self.image is not None and self.backend is not Backend.DOCKER:
            mistakes.append(f"target.image: is a container's, {self._target_is}")
        if self.endpoint is not None and self.backend is not Backend.LIVE:
            mistakes.append(f"target.endpoint: is the live service's, {self._target_is}")
        if self.backend is Backend.LIVE and "project" not in self.model_fields_set:
            mistakes.append("target.project: the live service needs the project's id, and no default will do")
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
