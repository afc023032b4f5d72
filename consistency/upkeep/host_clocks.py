"""Host clocks: how the clocks of several hosts are laid on one run clock, and how far that may be wrong.

One life of each process comes in, on its own host's monotonic clock; HostClocks go out, first that of the run clock.
Every merge begins from those monotonic stamps again, so merging a merged folder gives the same.

    service's stamps   each host's clock against the service's, and so against each other: whatever wall clocks said
    --clock-bound      by the wall clocks, as far apart as somebody says
    kernels            by the wall clocks, as far off as NTP says

What somebody says is held against what surely was: no read sees a value before its write began, and no call is stamped
before it began or after it ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from consistency.analysis.clocks import bound_offset_ns, find_causal_gap_ns
from consistency.archive import HostClock
from consistency.durations import format_duration
from consistency.errors import ConsistencyError
from consistency.history import History
from consistency.upkeep.recordings import Life

BY_STAMPS, BY_WORD, BY_KERNELS = "by the service's stamps", "by the wall clocks and --clock-bound", "by NTP's bounds"


@dataclass(frozen=True)
class Host:
    """One host: its clock, and what it recorded."""

    clock: HostClock
    history: History


def lay_clocks(
    lives: Mapping[str, Life], reference: Life, said_ns: int | None
) -> tuple[tuple[HostClock, ...], str, int]:
    """The clocks, in words what they were laid by, and how far apart any two may be; one clock needs no words.

    Raises ConsistencyError where nothing tells how far they were apart, or `said_ns` is surely wrong.
    """
    hosts = _sort_hosts(lives, reference.clock.boot_id)
    first = _move(hosts[0].clock, reference.manifest.origin_ns)
    if len(hosts) == 1:
        return (first,), "", said_ns or 0
    offsets = [bound_offset_ns(host.history) for host in hosts]
    if said_ns is None and None not in offsets:
        clocks, basis = _lay_by_stamps(hosts, first, [each for each in offsets if each]), BY_STAMPS
    else:
        clocks, basis = _lay_by_walls(hosts, first, said_ns), BY_KERNELS if said_ns is None else BY_WORD
    bound_ns = sum(sorted(clock.bound_ns for clock in clocks)[-2:])
    _require_possible(hosts, clocks, offsets, bound_ns)
    return clocks, basis, bound_ns


def _sort_hosts(lives: Mapping[str, Life], boot: str) -> list[Host]:
    """The hosts by their boots, the reference's first. A wall clock that was set between two processes of one host
    counts as it was at the earliest reading."""
    boots = sorted({life.clock.boot_id for life in lives.values()}, key=lambda each: (each != boot, each))
    hosts = []
    for each in boots:
        own = [life for life in lives.values() if life.clock.boot_id == each]
        clock = min((life.clock for life in own), key=lambda clock: clock.origin_wall_ns - clock.origin_ns)
        processes = tuple(sorted(life.process for life in own))
        history = History.of(event for life in own for event in life.read())
        hosts.append(Host(structs.replace(clock, processes=processes, bound_ns=0), history))
    return hosts


def _move(clock: HostClock, origin_ns: int) -> HostClock:
    """The same clock with 0 of the run clock at another of its instants."""
    moved_ns = origin_ns - clock.origin_ns
    return structs.replace(clock, origin_ns=origin_ns, origin_wall_ns=clock.origin_wall_ns + moved_ns)


def _lay_by_stamps(
    hosts: Sequence[Host], first: HostClock, offsets: Sequence[tuple[int, int]]
) -> tuple[HostClock, ...]:
    """The middle of each host's offset from the service's clock, less the first's; half its width is the bound."""
    middles_ns = [(lower + upper) // 2 for lower, upper in offsets]
    return tuple(
        structs.replace(
            _move(host.clock, first.origin_ns + middle_ns - middles_ns[0]), bound_ns=(upper - lower + 1) // 2
        )
        for host, middle_ns, (lower, upper) in zip(hosts, middles_ns, offsets, strict=True)
    )


def _lay_by_walls(hosts: Sequence[Host], first: HostClock, said_ns: int | None) -> tuple[HostClock, ...]:
    clocks = []
    for host in hosts:
        bound_ns = host.clock.wall_bound_ns if said_ns is None else -(-said_ns // 2)
        if bound_ns is None:
            raise ConsistencyError(
                "These folders are of several hosts, and nothing in them says how far their clocks were apart: the "
                "service gave no stamps. Say how far at most: --clock-bound 50ms"
            )
        origin_ns = host.clock.origin_ns + first.origin_wall_ns - host.clock.origin_wall_ns
        clocks.append(structs.replace(_move(host.clock, origin_ns), bound_ns=bound_ns))
    return tuple(clocks)


def _require_possible(
    hosts: Sequence[Host], clocks: Sequence[HostClock], offsets: Sequence[tuple[int, int] | None], bound_ns: int
) -> None:
    """Raise where two clocks were surely further apart than the bound."""
    for host, clock, offset in zip(hosts[1:], clocks[1:], offsets[1:], strict=True):
        gaps = [find_causal_gap_ns(hosts[0].history, host.history)]
        gap_ns = max((gap - clocks[0].origin_ns + clock.origin_ns for gap in gaps if gap is not None), default=0)
        if offset and offsets[0]:
            lower, upper = (end - clock.origin_ns for end in offset)
            first_lower, first_upper = (end - clocks[0].origin_ns for end in offsets[0])
            gap_ns = max(gap_ns, lower - first_upper, first_lower - upper)
        if gap_ns > bound_ns:
            names = f"{', '.join(clocks[0].processes)} and {', '.join(clock.processes)}"
            raise ConsistencyError(
                f"The clocks of {names} were {format_duration(gap_ns)} apart at least, and were said to be within "
                f"{format_duration(bound_ns)}. Leave --clock-bound out, or say a larger one. Nothing was written."
            )
