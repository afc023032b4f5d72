"""The law of a coin: how many attempts it would take, if each tossed one of its own.

Material comes in, shares go out. Some stores are late by chance and not by time: a read sees what is not applied yet
with a certain probability. Then the number of attempts follows the geometric law, and the chart of the attempts shows
it beside what was counted. Where other reads' tosses count too, or the store settles after a while, it departs from it.
"""

from consistency.analysis.calibration import STRONG_READS
from consistency.operation import Action
from consistency.parameters import PARAMETERS
from consistency.report.material import Material
from consistency.target import Backend

_COINS = ("per_read", "job_policy")


def find_coin(material: Material, action: Action) -> float | None:
    """The probability with which one attempt of `action` sees a write; None where no coin decides."""
    target = material.plan.target
    if action in STRONG_READS:
        return None
    if target.backend is Backend.EMBEDDED:
        model, parameters = target.effective
        return float(parameters.get("consistency", PARAMETERS["consistency"].default)) if model in _COINS else None
    return target.consistency


def expect_share(coin: float, least: int, most: int | None) -> float:
    """The share of entities whose first hit is one of the attempts `least` ... `most` (None: or any later one)."""
    missed = 1 - coin
    return missed ** (least - 1) - (0 if most is None else missed**most)
