"""Texts of a plan that mean a number: checked when the plan is read, and kept exactly as they were written.

A text comes in and goes out unchanged, or pydantic tells the mistake. A stored plan therefore reads like the one that
was asked for; whoever needs the number parses it.
"""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from consistency.delays import parse_delay
from consistency.durations import parse_duration_ns, parse_rate


def _checked_duration(text: str) -> str:
    parse_duration_ns(text)
    return text


def _positive_duration(text: str) -> str:
    if parse_duration_ns(text) == 0:
        raise ValueError("must be longer than 0")
    return text


def parse_shift_ns(text: str) -> int:
    """Nanoseconds of a duration that may be negative: "-200ms" is 200 ms early."""
    return -parse_duration_ns(text[1:]) if text.startswith("-") else parse_duration_ns(text)


def _checked_shift(text: str) -> str:
    parse_shift_ns(text)
    return text


def _checked_rate(text: str) -> str:
    parse_rate(text)
    return text


def _checked_delay(text: str) -> str:
    parse_delay(text)
    return text


Duration = Annotated[str, AfterValidator(_checked_duration)]
PositiveDuration = Annotated[str, AfterValidator(_positive_duration)]
Shift = Annotated[str, AfterValidator(_checked_shift)]
Rate = Annotated[str, AfterValidator(_checked_rate)]
DelayText = Annotated[str, AfterValidator(_checked_delay)]


class Part(BaseModel):
    """A table of a plan: it does not change, and has no settings but those that are declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True,
                              validate_by_alias=True)  # fmt: skip
