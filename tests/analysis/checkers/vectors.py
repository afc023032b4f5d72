"""Histories whose answers are known, each with its source in the measurement reference.

C1 to C10: section 5.1, verdicts from Conver's tests; k, Gamma and Delta by exhaustive search. O1 to O5: section 5.2,
by exhaustive search. P1, P2: section 5.3, Porcupine's README (the order of events within them is from memory).
"""

from math import inf
from typing import NamedTuple


class Vector(NamedTuple):
    """Calls; which models hold (Y or N: LIN REG SEQ CAU MRW WFR RYW); k, Gamma and Delta."""

    line: str
    holds: str
    k: float
    gamma: int
    delta: float


CONVER = {
    "C1": Vector("aW1 1-5; aW2 7-15; bR2 4-8; cR2 9-12", "YYYYYYY", 1, 0, 0),
    "C2": Vector("aW1 1-5; aW2 7-15; bR2 4-8; cR1 9-12", "NYYYYYY", 2, 1, 1),
    "C3": Vector("aW1 1-3; bW2 4-5; aR1 6-7", "NNYYYYY", 2, 1, 1),
    "C4": Vector("aW1 1-2; bW2 1-2; aR1 4-6; bR2 4-6", "NNYYYYY", 2, 2, 2),
    "C5": Vector("aW1 1-2; bW2 3-4; aR1 5-6; aR2 7-8; bR2 9-10; bR1 11-12", "NNNYYYY", 2, 7, 7),
    "C6": Vector("aW1 1-3; aW2 5-7; bR2 9-12; bR1 13-15", "NNNNNYY", 2, 6, 6),
    "C7": Vector("aW1 1-3; aW2 5-7; bR2 3-6; bR1 8-11", "NNNNNYY", 2, 2, 2),
    "C8": Vector("aW1 1-3; aW2 5-7; aR1 9-12", "NNNNYYN", 2, 2, 2),
    "C9": Vector("bW1 1-3; cR1 4-7; cW2 8-11; aR2 8-11; aR1 12-14", "NNNNYNY", 2, 1, 1),
    "C10": Vector("bW2 1-2; aR0 3-5", "NNYYYYY", 2, 1, 1),
}
REGULAR_PER_READ = {"C4"}  # Conver asks for one order of the writes for all readers; read by read each is regular
OWN = {
    "O1": Vector("aW1 0-1; bR1 20-21; cW2 5-6; dR2 10-11", "N", 2, 9, 14),
    "O2": Vector("aW1 0-1; bR1 20-21; cW2 5-9", "N", 2, 4, 11),
    "O3": Vector("aW1 10-12; bR1 2-4", "N", inf, 6, inf),
    "O4": Vector("aW1 0-2; aW2 3-5; aW3 6-8; bR1 10-11", "N", 3, 2, 5),
    "O5": Vector("aW1 0-10; bW2 1-9; cR1 12-13; cR2 14-15", "N", 2, 3, 3),
}
PORCUPINE = {
    "P1": Vector("aW100 0-10; bR100 1-8; cR0 2-4", "Y", 1, 0, 0),
    "P2": Vector("aW200 0-10; bR200 1-3; cR0 4-6", "N", 2, 1, 1),
}
EVERY = CONVER | OWN | PORCUPINE
