"""Likelihood: the masses on a row of cells that make interval-censored data most likely.

Ranges come in; one mass for each cell goes out for each set of weights, with a certificate of how close to the maximum
it is.

The maximum is found by constrained Newton steps (Wang 2007) rather than by EM alone, whose steps shrink a superfluous
mass for ever: some twenty steps against thousands. A step that does not climb is replaced by one of EM, which always
does, so the search never depends on luck; and it stops by the gradient, not by how little the last step changed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.quadratic import aim
from consistency.analysis.ranges import Choice, Ranges, Reals

TOLERANCE: Final = 1e-7
_STEPS_MAX: Final = 500
_HALVINGS_MAX: Final = 30
_LEAST_LIKELIHOOD: Final = 1e-4  # of an observation, times n; at the maximum none lies below its weight / n
_LEAST_MASS: Final = 1e-13  # below it a mass is rounding
_ROUNDING: Final = 1e-14


@dataclass(frozen=True, eq=False)
class Maximum:
    """For each set of weights the masses (a row), their log-likelihood, and the certificate: the greatest
    log-likelihood that any masses have is at most `gap` per observation higher (0 at the maximum)."""

    masses: Reals
    log_likelihood: Reals
    gap: Reals


def maximize(ranges: Ranges, start: Reals | None = None, tolerance: float = TOLERANCE) -> Maximum:
    """The masses of greatest likelihood, from `start` (which must give every observation some mass) where it is given.

    With the gradient g_j = sum_i w_i 1{j in i} / P_i the likelihood is concave and sum_j g_j p_j = n, so no masses
    have a log-likelihood that is higher by more than n (max_j g_j / n - 1): that is n times the gap, and the search
    stops where it is at most `tolerance`, or after 500 steps with whatever gap there is.
    """
    size = len(ranges.weights)
    masses = np.tile(choose_start(ranges) if start is None else start, (size, 1))
    log_likelihood, gap, waiting = np.zeros(size), np.zeros(size), np.arange(size)
    for _ in range(_STEPS_MAX):
        some = ranges.weigh(ranges.weights[waiting])
        covered = some.sum_over(masses[waiting])
        gradient = some.spread(some.weights / covered) / some.weights.sum(axis=1, keepdims=True)
        gap[waiting] = np.maximum(gradient.max(axis=1) - 1, 0.0)
        log_likelihood[waiting] = _find_log_likelihood(some, covered)
        open_ = gap[waiting] > tolerance
        waiting = waiting[open_]
        if not len(waiting):
            break
        some = ranges.weigh(some.weights[open_])
        masses[waiting] = _climb(some, masses[waiting], covered[open_], gradient[open_], tolerance)
    return Maximum(masses, log_likelihood, gap)


def choose_start(ranges: Ranges) -> Reals:
    """Equal masses on the fewest cells that hit every observation: the last cell of the range that ends first, then
    the same among the ranges that begin behind it, and so on."""
    first_end = np.full(ranges.cells + 1, ranges.cells + 1)
    np.minimum.at(first_end, ranges.begins, ranges.ends)
    first_end = np.minimum.accumulate(first_end[::-1])[::-1]
    masses, behind = np.zeros(ranges.cells), 0
    while first_end[behind] <= ranges.cells:
        behind = int(first_end[behind])
        masses[behind - 1] = 1.0
    return _normalize(masses)


def _climb(ranges: Ranges, masses: Reals, covered: Reals, gradient: Reals, tolerance: float) -> Reals:
    """Masses of greater likelihood: a Newton step on the cells in use and on those that the gradient asks for, as long
    as climbs in each row; a step of EM in the rows where none does."""
    direction = aim(ranges, covered, (masses > 0) | _find_wanted(masses, gradient, tolerance)) - masses
    shares = _choose_shares(ranges, covered, ranges.sum_over(direction), (gradient * direction).sum(axis=1))
    stepped = _drop_rounding(ranges, masses + shares[:, None] * direction)
    stuck = shares == 0
    if stuck.any():
        stepped[stuck] = _step_em(masses[stuck], gradient[stuck])
    return stepped


def _choose_shares(ranges: Ranges, covered: Reals, change: Reals, slope: Reals) -> Reals:
    """Which share of the way to go in each row, halved until the likelihood grows enough (Armijo 1966); 0 for none."""
    n, before = ranges.weights.sum(axis=1), _find_log_likelihood(ranges, covered)
    rounding = _ROUNDING * (1 + np.abs(before))  # nearer to the maximum than that, only the slope still tells
    shares = np.where(slope > 0, 1.0, 0.0)
    waiting = np.flatnonzero(shares)
    for _ in range(_HALVINGS_MAX):
        share = shares[waiting]
        stepped = covered[waiting] + share[:, None] * change[waiting]
        some = ranges.weigh(ranges.weights[waiting])
        positive = _is_enough(some, stepped)
        reached = _find_log_likelihood(some, np.where(positive[:, None], stepped, 1.0))
        enough = before[waiting] + 1e-4 * share * n[waiting] * slope[waiting] - rounding[waiting]
        waiting = waiting[~positive | (reached < enough)]
        if not len(waiting):
            return shares
        shares[waiting] /= 2
    shares[waiting] = 0.0
    return shares


def _find_log_likelihood(ranges: Ranges, covered: Reals) -> Reals:
    found: Reals = np.einsum("ij,ij->i", ranges.weights, np.log(covered))
    return found


def _step_em(masses: Reals, gradient: Reals) -> Reals:
    """One step of EM (Turnbull 1976), with a little mass for the cell that the gradient wants most."""
    rows, most = np.arange(len(masses)), gradient.argmax(axis=1)
    stepped = masses * gradient
    stepped[rows, most] += np.where(masses[rows, most] == 0, 1e-3, 0.0)
    return _normalize(stepped)


def _drop_rounding(ranges: Ranges, masses: Reals) -> Reals:
    kept = _normalize(np.where(masses < _LEAST_MASS, 0.0, masses))
    enough = _is_enough(ranges, ranges.sum_over(kept))
    return np.where(enough[:, None], kept, _normalize(np.maximum(masses, 0.0)))


def _is_enough(ranges: Ranges, covered: Reals) -> Choice:
    """In which rows every observation keeps a likelihood that it could have at the maximum."""
    least = _LEAST_LIKELIHOOD * ranges.weights / ranges.weights.sum(axis=1, keepdims=True)
    enough: Choice = (covered >= least).all(axis=1)
    return enough


def _normalize(masses: Reals) -> Reals:
    whole: Reals = masses / masses.sum(axis=-1, keepdims=True)
    return whole


def _find_wanted(masses: Reals, gradient: Reals, tolerance: float) -> Choice:
    """Between each two cells in use the one with the greatest gradient, where that is above 1."""
    begins = masses > 0
    begins[:, 0] = True
    starts = np.flatnonzero(begins)
    greatest = np.maximum.reduceat(gradient.ravel(), starts)
    among = np.repeat(greatest, np.diff(np.append(starts, masses.size))).reshape(masses.shape)
    wanted: Choice = (gradient == among) & (gradient > 1 + tolerance)
    return wanted
