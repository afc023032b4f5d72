"""WARS: the four messages of a quorum, and the four published sets of their latencies.

    write   coordinator --W--> replica i --A--> coordinator       done at the W-th smallest of W_i + A_i
    read    coordinator --R--> replica i --S--> coordinator       done at the R-th smallest of R_i + S_i

A name or two delays come in, a Wars goes out; it draws one-way delays in ns for each replica. Model and figures are
those of "Probabilistically Bounded Staleness" (Bailis et al., VLDB 2012), fitted there to production systems.

YMMR's write tail has alpha 3.5, as in the authors' simulator: the 3.35 that is printed does not give their figures.
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from random import Random

from consistency.delays import parse_delay

Draw = Callable[[Random], int]


@dataclass(frozen=True, slots=True)
class Wars:
    """One-way delays: of writes, and of the three other messages. `far_ns`: further delay of all replicas but one."""

    write: Draw
    other: Draw
    far_ns: int = 0

    def draw_write_ns(self, replicas: int, random: Random) -> list[tuple[int, int]]:
        """(W, A) of each replica for one write."""
        far_ns, near = self._place(replicas, random)
        return [
            (self.write(random) + (i != near) * far_ns, self.other(random) + (i != near) * far_ns)
            for i in range(replicas)
        ]

    def draw_read_ns(self, replicas: int, random: Random) -> list[tuple[int, int]]:
        """(R, S) of each replica for one read."""
        other = self.other
        if not self.far_ns:  # drawn at each read, so without a further step
            return [(other(random), other(random)) for _ in range(replicas)]
        far_ns, near = self._place(replicas, random)
        return [(other(random) + (i != near) * far_ns, other(random) + (i != near) * far_ns) for i in range(replicas)]

    def _place(self, replicas: int, random: Random) -> tuple[int, int]:
        """How much farther the far replicas are, and which one is near: the coordinator stands beside any of them."""
        return (self.far_ns, random.randrange(replicas)) if self.far_ns else (0, 0)


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
    return Wars(parse_delay(write.strip()).draw_ns, parse_delay(other.strip()).draw_ns, far_ns)


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
