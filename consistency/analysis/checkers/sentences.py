"""Sentences about operations: how a witness is told in words.

Operations and versions come in, parts of sentences go out. They name who did what and by how much, not every instant:
the instants stand in the witness and in its picture.
"""

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.registers import BEFORE_ALL, Registers
from consistency.durations import NS_PER_S
from consistency.history import NEVER, History

_NS_PER_MS = NS_PER_S // 1000


def name_value(value: int) -> str:
    """What a value is called."""
    return "its absence" if value == ABSENT else f"revision {value}"


def name_write(value: int) -> str:
    """What the write of a value is called."""
    return "its deletion" if value == ABSENT else f"the write of revision {value}"


def say_duration(ns: int) -> str:
    """A duration in seconds, or in milliseconds like all others of a report; three digits or more."""
    scale, unit = (NS_PER_S, "s") if abs(ns) >= NS_PER_S else (_NS_PER_MS, "ms")
    number = ns / scale
    if abs(number) >= 100 or number == int(number):
        return f"{number:,.0f} {unit}"
    return f"{number:.3g} {unit}" if abs(number) >= 0.001 else f"{number:.6f} {unit}"


def say_read(history: History, registers: Registers, read: int) -> str:
    """Who read what of which item: «reader read revision 1 of a», «reader did not find a»."""
    reads = registers.reads
    process = history.processes[reads.process[read]]
    if reads.value[read] == ABSENT:
        return f"{process} did not find {registers.names[reads.item[read]]}"
    return f"{process} read {name_value(int(reads.value[read]))} of {registers.names[reads.item[read]]}"


def say_age(registers: Registers, write: int, read: int) -> str:
    """How long before a read a write had ended, as far as that is known: «35 ms earlier», «just before» if less than a
    microsecond, which on virtual time is the nanosecond by which what follows begins later."""
    finish_ns = int(registers.writes.finish_ns[write])
    if finish_ns in {NEVER, BEFORE_ALL}:
        return ""
    age_ns = int(registers.reads.start_ns[read]) - finish_ns
    return "just before" if 0 <= age_ns < NS_PER_S // 1_000_000 else f"{say_duration(age_ns)} earlier"
