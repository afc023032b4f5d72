"""What a query has read, as a question to later writes: would this entity have been among its results?

A Question comes in, a Guard for `transactions` goes out. Filters alone decide: what limit, offset and cursors left
out counts as read, so a guard may see a conflict too many, but never one too few.
"""

from consistency.emulator.indexes.entries import IndexEntries
from consistency.emulator.query.question import Conjunction, Question
from consistency.emulator.query.ranges import lies_within
from consistency.emulator.transactions.reads import Guard


def guard_question(question: Question) -> Guard:
    """The guard of one query."""

    def touches(path: bytes, entries: IndexEntries) -> bool:
        return any(_fits(conjunction, path, entries) for conjunction in question.conjunctions)

    return Guard(question.kind, touches)


def _fits(conjunction: Conjunction, path: bytes, entries: IndexEntries) -> bool:
    if conjunction.ancestor is not None and not path.startswith(conjunction.ancestor):
        return False
    if not lies_within(conjunction.keys, path) or any(equal not in entries for equal in conjunction.equalities):
        return False
    return all(
        any(own == name and lies_within(ranges, value) for own, value in entries) for name, ranges in conjunction.bounds
    )
