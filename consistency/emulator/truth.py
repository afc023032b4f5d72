"""The truth log: when each commit became visible, as the engine itself planned it, or as its draws had it.

    committed_ns         bodies_ns                rows_ns
    |--------------------|------------------------|------------>  now_ns
      eventual reads see   eventual lookups see     global queries find
      the old state        the new body             the new index rows

A record is emitted at the commit and, when the instants have changed (a strong read or another commit rolled the group
forward, a coin fell, a replica was cut off), again under the same number: the last record of a number holds. Only
calibration reads it; nothing in the service depends on it.
"""

from collections.abc import Sequence

import msgspec


class TruthRecord(msgspec.Struct, frozen=True, omit_defaults=True, tag="commit", tag_field="truth"):
    """One entry of one entity group's log. All instants are of the emulator's `now_ns` clock.

    `commit` is the running number of the log entry: a commit over two groups has two numbers, so that each group's
    instants can be corrected alone. `group` is the readable root (Kind00:'grandpa'), `names` are the names or ids
    (as text) of the keys written.

    `bodies_ns` and `rows_ns` are for every eventual read alike; None where there is no such instant, because replicas
    differ or because each read has its own chance: then `settled_ns` is from when on all of them see the commit.
    `replicas` are (bodies, rows) of each where there are several. An instant of 2^62 has not come yet.
    """

    commit: int
    group: str
    names: tuple[str, ...]
    committed_ns: int
    bodies_ns: int | None
    rows_ns: int | None
    replicas: tuple[tuple[int, int], ...] = ()
    settled_ns: int | None = None


class RouteRecord(msgspec.Struct, frozen=True, tag="route", tag_field="truth"):
    """From now on this client's eventual reads go to this replica."""

    client: str
    replica: int


Told = TruthRecord | RouteRecord


def make_record(
    commit: int,
    group: str,
    names: tuple[str, ...],
    committed_ns: int,
    instants: Sequence[tuple[int, int]],
    settled_ns: int | None = None,
) -> TruthRecord:
    """The record of a commit with these instants, one pair for each replica. `settled_ns`: where chance decides."""
    alike = instants if settled_ns is None else ()
    bodies_ns, rows_ns = (set(each) for each in zip(*alike, strict=True)) if alike else (set(), set())
    return TruthRecord(
        commit,
        group,
        names,
        committed_ns,
        bodies_ns.pop() if len(bodies_ns) == 1 else None,
        rows_ns.pop() if len(rows_ns) == 1 else None,
        tuple(instants) if len(instants) > 1 else (),
        settled_ns,
    )
