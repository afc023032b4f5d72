"""Fuzzing: inputs that no client would send, at the wire and at the service; nothing may crash, hang or grow.

Six kinds of input take turns: noise and mutated dialogues of HTTP/2; noise, mutated requests and mutated JSON of
HTTP/1.1; mutated messages and noise straight to the RPCs. All that is drawn comes from the seed, and every thousandth
input the emulator is emptied and the chance begins anew: `python -m benchmarks.fuzz 1000 SEED FIRST` repeats the
thousand from FIRST on.

Transports that go nowhere carry the bytes: a hundred thousand connections would measure the kernel. What an input may
cause is an error to whoever sent it; what else is raised, is logged as a bug of ours or stays open is a failure.
"""

import asyncio
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Self

from benchmarks.hostile import KINDS, Target
from benchmarks.rounds import Size, ask_child
from benchmarks.tables import Goal, Row, Table
from consistency import clock
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings

INPUTS = 102_000
SEED = 7
BLOCK = 1_000  # inputs between two beginnings
WARM_BLOCKS = 10  # after which caches of bounded size are full
HANG_S = 10
SLOW_MS = 1_000.0
GROWTH_MIB = 8.0
HOUR_S = 3_600.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Complaints(logging.Handler):
    """What this thread logged as a bug of ours, from `with` to its end."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []
        self.addFilter(lambda record: record.thread == threading.get_ident())

    def __enter__(self) -> Self:
        logging.getLogger("consistency").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("consistency").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the error's own words."""
        error = record.exc_info[1] if record.exc_info else None
        self.texts.append(f"{record.getMessage()}: {error!r}")


async def fuzz(inputs: int, seed: int, first: int) -> dict[str, Any]:
    """All inputs; what failed, how long each kind took, the slowest, and what memory grew by once it was warm."""
    with Complaints() as complaints:
        return await send_inputs(inputs, seed, first, complaints)


async def send_inputs(inputs: int, seed: int, first: int, complaints: Complaints) -> dict[str, Any]:
    """What `fuzz` answers; complaints are heard already."""
    ticker = clock.Clock.starting_now()
    service = Service(Settings(), ticker.now_ns, lambda: ticker.now_ns() + ticker.origin_wall_ns)
    target, chance = Target(service), Random(seed)
    failures: list[str] = []
    spent_s: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    slowest_s, warm_bytes = 0.0, 0
    names = list(KINDS)
    for number in range(first, first + inputs):
        if number % BLOCK == 0:
            await asyncio.sleep(HOUR_S)  # nothing waits any longer, and the loop forgets the timers that were cancelled
            service.reset()
            chance.seed(f"{seed}/{number}")
            warm_bytes = read_memory() if number - first <= WARM_BLOCKS * BLOCK else warm_bytes
        name = names[number % len(names)]
        begun_s = time.perf_counter()
        failure = await try_input(partial(KINDS[name], target, chance), target, complaints)
        took_s = time.perf_counter() - begun_s
        spent_s[name] += took_s
        slowest_s = max(slowest_s, took_s)
        if failure is not None:
            failures.append(f"input {number} ({name}): {failure}")
    await asyncio.sleep(HOUR_S)
    service.reset()
    growth_mib = (read_memory() - warm_bytes) / 2**20
    each_us = {name: took_s * 1e6 * len(KINDS) / inputs for name, took_s in spent_s.items()}
    return {"failures": failures, "each_us": each_us, "slowest_ms": slowest_s * 1e3, "growth_mib": growth_mib}


async def try_input(send: Callable[[], Awaitable[None]], target: Target, complaints: Complaints) -> str | None:
    """What went wrong with one input, if anything did."""
    complaints.texts.clear()
    signal.alarm(HANG_S)
    try:
        await send()
    except Exception as error:  # noqa: BLE001 - any error at all is what this program looks for
        return repr(error)
    finally:
        signal.alarm(0)
    if len(target.peers):
        return "a connection is left"
    return complaints.texts[0] if complaints.texts else None


def read_memory() -> int:
    """Bytes of this process in memory, after what can be freed was freed."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def measure(size: Size) -> Table:
    """A fresh process that sends all inputs: what each kind took, and whether anything went wrong."""
    inputs = size.of(INPUTS)
    found = ask_child("benchmarks.fuzz", inputs, SEED, 0)
    rows = [Row(f"{name}, each", inputs // len(KINDS), [each_us], "us") for name, each_us in found["each_us"].items()]
    rows += [
        Row("failures", inputs, [len(found["failures"])], "", goal=Goal(0)),
        Row("the slowest input", inputs, [found["slowest_ms"]], "ms", goal=Goal(SLOW_MS)),
        Row("growth of memory once warm", inputs, [found["growth_mib"]], "MiB", goal=Goal(GROWTH_MIB)),
    ]
    return Table.of("Inputs that no client would send", rows, *found["failures"][:20])


def _give_up(_number: int, _frame: object) -> None:
    raise TimeoutError(f"an input took more than {HANG_S} s")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, _give_up)
    print(json.dumps(clock.run(fuzz(*map(int, sys.argv[1:4])), virtual=True)))
