"""Conflict detection of a mutation: the version or update time that its sender has seen, against what is stored.

    stored              base_version                     update_time
    an entity           equal to its version             equal to its update time
    nothing             0, or since when it is absent    never fits

A version is a commit's time in microseconds, so both questions are one. A version that a lookup told of a missing
entity still fits while nobody has written it since. What does not fit skips the mutation (SERVER_VALUE) or ends the
whole commit (FAIL: FAILED_PRECONDITION, as Google's emulators have it).
"""

from consistency.emulator.engine.log import Version
from consistency.emulator.service.state import State
from consistency.emulator.status import Code, ServiceError, invalid
from consistency.emulator.values.keys import PartitionId
from consistency.emulator.values.messages import Message

Place = tuple[PartitionId, bytes]
_FAIL = 3


def detect_conflict(
    state: State,
    mutation: Message,
    operation: str,
    place: Place,
    stored: Version | None,
    expected: dict[Place, tuple[str, int]],
    result: Message,
) -> bool:
    """Whether the mutation is to be skipped; FAILED_PRECONDITION where it asks to fail.

    `result` has a key if the mutation had an incomplete one. `expected` collects what the mutations of the commit
    expect of each place, which must be the same for all of one place.
    """
    strategy = mutation.WhichOneof("conflict_detection_strategy")
    if strategy is None:
        if mutation.conflict_resolution_strategy:
            raise invalid("A conflict_resolution_strategy needs a base_version or an update_time.")
        return False
    wanted = mutation.base_version if strategy == "base_version" else _time_us(mutation.update_time)
    if result.HasField("key"):
        raise invalid(f"The {strategy} of a mutation needs a complete key.")
    _check_form(operation, strategy, wanted, stored)
    if expected.setdefault(place, (strategy, wanted)) != (strategy, wanted):
        raise invalid(f"The mutations of one entity have different values of {strategy}.")
    if _fits(state, strategy, wanted, stored):
        return False
    if mutation.conflict_resolution_strategy == _FAIL:
        number = 0 if stored is None or stored.body is None else stored.number
        message = f"the stored version ({number}) does not match the required {strategy.replace('_', ' ')} ({wanted})"
        raise ServiceError(Code.FAILED_PRECONDITION, message)
    return True


def _check_form(operation: str, strategy: str, wanted: int, stored: Version | None) -> None:
    if strategy == "update_time":
        return
    if wanted < 0:
        raise invalid("The base_version of a mutation is negative.")
    if operation == "insert" and wanted > 0:
        raise invalid("The base_version of an insert can only be 0.")
    if operation == "update" and wanted == 0:
        raise invalid("The base_version of an update cannot be 0.")
    if stored is not None and stored.body is not None and wanted > stored.number:
        raise invalid("The base_version of the mutation is above that of the stored entity.")


def _fits(state: State, strategy: str, wanted: int, stored: Version | None) -> bool:
    if stored is not None and stored.body is not None:
        return wanted == stored.number
    if strategy == "update_time":
        return False
    absent_since = stored.number if stored is not None else state.engine.forgotten
    return wanted == 0 or wanted >= absent_since


def _time_us(stamp: Message) -> int:
    return int(stamp.seconds * 1_000_000 + stamp.nanos // 1000)
