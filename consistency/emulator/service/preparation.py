"""Requests understood once: whoever polls sends the same bytes again and again.

What a request comes to depends on its bytes alone, never on what is stored; so it may be remembered. Only short
requests are, so that the memory stays small.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

Prepared = TypeVar("Prepared")
_REMEMBERED = 512
_SHORT_BYTES = 4096


def prepare_once(prepare: Callable[[bytes], Prepared]) -> Callable[[bytes], Prepared]:
    """`prepare` with a memory of its latest results, which must not be changed by those who get them."""
    remember = lru_cache(maxsize=_REMEMBERED)(prepare)
    return lambda data: remember(data) if len(data) <= _SHORT_BYTES else prepare(data)
