"""Injected faults: what a test lets go wrong with the calls of its own client, and until when.

The words of `inject` come in, by Python or HTTP; from then on calls that meet the fault have its effect, until it is
relieved, has lasted for long enough, or has been met so many times. A plan's faults are not among them: they lie on the
client's side of the wire, because a plan's target may be a service that takes no orders.
"""

import asyncio
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from itertools import count
from random import Random
from typing import TypeVar

from consistency.delays import parse_delay
from consistency.durations import parse_duration_ns
from consistency.emulator.service.effects import EFFECTS, Fault, Go, Reply
from consistency.emulator.status import invalid

Words = Mapping[str, object]
DELAYED = frozenset({"latency", "duplicate_delivery"})
Parsed = TypeVar("Parsed")
METHODS = {
    "lookup": "Lookup",
    "run_query": "RunQuery",
    "run_aggregation_query": "RunAggregationQuery",
    "commit": "Commit",
    "begin_transaction": "BeginTransaction",
    "rollback": "Rollback",
    "allocate_ids": "AllocateIds",
    "reserve_ids": "ReserveIds",
}


class Faults:
    """The active faults of one emulator by their numbers; without any, `active` is empty and a call costs no more."""

    def __init__(self, seed: int) -> None:
        self.active: dict[int, Fault] = {}
        self._seed = seed
        self._numbers = count(1)

    def meet(self, path: str, client: str, go: Go) -> Reply:
        """What becomes of a client's call of the method at `path`; the fault that was injected last is met first."""
        name = path.rpartition("/")[2]
        for number, fault in list(self.active.items()):
            if fault.rpc not in {"", name} or fault.client not in {"", client}:
                continue
            if fault.share >= 1 or fault.random.random() < fault.share:
                go = partial(EFFECTS[fault.kind], fault, go)
                self._count(number, fault)
        return go()

    def inject(self, words: Words) -> dict[str, object]:
        """Begin a fault, and tell its number; ServiceError where a word does not fit."""
        number = next(self._numbers)
        fault, lasts_ns = _read_fault(words, Random(f"{self._seed}/fault/{number}"))
        self.active[number] = fault
        if lasts_ns:
            asyncio.get_running_loop().call_later(lasts_ns / 1e9, self._end, number)
        return {"fault": number}

    def relieve(self, words: Words) -> dict[str, object]:
        """End the fault with the number, or without one all; one that is over already is no mistake."""
        named = words.get("fault")
        if named is not None and type(named) is not int:
            raise invalid("fault must be the number that inject told.")
        for number in list(self.active) if named is None else [named]:
            self._end(number)
        return {}

    def _count(self, number: int, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._end(number)

    def _end(self, number: int) -> None:
        fault = self.active.pop(number, None)
        if fault is not None:
            fault.over.set()


def _read_fault(words: Words, random: Random) -> tuple[Fault, int]:
    kind, rpc = _choose(words, "kind", EFFECTS), _choose(words, "rpc", METHODS, "")
    share, times, client = words.get("share", 1.0), words.get("times"), words.get("client", "")
    if kind == "pause" and words.keys() - {"kind", "lasts"}:
        raise invalid("a pause is of all calls: it takes lasts and nothing else.")
    if kind == "latency" and "delay" not in words:
        raise invalid("latency needs a delay, such as 200ms or uniform:0,1s.")
    if "delay" in words and kind not in DELAYED:
        raise invalid(f"{kind} has no delay: {' and '.join(sorted(DELAYED))} have one.")
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise invalid("share must be a number above 0 and up to 1.")
    if times is not None and (type(times) is not int or times < 1):
        raise invalid("times must be a whole number from 1.")
    if not isinstance(client, str):
        raise invalid("client must be the name that a client gives itself in x-client.")
    delay, lasts_ns = _parse(parse_delay, words, "delay"), _parse(parse_duration_ns, words, "lasts")
    return Fault(kind, METHODS.get(rpc, ""), share, times, delay, random, client), lasts_ns


def _choose(words: Words, word: str, known: Mapping[str, object], default: str | None = None) -> str:
    chosen = words.get(word, default)
    if isinstance(chosen, str) and (chosen in known or chosen == default):
        return chosen
    near = get_close_matches(str(chosen), known, 1)
    raise invalid(f"{word} must be one of {', '.join(known)}" + (f"; did you mean {near[0]}?" if near else "."))


def _parse(parse: Callable[[str], Parsed], words: Words, word: str) -> Parsed:
    try:
        return parse(str(words.get(word, "0")))
    except ValueError as error:
        raise invalid(f"{word}: {error}.") from error


INJECTING: dict[str, tuple[Callable[[Faults, Words], dict[str, object]], tuple[str, ...]]] = {  # and the words it knows
    "inject": (Faults.inject, ("kind", "rpc", "share", "times", "delay", "lasts", "client")),
    "relieve": (Faults.relieve, ("fault",)),
}
