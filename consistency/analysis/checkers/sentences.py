"""Sentences about operations: how a witness is told in words.

Operations and versions come in, parts of sentences go out. They name who did what and by how much, not every instant:
the instants stand in the witness and in its picture.
"""

from consistency.analysis.checkers.calls import ABSENT
from consistency.analysis.checkers.registers import BEFORE_ALL, Registers
from consistency.durations import NS_PER_S
from consistency.history import NEVER, History

_UNITS = ((NS_PER_S, "s"), (NS_PER_S // 1000, "ms"), (NS_PER_S // 1_000_000, "us"), (1, "ns"))


def name_value(value: int) -> str:
    """What a value is called."""
    return "«absent»" if value == ABSENT else f"revision {value}"


def say_duration(ns: int) -> str:
    """A duration with the unit that suits it; three digits or more."""
    scale, unit = next((pair for pair in _UNITS if abs(ns) >= pair[0]), _UNITS[-1])
    number = ns / scale
    return f"{number:,.0f} {unit}" if number >= 100 or number == int(number) else f"{number:.3g} {unit}"


def say_read(history: History, registers: Registers, read: int) -> str:
    """Who read what of which item: «reader read revision 1 of a»."""
    reads = registers.reads
    process = history.processes[reads.process[read]]
    return f"{process} read {name_value(int(reads.value[read]))} of {registers.names[reads.item[read]]}"


def say_age(registers: Registers, write: int, read: int) -> str:
    """How long before a read a write had ended, as far as that is known: « 35 ms before»."""
    finish_ns = int(registers.writes.finish_ns[write])
    if finish_ns in {NEVER, BEFORE_ALL}:
        return ""
    return f"{say_duration(int(registers.reads.start_ns[read]) - finish_ns)} earlier"
