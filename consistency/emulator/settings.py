"""What an emulator is asked to be: the consistency model and its delays.

Texts come in as a plan or a command line has them; the models read them. Which models exist is known by `models`.
"""

from dataclasses import dataclass

from consistency.delays import parse_delay


@dataclass(frozen=True)
class Settings:
    """One emulator's behaviour; ValueError in one sentence when a delay cannot be read.

    `apply_a` is the time from a commit until eventual reads see entity bodies, `apply_b` the further time until global
    queries see index rows; both are texts for `consistency.delays.parse_delay`. `seed` drives every draw.
    """

    model: str = "strong"
    apply_a: str = "0"
    apply_b: str = "0"
    seed: int = 0

    def __post_init__(self) -> None:
        parse_delay(self.apply_a)
        parse_delay(self.apply_b)
