"""What tests of queries say again and again."""

from typing import Any

import pytest

from consistency.emulator.values.messages import Message
from tests.contract.targets import CallError
from tests.emulator.talk import Filter, Talk, found_names, properties_of, upsert


def fill(store: Talk, **entities: object) -> None:
    """Entities of kind Kind, by name and value of property p."""
    store.commit(*(upsert(store.key("Kind", name), p=value) for name, value in entities.items()))


def pages(store: Talk, size: int, kind: str | None, *filters: Filter, **options: Any) -> list[list[str | int]]:
    """All results of a query, page by page, going on at each page's end cursor until a page is empty."""
    found: list[list[str | int]] = []
    cursor = b""
    while True:
        batch = store.query(kind, *filters, **options, limit=size, start=cursor)
        if not batch.entity_results:
            return found
        found.append(found_names(batch))
        cursor = batch.end_cursor


def rows(batch: Message) -> list[tuple[str | int, dict[str, object]]]:
    """Names and projected values."""
    return list(zip(found_names(batch), map(properties_of, batch.entity_results), strict=True))


def refused(store: Talk, kind: str | None = "Kind", *filters: Any, **options: Any) -> str:
    """The message with which a query is refused."""
    with pytest.raises(CallError) as refusal:
        store.query(kind, *filters, **options)
    assert refusal.value.code == "INVALID_ARGUMENT"
    return refusal.value.message
