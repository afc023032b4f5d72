"""WARS: the four messages of a quorum, and the four published sets of their latencies.

    write   coordinator --W--> replica i --A--> coordinator       done at the W-th smallest of W_i + A_i
    read    coordinator --R--> replica i --S--> coordinator       done at the R-th smallest of R_i + S_i

A name or two delays come in, a Wars goes out; it draws one-way delays in ns for each replica. They are drawn in blocks,
because a draw costs 0.05 us in numpy and ten times as much alone. Model and figures are those of "Probabilistically
Bounded Staleness" (Bailis et al., VLDB 2012), fitted there to production systems.

YMMR's write tail has alpha 3.5, as in the authors' simulator: the 3.35 that is printed does not give their figures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import repeat
from math import prod
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from consistency.delays import Delay, parse_delay

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import RandomState
    from numpy.typing import NDArray

    Times: TypeAlias = NDArray[np.int64]

BLOCK = 1_024  # operations that are drawn at once: it takes 0.4 ms, and a call waits for it
LONGEST_NS = 1 << 60  # an integer of 64 bits holds the sum of two, and of the present
Reply: TypeAlias = Sequence[int]  # [which replica's it is, how long the read went there, how long both ways took]


class Block:
    """The messages of many reads. Whose replies come first is worked out when somebody asks: at rest nobody does."""

    def __init__(self, ways_ns: "Times", needed: int) -> None:
        """`needed`: how many replies each of the reads waits for."""
        self._ways_ns = ways_ns
        self._needed = needed

    @cached_property
    def first(self) -> list[list[Reply]]:
        """Of each read the replies that it waits for."""
        return self._sort(self._needed)

    @cached_property
    def all(self) -> list[list[Reply]]:
        """Of each read all replies, in the order in which they come."""
        return self._sort(None)

    def _sort(self, most: int | None) -> list[list[Reply]]:
        import numpy as np  # noqa: PLC0415 - it takes longer than an emulator's start, which needs no wars

        times_ns = self._ways_ns[0] + self._ways_ns[1]
        order = times_ns.argsort(axis=1, kind="stable")[:, :most]
        times_ns, there_ns = (np.take_along_axis(each, order, axis=1) for each in (times_ns, self._ways_ns[0]))
        replies: list[list[Reply]] = np.stack((order, there_ns, times_ns), axis=2).tolist()
        return replies


@dataclass(frozen=True, slots=True)
class Wars:
    """One-way delays: of writes, and of the three other messages. `far_ns`: further delay of all replicas but one."""

    write: Delay
    other: Delay
    far_ns: int = 0

    def draw_writes(self, replicas: int, chance: "RandomState") -> Iterator[list[tuple[int, int]]]:
        """(W, A) of each replica for one write after the other, without end."""
        while True:
            yield from self.draw_writes_ns(BLOCK, replicas, chance).transpose(1, 2, 0).tolist()

    def draw_reads(self, replicas: int, needed: int, chance: "RandomState") -> Iterator[tuple[int, int, Block]]:
        """How long one read after the other takes until `needed` replies have come, without end; its number in the
        block, and the block."""
        while True:
            ways_ns = self.draw_reads_ns(BLOCK, replicas, chance)
            times_ns = ways_ns[0] + ways_ns[1]
            times_ns.sort(axis=1)
            yield from zip(times_ns[:, needed - 1].tolist(), range(BLOCK), repeat(Block(ways_ns, needed)), strict=False)

    def draw_writes_ns(self, writes: int, replicas: int, chance: "RandomState") -> "Times":
        """(W, A) of each replica for each write: the axes are the two messages, writes and replicas."""
        import numpy as np  # noqa: PLC0415 - as above

        there, back = (_draw_ns(way, (1, writes, replicas), chance) for way in (self.write, self.other))
        return self._send_far(np.concatenate((there, back)), chance)

    def draw_reads_ns(self, reads: int, replicas: int, chance: "RandomState") -> "Times":
        """(R, S) of each replica for each read, in the same form."""
        return self._send_far(_draw_ns(self.other, (2, reads, replicas), chance), chance)

    def _send_far(self, ways_ns: "Times", chance: "RandomState") -> "Times":
        """The same, longer for all replicas but one: the coordinator stands beside any of them."""
        if not self.far_ns:
            return ways_ns
        _, count, replicas = ways_ns.shape
        near = chance.randint(replicas, size=(count, 1))
        further_ns: Times = self.far_ns * (near != range(replicas))
        return ways_ns + further_ns


def _draw_ns(way: Delay, shape: tuple[int, int, int], chance: "RandomState") -> "Times":
    drawn: Times = way.draw_many_ns(chance, prod(shape)).reshape(shape).clip(max=LONGEST_NS).astype("int64")
    return drawn


def open_chance(seed: str) -> "RandomState":
    """numpy's random source for this seed, of the kind that draws the same in all its versions."""
    from numpy.random import RandomState  # noqa: PLC0415 - as above

    return RandomState(Random(seed).getrandbits(32))


def parse_latencies(text: str) -> Wars:
    """The published latencies of this name, or those of two delays "W | A, R and S"; ValueError in one sentence."""
    if text not in LATENCIES and text.count("|") != 1:
        near = get_close_matches(text, LATENCIES, 1)
        raise ValueError(
            f'"{text}" is neither one of {", ".join(LATENCIES)} nor two delays such as '
            f'"exponential:20ms | exponential:2ms"' + (f"; did you mean {near[0]}?" if near else "")
        )
    far_ns = FAR_NS.get(text, 0)
    write, other = LATENCIES[text] if text in LATENCIES else text.split("|")
    return Wars(parse_delay(write.strip()), parse_delay(other.strip()), far_ns)


_SSD = "mix:91.22%=pareto:235us,10;8.78%=exponential:602410ns"  # rate 1.66 per ms
_DISK_WRITE = "mix:38%=pareto:1050us,1.51;62%=exponential:5464481ns"  # rate 0.183
_YAMMER_WRITE = "mix:93.9%=pareto:3ms,3.5;6.1%=exponential:357142857ns"  # rate 0.0028
_YAMMER = "mix:98.2%=pareto:1500us,3.8;1.8%=exponential:46082949ns"  # rate 0.0217
LATENCIES = {  # W; A, R and S
    "LNKD-SSD": (_SSD, _SSD),
    "LNKD-DISK": (_DISK_WRITE, _SSD),
    "YMMR": (_YAMMER_WRITE, _YAMMER),
    "WAN": (_DISK_WRITE, _SSD),
}
FAR_NS = {"WAN": 75_000_000}  # how much farther, one way, all replicas but one are
