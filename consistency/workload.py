"""Workloads: what the writers do to entities, as a plan asks for it.

A lifecycle is the mutations of one entity, one `age` apart; the last of them is what readers look for:

    update      write --- age --- update                revision 1, then 2
    delete      write --- age --- delete                seen when the entity is found no more
    recreate    write --- age --- delete --- age --- write

The others are transactions over a few keys, which nobody probes: their own reads and writes are judged.
"""

from enum import StrEnum
from typing import Final

from consistency.operation import Action


class Workload(StrEnum):
    """What is written."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RECREATE = "recreate"
    COUNTER = "counter"  # read a number, write one more
    LIST_APPEND = "list_append"  # read lists, append to some
    BANK = "bank"  # move money between accounts, and look at all of them

    @property
    def is_transactional(self) -> bool:
        """Whether it is transactions over a few keys."""
        return self not in LIFECYCLES


LIFECYCLES: Final[dict[Workload, tuple[Action, ...]]] = {
    Workload.CREATE: (Action.WRITE,),
    Workload.UPDATE: (Action.WRITE, Action.UPDATE),
    Workload.DELETE: (Action.WRITE, Action.DELETE),
    Workload.RECREATE: (Action.WRITE, Action.DELETE, Action.WRITE),
}
