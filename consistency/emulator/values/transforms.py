"""Property transforms: what a commit computes from a property's present value, in the order in which they are listed.

An Entity message and a mutation's transforms come in; the entity is changed in place, and one result per transform
goes out: the property's new value, and null for the two that work on arrays.

Numbers are compared exactly, an integer with a double by value (3 equals 3.0), and NaN equals NaN; so an array holds
"the same" element once whichever way it is written.
"""

import math
from collections.abc import Callable, Iterable, Iterator

from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Message, Value
from consistency.emulator.values.properties import open_value

_REQUEST_TIME = 1
_INTEGER_MIN, _INTEGER_MAX = -(1 << 63), (1 << 63) - 1
_NUMBERS = {"integer_value", "double_value"}


def apply_transforms(entity: Message, transforms: Iterable[Message], now_us: int) -> Iterator[Message]:
    """Apply each transform to its property; `now_us` is the commit's time in microseconds since the epoch.

    A result must be copied before the next one is asked for: it is the property's value itself.
    """
    return (_apply_transform(entity, transform, now_us) for transform in transforms)


def count_transforms(transforms: Iterable[Message]) -> int:
    """How many a limit counts: every element of an array is one."""
    arrays = ("append_missing_elements", "remove_all_from_array")
    kinds = ((transform, transform.WhichOneof("transform_type")) for transform in transforms)
    return sum(len(getattr(transform, kind).values) if kind in arrays else 1 for transform, kind in kinds)


def _apply_transform(entity: Message, transform: Message, now_us: int) -> Message:
    kind = transform.WhichOneof("transform_type")
    if kind is None:
        raise invalid(f'The transform of property "{transform.property}" has no type.')
    value = open_value(entity, transform.property)
    if kind == "set_to_server_value":
        _set_request_time(transform, value, now_us)
        return value
    operand = getattr(transform, kind)
    if kind in _COMBINATIONS:
        _combine(_COMBINATIONS[kind], transform.property, value, operand)
        return value
    _change_array(value, operand.values, keep=kind == "append_missing_elements")
    return Value(null_value=0)


def _set_request_time(transform: Message, value: Message, now_us: int) -> None:
    if transform.set_to_server_value != _REQUEST_TIME:
        raise invalid(f'The server value of property "{transform.property}" is not REQUEST_TIME.')
    value.Clear()
    value.timestamp_value.seconds, rest_us = divmod(now_us, 1_000_000)
    value.timestamp_value.nanos = rest_us // 1000 * 1_000_000


def _combine(combine: Callable[[Message, Message], None], name: str, value: Message, operand: Message) -> None:
    if operand.WhichOneof("value_type") not in _NUMBERS:
        raise invalid(f'The operand for property "{name}" is neither an integer nor a double.')
    if value.WhichOneof("value_type") in _NUMBERS:
        combine(value, operand)
    else:
        value.CopyFrom(operand)


def _increment(value: Message, operand: Message) -> None:
    """Saturating for integers, IEEE 754 when either is a double."""
    total = _number(value) + _number(operand)
    if isinstance(total, int):
        value.integer_value = min(max(total, _INTEGER_MIN), _INTEGER_MAX)
    else:
        value.double_value = total


def _maximum(value: Message, operand: Message) -> None:
    if _is_nan(operand) or (not _is_nan(value) and _number(operand) > _number(value)):
        value.CopyFrom(operand)


def _minimum(value: Message, operand: Message) -> None:
    if _is_nan(operand) or (not _is_nan(value) and _number(operand) < _number(value)):
        value.CopyFrom(operand)


def _number(value: Message) -> int | float:
    number: int | float = getattr(value, value.WhichOneof("value_type"))
    return number


def _is_nan(value: Message) -> bool:
    return value.WhichOneof("value_type") == "double_value" and math.isnan(value.double_value)


def _change_array(value: Message, elements: Iterable[Message], *, keep: bool) -> None:
    """Append what is missing (`keep`), or remove every element that is given."""
    held = list(value.array_value.values)
    if value.WhichOneof("value_type") != "array_value":
        value.Clear()
        value.array_value.SetInParent()
    if keep:
        present = {_identity(element) for element in held}
        for element in elements:
            if _identity(element) not in present:
                present.add(_identity(element))
                value.array_value.values.add().CopyFrom(element)
        return
    removed = {_identity(element) for element in elements}
    kept = [element for element in held if _identity(element) not in removed]
    del value.array_value.values[:]
    value.array_value.values.extend(kept)


def _identity(value: Message) -> tuple[str, object]:
    """What makes two elements the same: numbers by value, all else by type and content."""
    kind = value.WhichOneof("value_type")
    if kind in _NUMBERS:
        return ("number", "nan" if _is_nan(value) else _number(value))
    bare = Value()
    bare.CopyFrom(value)
    bare.ClearField("exclude_from_indexes")
    bare.ClearField("meaning")
    return (kind or "", bare.SerializeToString(deterministic=True))


_COMBINATIONS: dict[str, Callable[[Message, Message], None]] = {
    "increment": _increment,
    "maximum": _maximum,
    "minimum": _minimum,
}
