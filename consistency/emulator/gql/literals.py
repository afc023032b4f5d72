"""What is written between quotes, and numbers: text to plain values, each refused with its place when it is malformed.

The rules are those of the language's reference, which is narrower than one would think: only some characters may be
escaped, BLOB knows neither padding nor the signs + and /, and DATETIME knows no offset of zero but Z.
"""

import base64
import re
from datetime import UTC, datetime, timedelta

from consistency.emulator.gql.syntax import Spot
from consistency.emulator.status import invalid

INT32_MAX, INT64_MAX = (1 << 31) - 1, (1 << 63) - 1
_ESCAPES = {"\\": "\\", "0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
_ESCAPES |= {quote: quote for quote in "'\"`"}
_ESCAPES |= {sign: "\\" + sign for sign in "%_"}  # these keep their backslash, as in MySQL
_ESCAPED_OR_DOUBLED = re.compile(r"\\(.)|(['\"`])\2")
_BLOB = re.compile(r"[A-Za-z0-9_-]*")
_DATETIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[Tt](?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,6}))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):(?P<minutes>[0-5]\d))",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def unquote(spot: Spot) -> str:
    """The content of a string or of a name in back quotes."""
    quote, content = spot.text[0], spot.text[1:-1]

    def replace(match: re.Match[str]) -> str:
        escaped, doubled = match.groups()
        if doubled:
            return doubled if doubled == quote else match[0]
        if escaped not in _ESCAPES:
            raise invalid(f"The escape \\{escaped} in {spot} is none of GQL's.")
        return _ESCAPES[escaped]

    return _ESCAPED_OR_DOUBLED.sub(replace, content)


def read_integer(spot: Spot) -> int:
    """An integer of 64 bits."""
    digits = spot.text.lstrip("+-").lstrip("0")
    number = int(spot.text) if len(digits) < 20 else INT64_MAX + 1  # Python refuses to read very long ones
    if not -INT64_MAX - 1 <= number <= INT64_MAX:
        raise invalid(f"The integer {spot} does not fit into 64 bits.")
    return number


def read_double(spot: Spot) -> float:
    """A double of finite size."""
    number = float(spot.text)
    if number in {float("inf"), float("-inf")}:
        raise invalid(f"The double {spot} is too large.")
    return number


def read_blob(spot: Spot) -> bytes:
    """The bytes that a string holds in base64, with - and _ and without padding."""
    text = unquote(spot)
    if not _BLOB.fullmatch(text) or len(text) % 4 == 1:
        raise invalid(f"The blob {spot} is not base64 of the characters A-Z, a-z, 0-9, - and _ without padding.")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read_datetime(spot: Spot) -> tuple[int, int]:
    """Seconds since 1970 and nanoseconds of an RFC 3339 time: 2013-09-29T09:30:20.00002-08:00."""
    match = _DATETIME.fullmatch(unquote(spot))
    if match is None:
        raise invalid(f"The time {spot} is not of the form YYYY-MM-DDThh:mm:ss[.ffffff](Z|+hh:mm|-hh:mm).")
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    if match["sign"] and not offset:
        raise invalid(f"The time {spot} has an offset of zero, which is written Z.")
    try:
        local = datetime.fromisoformat(f"{match['date']}T{match['time']}+00:00")
        elapsed = (local - offset if match["sign"] != "-" else local + offset) - _EPOCH
    except (ValueError, OverflowError) as error:
        raise invalid(f"The time {spot} does not exist in the years 1 to 9999: {error}.") from error
    micros = int((match["fraction"] or "").ljust(6, "0"))
    return elapsed.days * 86_400 + elapsed.seconds, micros * 1_000
