"""What a mutation may carry beside its entity: a property mask, transforms, conflict detection."""

from consistency.emulator.values.messages import Message
from tests.emulator.talk import set_value


def masked(mutation: Message, *paths: str) -> Message:
    """The mutation with a property mask."""
    mutation.property_mask.paths.extend(paths)
    mutation.property_mask.SetInParent()
    return mutation


def transformed(mutation: Message, **transforms: tuple[str, object]) -> Message:
    """The mutation with property transforms: n=("increment", 1); for arrays a list, for the request time None."""
    for name, (kind, operand) in transforms.items():
        transform = mutation.property_transforms.add(property=name.replace("__", "."))
        if kind == "set_to_server_value":
            transform.set_to_server_value = 1
        elif isinstance(operand, list):
            getattr(transform, kind).SetInParent()
            for element in operand:
                set_value(getattr(transform, kind).values.add(), element)
        else:
            set_value(getattr(transform, kind), operand)
    return mutation


def based(mutation: Message, version: int | None = None, *, update_time: Message | None = None, fail: bool = False
) -> Message:  # fmt: skip
    """The mutation with conflict detection by base_version or update_time."""
    if version is not None:
        mutation.base_version = version
    if update_time is not None:
        mutation.update_time.CopyFrom(update_time)
    if fail:
        mutation.conflict_resolution_strategy = 3
    return mutation
