"""The guard before a live project: consent, estimate, and a cap that holds while the run goes on.

A plan, what a person consented to, and prices come in; a refusal goes out, or nothing. Consent is the project's id
typed again, never a word of a plan file: a plan that is shared must not be able to spend somebody else's money.

The estimate is of the typical run; the worst one costs hundreds of times as much and nearly never happens, so it is not
refused but told, and the Meter ends a run that reaches the cap.
"""

import math
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from consistency.budget import Budget, Calls, draw_up_budget
from consistency.errors import LimitReachedError, RefusedError
from consistency.plan import Plan
from consistency.prices import Prices, reckon_cost

OURS = "consistency-"


@dataclass(frozen=True)
class Consent:
    """What a person allows: the project's id as they typed it, and how many dollars at most."""

    project: str | None
    cost_max: float


def require_consent(plan: Plan, consent: Consent, prices: Prices, reading: Budget | None = None) -> None:
    """Raise RefusedError unless the run may write to the live project, or, where `reading` says what one reader alone
    takes, read it."""
    target = plan.target
    if not target.project:
        raise RefusedError("Refused: the project id is empty. Nothing was written. Name it: --project ID")
    if target.namespace is not None and not target.namespace.startswith(OURS):
        raise RefusedError(
            f"Refused: namespace {target.namespace or '(the default one)'} is not ours. Nothing was written. "
            f"Leave --namespace out, or begin it with {OURS}"
        )
    budget, deed = (draw_up_budget(plan), "write {} to") if reading is None else (reading, "read {} of")
    typical, worst = (reckon_cost(expense.calls, prices).dollars for expense in (budget.typical, budget.worst))
    costs = f"Estimated {_say_dollars(typical)}, at most {_say_dollars(worst)}"
    if consent.project != target.project or typical > consent.cost_max:
        enough = _name_enough(typical, worst, consent.cost_max)
        raise RefusedError(
            f"Refused: this would {deed.format(f'{budget.entities:,} entities')} project {target.project}, "
            f"database {target.database or '(default)'}. {costs} "
            f"(limit --max-cost {_say_number(consent.cost_max)}; prices of {prices.dated}). "
            f"To go on: --confirm-project {target.project}{enough}"
        )


def _name_enough(typical: float, worst: float, cost_max: float) -> str:
    """The flag that would raise the limit far enough, where it is below what the run may cost."""
    if max(typical, worst) <= cost_max:
        return ""
    step = 10.0 ** (math.floor(math.log10(worst)) - 1)
    return f" --max-cost {_say_number(math.ceil(worst / step) * step)}"


def _say_dollars(dollars: float) -> str:
    return f"${_say_number(dollars)}"


def _say_number(number: float) -> str:
    """Two significant digits, never in powers of ten: 0.0000096, 1.6."""
    return f"{Decimal(f'{number:.2g}'):f}"


class Meter:
    """Counts calls while a run goes on, and says so once they have cost as much as was allowed."""

    def __init__(self, prices: Prices, cost_max: float) -> None:
        self._prices = prices
        self._cost_max = cost_max
        self._calls: Counter[str] = Counter()

    def count(self, rpc: str) -> None:
        """One more call of this method."""
        self._calls[rpc] += 1

    @property
    def dollars(self) -> float:
        """What the calls so far have cost, and what deleting the entities afterwards will."""
        writes = self._calls["commit"]
        return reckon_cost(Calls(writes, self._calls.total() - writes, writes), self._prices).dollars

    def explain_end(self) -> LimitReachedError | None:
        """The error that ends the run, once the limit is reached."""
        if self.dollars < self._cost_max:
            return None
        return LimitReachedError(f"the limit of ${Decimal(f'{self._cost_max:g}'):f} was reached (raise it: --max-cost)")
