"""Definitions, word by word and as slow as they come: what the checkers are compared with.

Calls of one small history come in; verdicts and scores go out. Nothing here is shared with the checkers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf
from typing import NamedTuple

from tests.analysis.checkers.notation import Op

Order = Sequence["Span"]


class Span(NamedTuple):
    """A call of one item; the first write of 0 lies before all time."""

    process: str
    writes: bool
    value: int
    start: float
    finish: float


def take_spans(ops: Iterable[Op], item: str = "x") -> list[Span]:
    """The calls of `item`, and its first write; reads without an answer are dropped."""
    spans = [Span("", writes=True, value=0, start=-inf, finish=-inf)]
    for op in ops:
        if op.item == item and (op.verb != "R" or op.finish is not None):
            finish = inf if op.finish is None else op.finish
            value = 0 if op.verb == "D" else op.value
            spans.append(Span(op.process, op.verb != "R", value, op.start, finish))
    return finish_seen(spans)


def finish_seen(spans: Sequence[Span]) -> list[Span]:
    """A write without an answer has finished when the first read of its value has."""
    done = []
    for span in spans:
        sights = [read.finish for read in spans if not read.writes and read.value == span.value]
        seen = span.writes and span.finish == inf and sights
        done.append(span._replace(finish=max(min(sights), span.start)) if seen else span)
    return done


def linear_orders(spans: Sequence[Span], legal: Callable[[Order], bool]) -> Iterator[Order]:
    """Every order in which a call that had finished before another began stands before it, and whose beginnings are
    all `legal`."""
    yield from _extend((), tuple(spans), legal)


def _extend(order: tuple[Span, ...], left: tuple[Span, ...], legal: Callable[[Order], bool]) -> Iterator[Order]:
    if not left:
        yield order
    for place, span in enumerate(left):
        rest = (*left[:place], *left[place + 1 :])
        extended = (*order, span)
        if not any(other.finish < span.start for other in rest) and legal(extended):
            yield from _extend(extended, rest, legal)


def is_k_atomic(spans: Sequence[Span], k: int) -> bool:
    """Whether in some order each read returns one of the k newest writes before it."""
    orders = linear_orders(drop_unseen(spans), lambda order: answers_newest(order, k))
    return next(orders, None) is not None


def answers_newest(order: Order, k: int) -> bool:
    """Whether the last call of an order is a write, or a read of one of the k newest writes before it."""
    *before, last = order
    return last.writes or last.value in [span.value for span in before if span.writes][-k:]


def drop_unseen(spans: Sequence[Span]) -> list[Span]:
    """Writes without an answer that nobody saw need not have happened."""
    return [span for span in spans if not (span.writes and span.finish == inf)]


def find_k(spans: Sequence[Span]) -> float:
    """The smallest k, infinite where there is none."""
    writes = sum(span.writes for span in spans)
    return next((k for k in range(1, writes + 1) if is_k_atomic(spans, k)), inf)


def newer(u: Span, v: Span) -> bool:
    """Whether u surely replaced v."""
    return v.finish < u.start


def missed(read: Span, spans: Sequence[Span]) -> list[Span]:
    """The writes newer than what was read that had finished before the read began."""
    source = find_source(read, spans)
    return [u for u in spans if source and u.writes and newer(u, source) and u.finish < read.start]


def find_source(read: Span, spans: Sequence[Span]) -> Span | None:
    """Who wrote what was read; values are unique here."""
    return next((span for span in spans if span.writes and span.value == read.value), None)


def is_regular(read: Span, spans: Sequence[Span]) -> bool:
    """Whether a read returns what was last written before it, or something being written."""
    source = find_source(read, spans)
    return source is not None and source.start <= read.finish and not missed(read, spans)


def is_safe(read: Span, spans: Sequence[Span]) -> bool:
    """Whether a read that overlaps no write is regular."""
    overlaps = any(w.writes and w.start <= read.finish and w.finish >= read.start for w in spans)
    return overlaps or is_regular(read, spans)


def is_inverted(read: Span, spans: Sequence[Span]) -> bool:
    """Whether an earlier read had returned a newer version."""
    source = find_source(read, spans)
    earlier = [r for r in spans if not r.writes and r.finish < read.start]
    sources = [find_source(r, spans) for r in earlier]
    return source is not None and any(
        other is not None and newer(other, source) and other.start <= r.finish
        for r, other in zip(earlier, sources, strict=True)
    )


def shift(spans: Sequence[Span], start: float, finish: float, *, reads_only: bool) -> list[Span]:
    """All calls begun earlier by `start` and ended later by `finish`."""
    return [
        span if reads_only and span.writes else span._replace(start=span.start - start, finish=span.finish + finish)
        for span in spans
    ]


def find_gamma(spans: Sequence[Span], limit: int) -> float:
    """The smallest whole shift, half at each end, that makes the history linearizable."""
    return next((g for g in range(limit) if is_k_atomic(shift(spans, g / 2, g / 2, reads_only=False), 1)), inf)


def find_delta(spans: Sequence[Span], limit: int) -> float:
    """The smallest shift of reads' starts that does."""
    return next((d for d in range(limit) if is_k_atomic(shift(spans, d, 0, reads_only=True), 1)), inf)
