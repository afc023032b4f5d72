"""Matches: what reads found of what they asked for, where a query asks for an entity by one revision's value.

A history comes in, a finding for each goes out:

    stale match   a query found an entity by a value that it has no more: its body says so, or a newer write had ended
    missing       a read did not find what surely was there from its beginning to its end

    write 1 [==]   write 2 [==]      query for 1: found [==]        the index still has the old row: a stale match
                                     query for 2: nothing [==]      the new row is missing
"""

from dataclasses import replace

import numpy as np

from consistency.analysis.checkers.calls import ABSENT, IS_QUERY, Calls, gather_answers
from consistency.analysis.checkers.conclusions import Evidence, conclude, witness
from consistency.analysis.checkers.places import NOWHERE, Instants, highest_so_far, take
from consistency.analysis.checkers.registers import Registers
from consistency.analysis.checkers.sentences import say_duration
from consistency.analysis.checkers.sources import find_sources
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.series import Mask
from consistency.history import ACTIONS, NEVER, Column, History
from consistency.operation import Action

_ORDERED = ACTIONS.index(Action.ORDERED_QUERY)  # the one query that does not ask by a value


def check_stale_match(history: History, clock_bound_ns: int = 0) -> Finding:
    """Queries that returned an entity for a value which it has not, or which a later write had surely replaced."""

    def rule(history: History, registers: Registers) -> Evidence:
        asked, index_stale, missed = _find_replaced(history, registers)
        differs = history.seen[asked.row] != asked.value
        guilty = np.flatnonzero(differs | index_stale)

        def build(number: int) -> Anomaly:
            query = int(guilty[number])
            newer = NOWHERE if differs[query] else int(missed[query])
            return _tell_match(history, registers, asked, query, newer)

        anomalies = Anomalies(len(guilty), build, asked.row[guilty])
        return Evidence(len(asked), len(asked), anomalies, "queries that found something")

    return conclude("stale_match", history, clock_bound_ns, rule)


def check_missing(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads that did not find a revision that surely was the item's: its write had ended before they began, and no
    other write that could have replaced it had begun before they ended."""

    def rule(history: History, registers: Registers) -> Evidence:
        asked, source, certain = _find_certain(history, registers)
        guilty = np.flatnonzero(certain & (history.seen[asked.row] == 0))

        def build(number: int) -> Anomaly:
            read, write = int(asked.row[guilty[number]]), int(registers.writes.row[source[guilty[number]]])
            ops = history[min(read, write)], history[max(read, write)]
            told = f"{history[read].process} did not find revision {history[write].revision} of {ops[0].item.name}, "
            told += f"whose write had ended{_say_age(asked, int(guilty[number]), registers, source[guilty[number]])}, "
            return Anomaly("missing", ops[0].item, ops, f"{told}and nothing had replaced it.")

        anomalies = Anomalies(len(guilty), build, asked.row[guilty])
        return Evidence(len(asked), int(certain.sum()), anomalies, "reads of what surely was there")

    return conclude("missing", history, clock_bound_ns, rule)


def _find_replaced(history: History, registers: Registers) -> tuple[Calls, Mask, Column]:
    """The queries that found something, by the revision that they asked for; whether a newer write had ended before
    they began; and which."""
    reads = registers.reads
    by_value = IS_QUERY[history.action[reads.row]] & (history.action[reads.row] != _ORDERED)
    hits = reads.pick(by_value & (reads.value != ABSENT))
    asked = replace(hits, value=_asked(history, hits))
    source = find_sources(registers.writes, asked).write
    finished, which = registers.overwritten
    replaced: Mask = take(finished, source, NEVER) < registers.instants.place(hits.item, hits.start_ns)
    return asked, replaced, take(which, source, NOWHERE)


def _asked(history: History, calls: Calls) -> Column:
    """The revision that each read asked for; what it saw where it did not say."""
    asked = history.revision[calls.row]
    return np.where(asked > 0, asked, calls.value)


def _find_certain(history: History, registers: Registers) -> tuple[Calls, Column, Mask]:
    """All reads of entities by the revision that they asked for, that revision's write, and whether the item surely had
    it from the beginning to the end of the read: the write had ended before, and every other that had begun is older.

    Of the writes of an item, by start, only the last that had begun can be newer than all others.
    """
    writes, reads = registers.writes, gather_answers(history)
    reads.start_ns[:] -= registers.bound_ns
    asked = replace(reads, value=history.revision[reads.row])
    source = find_sources(writes, asked).write
    instants = Instants.of(registers.items, writes.start_ns, writes.finish_ns, reads.start_ns, reads.finish_ns)
    starts = instants.place(writes.item, writes.start_ns)
    last = np.searchsorted(starts, instants.place(reads.item, reads.finish_ns), side="right") - 1
    ended = take(instants.rank(writes.finish_ns), source, NEVER) < instants.rank(reads.start_ns)
    others = take(highest_so_far(registers.newer), last - 1, NOWHERE)
    certain: Mask = (source >= 0) & (source == last) & ended & (others < take(registers.older, source, NOWHERE))
    return asked, source, certain & (asked.value > 0)


def _tell_match(history: History, registers: Registers, asked: Calls, query: int, newer: int) -> Anomaly:
    row, item = int(asked.row[query]), int(asked.item[query])
    process, revision = history[row].process, int(asked.value[query])
    if newer == NOWHERE:
        told = f"{process} asked for revision {revision} of {registers.names[item]} and was given {history[row].seen}."
        return witness("stale_match", history, registers, item, [row], told)
    source = int(find_sources(registers.writes, asked.pick(np.array([query]))).write[0])
    rows = [row, int(registers.writes.row[source]), int(registers.writes.row[newer])]
    rows += [*registers.rows_of_sight(source), *registers.rows_of_sight(newer)]
    age = _say_age(asked, query, registers, newer)
    told = f"{process} found {registers.names[item]} by revision {revision}, although a newer write had ended{age}."
    return witness("stale_match", history, registers, item, rows, told)


def _say_age(asked: Calls, read: int, registers: Registers, write: int) -> str:
    """How long before a read a write had ended: « 35 ms earlier»."""
    return f" {say_duration(int(asked.start_ns[read] - registers.writes.finish_ns[write]))} earlier"
