"""How much of everything a request may hold, by profile: one line each in LIMITS.

`datastore_mode` is today's service, `legacy` the old one, which counted mutations, allocations and entity groups too,
`off` has no limits. What a request must be (its form) does not depend on the profile; see `validation`.

One of the service's limits is not kept: 100 databases a project. It is one of creating databases, which is another API;
here they come into being by being written to, and a test may well have one for itself.
"""

from typing import NamedTuple

from consistency.emulator.status import ServiceError, invalid

UNLIMITED = 1 << 62


class Limits(NamedTuple):
    """Sizes in bytes as the service counts them, and counts."""

    request_bytes: int = 10 << 20
    entity_bytes: int = 1_048_572
    key_bytes: int = 6 << 10
    name_bytes: int = 1_500
    indexed_bytes: int = 1_500
    unindexed_bytes: int = 1_048_487
    path_elements: int = 100
    depth: int = 20
    index_entries: int = 20_000
    composite_bytes: int = 2 << 20
    composites: int = 1_000
    transforms: int = 500
    lookup_keys: int = 1_000
    mutations: int = UNLIMITED
    allocated_keys: int = UNLIMITED
    groups: int = UNLIMITED


LIMITS: dict[str, Limits] = {
    "datastore_mode": Limits(),
    "legacy": Limits(composites=200, mutations=500, allocated_keys=500, groups=25),
    "off": Limits(*[UNLIMITED] * len(Limits._fields)),
}


def find_limits(profile: str) -> Limits:
    """The limits of this profile; ValueError in one sentence for an unknown one."""
    if profile not in LIMITS:
        raise ValueError(f'"{profile}" is not a profile of limits: choose one of {", ".join(LIMITS)}')
    return LIMITS[profile]


def too_much(what: str, limit: int, unit: str, where: str = "") -> ServiceError:
    """The refusal of what exceeds a limit: INVALID_ARGUMENT, naming the field and the limit."""
    return invalid(f"{what} is longer than {limit} {unit}{where}.")
