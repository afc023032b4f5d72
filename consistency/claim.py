"""Claims: what a plan says will hold, as short expressions.

Text comes in ("p90 <= 2s", "always visible"), a Claim goes out; the analysis judges it. Parsing stands apart from
judging so that a plan's mistakes are told before anything runs.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from consistency.durations import parse_duration_ns
from consistency.operation import MUTATIONS, Action

_QUANTILE = re.compile(r"(?:visible\.)?p(\d+(?:\.\d+)?)\s*(<=)\s*(\S+)")
PROBED = [action.value for action in Action if action not in MUTATIONS]
FORMS = '"always visible" or a quantile such as "p99 <= 500ms"'


@dataclass(frozen=True)
class Claim:
    """One claim about one action: a quantile in (0, 1) and its limit; "always visible" has neither."""

    action: str
    text: str
    quantile: Fraction | None = None
    limit_ns: int | None = None

    def __str__(self) -> str:
        return f"{self.action}: {self.text}"


def parse_claim(action: str, text: str) -> Claim:
    """The claim in `text` about `action`; ValueError in one sentence when it cannot be read."""
    if text == "always visible":
        return Claim(action, text)
    match = _QUANTILE.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a claim: write {FORMS}')
    quantile = Fraction(match[1]) / 100
    if not 0 < quantile < 1:
        raise ValueError(f"p{match[1]} is not a quantile: it must lie between p0 and p100")
    return Claim(action, text, quantile, parse_duration_ns(match[3]))


def parse_assertion(text: str) -> Claim:
    """A claim in its full form, "global_query.p99 <= 500ms" or "key_get = always visible"."""
    action, separator, rest = (
        re.split(r"\s*(=|\.)\s*", text, maxsplit=1) if re.search(r"[=.]", text) else (text, "", "")
    )
    if not separator:
        raise ValueError(f'"{text}" is not a claim: write ACTION.{FORMS.split(" or ")[1]}')
    if action not in PROBED:
        raise ValueError(f'"{action}" is not a probe: a claim begins with one of {", ".join(PROBED)}')
    return parse_claim(action, rest)
