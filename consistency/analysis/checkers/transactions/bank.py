"""Bank: whether money that is only ever moved between accounts is neither made nor lost.

A history comes in, a finding goes out. The first transaction opens all accounts and so tells the total; every later one
that reads all of them must find it, and no balance below 0, because nobody may pay what is not there. A read that began
before the accounts were open may find nothing at all.
"""

from collections.abc import Sequence
from typing import NamedTuple

from consistency.analysis.checkers.conclusions import Evidence, find
from consistency.analysis.checkers.transactions.gathering import Transaction, find_item
from consistency.analysis.checkers.transactions.study import study_history
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import History
from consistency.operation import Outcome

NAME = "bank"


class Bank(NamedTuple):
    """The transaction that opened the accounts, and the total of their balances."""

    opening: Transaction
    total: int


def check_bank(history: History, clock_bound_ns: int = 0) -> Finding:
    """Reads of all accounts that find another total, or a debt."""
    transactions = study_history(history).transactions
    bank = _find_bank(transactions)
    if bank is None:
        return find(NAME, Evidence(0, 0, Anomalies(), "reads", "The history has no bank: nobody opened all accounts."))
    accounts = bank.opening.writes.keys()
    reads = [each for each in transactions if _looks(each, accounts) and not _precedes(each, bank, clock_bound_ns)]
    wrong = [(each, told) for each in reads if (told := _tell(each, bank))]

    def build(number: int) -> Anomaly:
        reader, told = wrong[number]
        rows = sorted({reader.row, bank.opening.row} if "total" in told else {reader.row})
        return Anomaly(NAME, find_item(history, next(iter(accounts))), tuple(history[row] for row in rows), told)

    return find(NAME, Evidence(len(reads), len(reads), Anomalies(len(wrong), build), "reads of all accounts"))


def _find_bank(transactions: Sequence[Transaction]) -> Bank | None:
    """The bank, if the others move numbers between just the accounts that the first committed transaction opened."""
    opening = next((each for each in transactions if each.outcome is Outcome.OK and each.writes), None)
    if opening is None or len(opening.writes) < 2 or opening.reads != dict.fromkeys(opening.writes):
        return None
    balances = [values[-1] for values in opening.writes.values()]
    if not all(isinstance(balance, int) for balance in balances):
        return None
    moving = all(each is opening or _moves(each, opening) for each in transactions)
    return Bank(opening, sum(balance for balance in balances if isinstance(balance, int))) if moving else None


def _moves(transaction: Transaction, opening: Transaction) -> bool:
    """Whether it writes nothing, or as much as it read to the same accounts."""
    if not {step.key for step in transaction.micros} <= opening.writes.keys():
        return False
    if not transaction.writes or transaction.outcome is not Outcome.OK:
        return True
    reads = transaction.reads
    before = sum(_number(reads.get(key)) for key in transaction.writes)
    return transaction.writes.keys() <= reads.keys() and before == sum(
        _number(values[-1]) for values in transaction.writes.values()
    )


def _looks(transaction: Transaction, accounts: object) -> bool:
    return transaction.outcome is Outcome.OK and transaction.reads.keys() == accounts


def _precedes(transaction: Transaction, bank: Bank, clock_bound_ns: int) -> bool:
    """Whether it may have looked before the accounts were open, or opened them itself."""
    nothing = all(value is None for value in transaction.reads.values())
    return transaction is bank.opening or (nothing and transaction.start_ns <= bank.opening.finish_ns + clock_bound_ns)


def _tell(reader: Transaction, bank: Bank) -> str:
    """What is wrong with a read; "" if nothing is."""
    total = sum(_number(value) for value in reader.reads.values())
    if total != bank.total:
        return f"{reader.name} found a total of {total}, where {bank.opening.name} had put a total of {bank.total}."
    debt = next((key for key, value in reader.reads.items() if _number(value) < 0), None)
    return f"{reader.name} found {reader.reads[debt]} in {debt}, which nobody may owe." if debt else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
