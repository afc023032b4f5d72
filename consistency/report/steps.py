"""Steps: what a run's probes wait for, in the words of its workload.

A workload comes in, words go out, which every heading, caption and figure of a report takes from here: a deleted entity
does not become visible, it goes, and an update is seen by its new value or by the old one that is found no more.
"""

from dataclasses import dataclass
from typing import Final

from consistency.operation import Action
from consistency.report.material import Material
from consistency.workload import Workload


@dataclass(frozen=True)
class Step:
    """`done`: what an entity is when the wait is over; `seen`: what a reader has found then; `missed`: what the first
    attempt told otherwise; `writes`: what is waited for, in the plural."""

    done: str
    seen: str
    missed: str
    writes: str


VISIBLE: Final = Step("visible", "seen", "missed first attempt", "entities")
STEPS: Final = {
    Workload.UPDATE: Step("updated", "seen updated", "not updated for first attempt", "updates"),
    Workload.DELETE: Step("gone", "found gone", "still found by first attempt", "deleted entities"),
    Workload.RECREATE: Step("visible again", "seen again", "missed first attempt", "entities created again"),
}


def name_step(material: Material) -> Step:
    """The words of the run's workload."""
    return STEPS.get(material.plan.workload, VISIBLE)


def say_goal(material: Material, action: Action) -> str:
    """What a probe looks for where a run has several ways; "" where there is one."""
    if material.plan.workload is not Workload.UPDATE or action not in material.plan.probes:
        return ""
    absent = material.plan.wants_absence(action)
    return "until the old value is found no more" if absent else "until the new value is found"
