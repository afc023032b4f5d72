"""Steps: what one operation of another tool's history reads and writes.

The name and the value of an operation come in, Micros go out. Values are numbers to us; a value that is none gets one,
the same each time it comes.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from consistency.errors import ConsistencyError
from consistency.operation import Micro, Outcome, Verb

FIRST: Final = 1 << 40  # numbers for what is no number, or none below this: far from those that are
_ELEMENT: Final = re.compile(r"x \d+ \d+ y")  # what clients append to the strings of Porcupine's stores
MISMATCH: Final = "mismatch"  # what a failed cas says besides: that it found another value
_REGISTER: Final = "x"  # the name of a register that has none


class Numbering(dict[str, int]):
    """Numbers texts in the order in which they first come."""

    def number(self, value: Any) -> int | None:
        """The number of `value`; None for «nothing»."""
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < FIRST):
            return value
        return self.setdefault(str(value), FIRST + len(self))


def read_steps(
    name: str, value: Any, more: Mapping[str, Any], outcome: Outcome, numbering: Numbering, *, keyed: bool
) -> tuple[tuple[Micro, ...], Outcome]:
    """The steps of one operation, and its outcome; none where it says nothing. `more`: what else its lines say. A cas
    that failed did not happen; where it says that it found another value, that is an answer."""
    if name == "txn":
        return tuple(_read_step(step, numbering) for step in value or ()), outcome
    if name in {"get", "put", "append"}:
        return _read_text(name, str(more.get("key", _REGISTER)), value, outcome, numbering), outcome
    key, value = (str(value[0]), value[1]) if keyed else (_REGISTER, value)
    return _read_register(name, key, value, outcome, numbering, mismatch=bool(more.get(MISMATCH)))


def _read_step(step: Any, numbering: Numbering) -> Micro:
    try:
        verb, key, value = step
        listed = isinstance(value, tuple | list)
        number = tuple(numbering.number(each) or 0 for each in value) if listed else numbering.number(value)
        return Micro(Verb(str(verb)), str(key), number)
    except (TypeError, ValueError) as error:
        raise ConsistencyError(f"This is no step of a transaction: {step}. Write [:r k v], [:w k v] or ...") from error


def _read_register(
    name: str, key: str, value: Any, outcome: Outcome, numbering: Numbering, *, mismatch: bool
) -> tuple[tuple[Micro, ...], Outcome]:
    if name == "read":
        return (Micro(Verb.READ, key, numbering.number(value)),) if outcome is Outcome.OK else (), outcome
    if name == "write":
        return (Micro(Verb.WRITE, key, numbering.number(value)),), outcome
    if name != "cas" or not isinstance(value, tuple | list) or len(value) != 2:
        raise ConsistencyError(f"This is no operation on a register: {name} {value}. They are read, write and cas.")
    asked, written = map(numbering.number, value)
    if outcome is Outcome.FAIL and mismatch:
        return (Micro(Verb.OTHER, key, asked),), Outcome.OK
    found = Verb.IF if outcome is Outcome.INFO else Verb.READ
    return (Micro(found, key, asked), Micro(Verb.WRITE, key, written)), outcome


def _read_text(name: str, key: str, value: Any, outcome: Outcome, numbering: Numbering) -> tuple[Micro, ...]:
    """Strings that grow are lists of what was appended."""
    if name == "put":
        return (Micro(Verb.WRITE, key, numbering.number(value)),)
    if name == "append":
        return (Micro(Verb.APPEND, key, numbering.number(value)),)
    if outcome is not Outcome.OK:
        return ()
    if not isinstance(value, str | None):
        return (Micro(Verb.READ, key, numbering.number(value)),)
    elements = tuple(numbering.number(each) or 0 for each in _ELEMENT.findall(value or ""))
    if value and "".join(_ELEMENT.findall(value)) != value:
        return (Micro(Verb.READ, key, numbering.number(value)),)
    return (Micro(Verb.READ, key, elements),)
