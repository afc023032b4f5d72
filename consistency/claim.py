"""Claims: what a plan says will hold, as short expressions.

Text comes in ("p90 <= 2s", "always visible", "stale.share <= 0.1%", "violations == 0"), a Claim goes out; the analysis
judges it. Parsing stands apart from judging so that a plan's mistakes are told before anything runs.

The names of the checkers stand here a second time, because a plan lies below the analysis that has them; a test
compares the two lists.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from itertools import chain
from typing import Final

from consistency.durations import parse_duration_ns
from consistency.errors import UsageError
from consistency.operation import MUTATIONS, Action

PROBED: Final = [action.value for action in Action if action not in MUTATIONS]
CHECKED: Final = (
    "flicker",
    "lost",
    "never_read",
    "missing",
    "ghosts",
    "stale_match",
    "wrong_order",
    "set_full",
    "agreement",
    "staleness",
    "safe",
    "regular",
    "atomic",
    "linearizable",
    "gamma",
    "delta",
    "k_atomicity",
    "read_your_writes",
    "monotonic_reads",
    "monotonic_writes",
    "writes_follow_reads",
    "read_your_writes_by_session",
    "monotonic_by_session",
    "writes_follow_reads_by_session",
    "long_fork",
    "sequential",
    "causal",
    "g1a",
    "g1b",
    "lost_update",
    "internal",
    "duplicate_writes",
    "garbage_reads",
    "incompatible_orders",
    "g0",
    "g1c",
    "g_single",
    "g2",
    "serializable",
    "serializable_by_session",
    "strict_serializable",
    "counter",
    "bank",
)
ALWAYS: Final = "always visible"
NO_VIOLATION: Final = "violations == 0"
VIOLATIONS: Final = "violations"
FIGURES: Final = {  # what else of a checker can be limited, and how
    "staleness": ("k.max <= 2", "t.max <= 500ms"),
    "gamma": ("max <= 500ms",),
    "delta": ("max <= 500ms",),
    "k_atomicity": ("k <= 2",),
}
DURATIONS: Final = ("t.max", "max")
MISSED_FIRST, STALE, NEVER_SEEN = "missed_first", "stale", "never_seen"
SHARES: Final = (MISSED_FIRST, STALE, NEVER_SEEN)
FORMS: Final = f'"{ALWAYS}", a quantile such as "p99 <= 500ms", or a share such as "{STALE}.share <= 0.1%"'
_EXAMPLES: Final = (ALWAYS, "visible.p99", NO_VIOLATION, *(f"{share}.share" for share in SHARES))
_QUANTILE: Final = re.compile(r"(?:visible\.)?p(\d+(?:\.\d+)?)\s*<=\s*(\S+)")
_SHARE: Final = re.compile(rf"({'|'.join(SHARES)})\.share\s*<=\s*(\d+(?:\.\d+)?)\s*%")
_FIGURE: Final = re.compile(r"(violations|k\.max|t\.max|max|k)\s*(<=|==)\s*(\S+)")


@dataclass(frozen=True)
class Claim:
    """One claim about its `subject`, an action or a checker. A quantile in (0, 1) has a `limit_ns`; a `share` of
    entities, one of SHARES, is claimed to be at most `most`, in (0, 1). A `figure` of a checker is claimed to be at
    most `limit_ns`, where it is one of DURATIONS, else at most `most`, a whole number. «Always visible» has none of
    these."""

    subject: str
    text: str
    quantile: Fraction | None = None
    limit_ns: int | None = None
    share: str = ""
    most: Fraction = Fraction(0)
    figure: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"

    @property
    def is_about_checker(self) -> bool:
        """Whether it limits what a checker finds."""
        return self.subject in CHECKED


def parse_claim(subject: str, text: str) -> Claim:
    """The claim in `text` about `subject`; ValueError in one sentence when it cannot be read, or speaks of another
    kind of subject. A subject of "" leaves that open."""
    if subject in CHECKED or (not subject and _FIGURE.fullmatch(text)):
        return _parse_figure(subject, text)
    if text == ALWAYS:
        return Claim(subject, text)
    if match := _SHARE.fullmatch(text):
        return Claim(subject, text, share=match[1], most=_parse_most(text, match[2]))
    match = _QUANTILE.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a claim: write {FORMS}{_suggest(_begin(text), _EXAMPLES)}')
    quantile = Fraction(match[1]) / 100
    if not 0 < quantile < 1:
        raise ValueError(f"p{match[1]} is not a quantile: it must lie between p0 and p100")
    return Claim(subject, text, quantile, parse_duration_ns(match[2]))


def _parse_figure(subject: str, text: str) -> Claim:
    """A claim about a checker; a `subject` of "" leaves open about which."""
    match = _FIGURE.fullmatch(text)
    own = FIGURES.get(subject, ()) if subject else chain(*FIGURES.values())
    forms = [NO_VIOLATION, f"{VIOLATIONS} <= 3", *own]
    is_known = match is not None and match[1] in map(_begin, forms)
    if match is None or not is_known or (match[2] == "==" and (match[1], match[3]) != (VIOLATIONS, "0")):
        raise ValueError(f'"{text}" is not a claim about a checker: write {_list(forms)}')
    if match[1] in DURATIONS:
        return Claim(subject, text, limit_ns=parse_duration_ns(match[3]), figure=match[1])
    if not re.fullmatch(r"[0-9]+", match[3]):
        raise ValueError(f'"{text}": {match[1]} is counted, so its limit is a whole number')
    return Claim(subject, text, most=Fraction(match[3]), figure=match[1])


def _list(forms: Iterable[str]) -> str:
    """'"a", "b" or "c"'."""
    *rest, last = (f'"{form}"' for form in forms)
    return f"{', '.join(rest)} or {last}"


def _parse_most(text: str, percent: str) -> Fraction:
    most = Fraction(percent) / 100
    if not 0 < most < 1:
        raise ValueError(f'"{text}" cannot be measured: a share lies between 0 % and 100 % (or claim "{ALWAYS}")')
    return most


def find_misplaced(claims: Mapping[str, Iterable[str]], probes: Collection[str]) -> list[str]:
    """One line for each claim of a plan about a probe that it does not have, or of a form that its subject has not."""
    mistakes = [f"claims.{name}: the plan has no probe {name}" for name in sorted({*claims} - {*probes, *CHECKED})]
    for name, text in [(name, text) for name, texts in claims.items() for text in texts]:
        try:
            parse_claim(name, text)
        except ValueError as error:
            mistakes.append(f"claims.{name}: {error}")
    return mistakes


def parse_assertions(texts: Iterable[str], probes: Collection[str] | None = None) -> list[Claim]:
    """The claims of `--assert`; a UsageError with all that is wrong with them. `probes`: those that the plan has, where
    it is known already: a claim about another probe could never be judged."""
    claims, mistakes = [], []
    for text in texts:
        try:
            claims.append(parse_assertion(text))
        except ValueError as error:
            mistakes.append(f"--assert: {error}")
    unprobed = {claim.subject for claim in claims if not claim.is_about_checker} - {*(probes or PROBED)}
    mistakes += [f"--assert: the plan has no probe {name}{_suggest(name, probes or ())}" for name in sorted(unprobed)]
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return claims


def parse_assertion(text: str) -> Claim:
    """A claim in its full form, such as "global_query.p99 <= 500ms", "key_get = always visible" or
    "read_your_writes.violations == 0"."""
    parts = re.split(r"\s*(?:=|\.)\s*", text, maxsplit=1)
    if len(parts) < 2:
        raise ValueError(f'"{text}" is not a claim: write SUBJECT.CLAIM, such as global_query.p99 <= 500ms')
    subject, rest = parts
    check_subject(subject)
    return parse_claim(subject, rest)


def check_subject(name: str) -> str:
    """`name`; ValueError with the near match where it is neither a probe nor a checker."""
    if name in PROBED or name in CHECKED:
        return name
    begins = f": a claim begins with one of {', '.join(PROBED)}, or of the checkers {', '.join(CHECKED)}"
    raise ValueError(f'"{name}" is not a probe or a checker{_suggest(name, (*PROBED, *CHECKED)) or begins}')


def _begin(text: str) -> str:
    """What stands before the comparison."""
    return re.split(r"\s*(?:<=|==|<|>|=)", text, maxsplit=1)[0]


def _suggest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
