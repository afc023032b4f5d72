"""Plan: what to write, how to probe, what is claimed. One experiment is one plan.

A mapping (from TOML, the environment and flags) comes in, a frozen Plan goes out. Pydantic declares it because it tells
every mistake at once. Durations and delays stay texts here, exactly as they were written, so that a stored plan reads
like the one that was asked for; the properties with a unit in their name give the numbers.
"""

from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from consistency.claim import PROBED, Claim, check_subject, find_misplaced, parse_claim
from consistency.durations import NS_PER_S, parse_duration_ns, parse_rate
from consistency.fault import Fault, find_misfits
from consistency.operation import Action
from consistency.probing import BY_NO_VALUE, Match, Probe, find_unaskable, list_lacking
from consistency.quantities import Part, PositiveDuration, Rate
from consistency.target import Backend, Target
from consistency.workload import LIFECYCLES, Workload

_VIRTUAL = {
    "target.backend": "the embedded emulator, called in process",
    "client": "the async client's messages (client = async)",
    "channel": "the in-process channel (channel = memory)",
}


class ClientKind(StrEnum):
    """Which layer of google-cloud-datastore a probe goes through."""

    ASYNC = "async"  # the generated async client: one probe is one RPC, server times are seen
    LIBRARY = "library"  # google.cloud.datastore.Client in threads: what an application sees


class ChannelKind(StrEnum):
    """How announcements travel from the writer to the readers."""

    MEMORY = "memory"
    FILE = "file"


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
SubjectName = Annotated[str, AfterValidator(check_subject)]
ClaimTexts = Annotated[list[Annotated[str, AfterValidator(_checked_claim)]], BeforeValidator(_listed)]


class Plan(Part):
    """One experiment. `entities` counts the entities of each stream: one stream per probe, or one shared by all
    probes where `probe_isolation` is off. The writers share them; each reader looks for all of them. In a transactional
    workload it counts the transactions of each writer."""

    question: str = ""
    entities: Annotated[int, Field(ge=1)] = 1000
    rate: Rate = "1/s"
    deadline: PositiveDuration = "30s"
    call_timeout: PositiveDuration = "10s"
    seed: int | None = None
    workload: Workload = Workload.CREATE
    age: PositiveDuration = "2s"  # of an entity when it is changed
    groups: Annotated[int, Field(ge=1)] = 1  # entity groups of what lies under ancestors, and of transactions' keys
    keys: Annotated[int, Field(ge=2, le=25)] = 8  # that transactions are about
    writers: Annotated[int, Field(ge=1)] = 1
    readers: Annotated[int, Field(ge=1)] = 1
    interference: bool = False  # a second arm in the same run, whose probes share their entities
    probe_isolation: bool = True
    virtual_time: bool = False
    channel: ChannelKind = ChannelKind.MEMORY
    client: ClientKind = ClientKind.ASYNC
    target: Target = Target()
    probes: dict[ProbeName, Probe] = Field(default_factory=dict)
    claims: dict[SubjectName, ClaimTexts] = Field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    unsupported: dict[ProbeName, str] = Field(default_factory=dict)  # probes left out: what one of Google's lacks

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, tree: object) -> object:
        """One plan can be asked of every emulator: what one of Google's lacks is marked, unless it lacks everything."""
        if not isinstance(tree, dict):
            return tree
        probes, target = tree.get("probes"), tree.get("target")
        if not isinstance(probes, dict) or not isinstance(target, dict):
            return tree
        lacks = list_lacking(probes, target.get("backend"), target.get("emulator"))
        kept = {name: probe for name, probe in probes.items() if name not in lacks}
        return tree | {"probes": kept, "unsupported": lacks} if lacks and kept else tree

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = find_misplaced(self.claims, {*self.probes, *self.unsupported})
        mistakes += self.target.find_contradictions()
        mistakes += self._probe_mistakes()
        mistakes += self._stream_mistakes()
        length_ns = self.writing_ns + self.deadline_ns
        target = self.target
        mistakes += find_misfits(self.faults, target.backend, target.replica_count, self.client, length_ns)
        if self.virtual_time:
            mistakes += self._virtual_mistakes()
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def _probe_mistakes(self) -> list[str]:
        mistakes = [
            f"probes.{action}: {why}"
            for action in self.probes
            for why in find_unaskable(action, self.target.backend, self.target.model, self.client, self.target.emulator)
        ]
        if self.workload.is_transactional and self.probes:
            mistakes.append(f"probes: {self.workload} is judged by its own transactions: leave the probes out")
        if not self.workload.is_transactional and not self.probes:
            mistakes.append(f"probes: {self.workload} needs one at least, such as [probes.key_get]")
        mistakes += [
            f"probes.{action}.match: only a query of an updated entity asks for its old value (workload = update)"
            for action, probe in self.probes.items()
            if probe.match is Match.OLD and (self.workload is not Workload.UPDATE or action in BY_NO_VALUE)
        ]
        if self.workload is Workload.DELETE and Action.ORDERED_QUERY in self.probes:
            mistakes.append("probes.ordered_query: lists what is newest, and what it does not list may be there")
        return mistakes

    def _stream_mistakes(self) -> list[str]:
        mistakes = []
        if self.channel is ChannelKind.FILE and (self.readers > 1 or self.interference):
            key = "interference" if self.interference else "readers"
            mistakes.append(f"{key}: works in one process only; leave it out, or the queue file (channel = memory)")
        if self.interference and not (self.probe_isolation and len(self.probes) > 1):
            mistakes.append("interference: compares isolated probes with shared ones: take two or more, isolated")
        return mistakes

    def _virtual_mistakes(self) -> list[str]:
        needs = {
            "target.backend": self.target.backend is Backend.EMBEDDED,
            "client": self.client is ClientKind.ASYNC,
            "channel": self.channel is ChannelKind.MEMORY,
        }
        return [f"{key}: virtual time works only with {_VIRTUAL[key]}" for key, met in needs.items() if not met]

    def wants_absence(self, action: Action) -> bool:
        """Whether the probe sees the write by not finding what was there before."""
        return self.workload is Workload.DELETE or self.probes[action].match is Match.OLD

    @property
    def age_ns(self) -> int:
        """How old an entity is when it is changed."""
        return parse_duration_ns(self.age)

    @property
    def writing_ns(self) -> int:
        """How long after the first due write the last one is due, at the latest."""
        return int(self.entities / self.rate_per_s * NS_PER_S) + self.life_ns

    @property
    def life_ns(self) -> int:
        """How long after an entity's first change its last one is due."""
        return self.age_ns * (len(LIFECYCLES.get(self.workload, ((),))) - 1)

    @property
    def parsed_claims(self) -> list[Claim]:
        """Every claim, in the order of the plan."""
        return [parse_claim(name, text) for name, texts in self.claims.items() for text in texts]

    def claiming(self, further: Iterable[Claim]) -> "Plan":
        """This plan with further claims behind those about the same subjects."""
        claims = {name: [*texts] for name, texts in self.claims.items()}
        for claim in further:
            claims.setdefault(claim.subject, []).append(claim.text)
        return self.model_copy(update={"claims": claims})

    @property
    def rate_per_s(self) -> Fraction:
        """Entities per second of each stream, exactly."""
        return parse_rate(self.rate)

    @property
    def deadline_ns(self) -> int:
        """How long after its acknowledgement an entity is searched for."""
        return parse_duration_ns(self.deadline)
