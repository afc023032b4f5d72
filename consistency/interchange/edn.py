"""EDN: Clojure's notation for data, as far as histories use it.

Text comes in, plain values go out, and back: maps are dicts, vectors and lists tuples, sets frozensets; keywords and
symbols are Words. A tag says of which type the next value is, and is dropped: a record is a map to us.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from consistency.errors import ConsistencyError

_TOKEN: Final = re.compile(
    r"""[\s,]+|;[^\n]*|(?P<open>\#\{|[(\[{])|(?P<close>[)\]}])|(?P<discard>\#_)|(?P<tag>\#[A-Za-z][\w./*-]*)
    |(?P<text>"(?:[^"\\]|\\.)*")|(?P<char>\\(?:newline|space|tab|return|u[0-9a-fA-F]{4}|.))
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[NM]?(?![\w]))|(?P<word>:?[^\s,;()\[\]{}"\\]+)""",
    re.VERBOSE,
)
_CLOSING: Final = {"(": ")", "[": "]", "{": "}", "#{": "}"}
_CONSTANTS: Final[dict[str, Any]] = {"nil": None, "true": True, "false": False}
_SKIP: Final = object()
_DIGITS_MAX: Final = 300  # of a whole number


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword (`:ok`, without its colon) or a symbol."""

    name: str

    def __str__(self) -> str:
        return self.name


def parse_forms(text: str) -> Iterator[Any]:
    """The values in `text`, one after another; ConsistencyError where it is no EDN."""
    tokens = _tokenize(text)
    for token in tokens:
        value = _parse(token, tokens)
        if value is not _SKIP:
            yield value


def _tokenize(text: str) -> Iterator[re.Match[str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise ConsistencyError(f"Line {line} is not EDN: {text[place : place + 20]!r}.")
        if match.lastgroup:
            yield match
        place = match.end()


def _parse(token: re.Match[str], tokens: Iterator[re.Match[str]]) -> Any:
    match token.lastgroup:
        case "open":
            return _gather(token, tokens)
        case "close":
            raise ConsistencyError(f"{_place(token)} closes what is not open: {token[0]}.")
        case "discard":
            _parse_next(token, tokens)
            return _SKIP
        case "tag":
            return _parse_next(token, tokens)
    return _parse_atom(token)


def _parse_atom(token: re.Match[str]) -> Any:
    text = token[0]
    match token.lastgroup:
        case "text":
            return _read_text(token)
        case "char":
            return text[1:]
        case "number":
            digits = text.rstrip("NM")
            whole = len(digits) <= _DIGITS_MAX and re.fullmatch(r"[+-]?\d+", digits)
            return int(digits) if whole else float(digits)
    return _CONSTANTS[text] if text in _CONSTANTS else Word(text.removeprefix(":"))


def _read_text(token: re.Match[str]) -> str:
    try:
        return str(json.loads(token[0], strict=False))
    except ValueError as error:
        raise ConsistencyError(f"{_place(token)} has a text that is not EDN: {token[0][:40]}.") from error


def _parse_next(token: re.Match[str], tokens: Iterator[re.Match[str]]) -> Any:
    """The value that follows."""
    for following in tokens:
        value = _parse(following, tokens)
        if value is not _SKIP:
            return value
    raise ConsistencyError(f"{_place(token)} is followed by nothing: {token[0]}.")


def _gather(token: re.Match[str], tokens: Iterator[re.Match[str]]) -> Any:
    values: list[Any] = []
    for following in tokens:
        if following.lastgroup == "close":
            if following[0] != _CLOSING[token[0]]:
                raise ConsistencyError(f"{_place(following)} closes {token[0]} with {following[0]}.")
            return _collect(token, values)
        value = _parse(following, tokens)
        if value is not _SKIP:
            values.append(value)
    raise ConsistencyError(f"{_place(token)} is never closed: {token[0]}.")


def _collect(token: re.Match[str], values: list[Any]) -> Any:
    if token[0] == "{":
        if len(values) % 2:
            raise ConsistencyError(f"{_place(token)}: a map needs a value for each key.")
        return {_freeze(key): value for key, value in zip(values[::2], values[1::2], strict=True)}
    return frozenset(map(_freeze, values)) if token[0] == "#{" else tuple(values)


def _freeze(value: Any) -> Any:
    """A value that may stand in a set, or as a key of a map."""
    if isinstance(value, dict):
        return frozenset((key, _freeze(each)) for key, each in value.items())
    return tuple(map(_freeze, value)) if isinstance(value, tuple) else value


def _place(token: re.Match[str]) -> str:
    return f"Line {token.string.count(chr(10), 0, token.start()) + 1}"


def write_form(value: Any) -> str:
    """One value as EDN, on one line. Keys of maps and Words become keywords."""
    if isinstance(value, dict):
        return "{" + ", ".join(f":{key} {write_form(each)}" for key, each in value.items()) + "}"
    if isinstance(value, frozenset):
        return "#{" + " ".join(sorted(map(write_form, value))) + "}"
    if isinstance(value, tuple | list):
        return "[" + " ".join(map(write_form, value)) + "]"
    return _write_atom(value)


def _write_atom(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, Word):
        return f":{value.name}"
    return json.dumps(value, ensure_ascii=False)  # of numbers, truths and texts the notations are the same
