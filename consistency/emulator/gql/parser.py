"""The text of a GQL query to its parts, by the grammar in gql.lark.

A string comes in, a Query or an Aggregate of syntax.py goes out, or INVALID_ARGUMENT with the place of the first thing
that does not belong there and what could have stood in its place, in the words of the service's own parser.

Tokens do not depend on where they stand (lark's basic lexer, not the contextual one): keywords are reserved everywhere,
and in `@cursor +17` the sign belongs to the number, which the language then refuses. The parts are built while parsing,
from the leaves up, so no depth of parentheses exhausts the stack. Import this late: lark takes a tenth of a second.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from consistency.emulator.gql.builder import RESERVED, Builder
from consistency.emulator.gql.syntax import Aggregate, Query, Spot
from consistency.emulator.status import ServiceError, invalid

Parsed = Query | Aggregate
_TEXT_MAX = 1 << 16
_KEPT_MAX = 1_000
_NAMES = {
    "NAME",
    "QUOTED_NAME",
    "ARRAY",
    "BLOB",
    "DATABASE",
    "DATETIME",
    "FIRST",
    "KEY",
    "NAMESPACE",
    "OVER",
    "PROJECT",
}
_CONSTANTS = {"STRING", "INTEGER", "DOUBLE", "TRUE", "FALSE", "NULL"}
_GROUPS = {"a value": {*_CONSTANTS, "BINDING", "ARRAY", "BLOB", "DATETIME", "KEY"}, "a name": _NAMES}
_WORDS = {
    "$END": "the end",
    "BINDING": "a binding",
    "COMPARATOR": "a comparator",
    "INTEGER": "an integer",
    "STRING": "a string",
    "LPAR": '"("',
    "RPAR": '")"',
    "COMMA": '","',
    "DOT": '"."',
    "PLUS": '"+"',
    "SEMICOLON": '";"',
    "STAR": '"*"',
}


def parse(text: str) -> Parsed:
    """The parts of a query, which has at most 65,536 characters: more would hold up everybody else's requests."""
    if len(text) > _TEXT_MAX:
        raise invalid(f"The GQL query has {len(text)} characters; at most {_TEXT_MAX} are accepted.")
    return _parse_again(text) if len(text) <= _KEPT_MAX else _parse(text)


@lru_cache(maxsize=128)  # a client sends the same few texts over and over, with other bindings
def _parse_again(text: str) -> Parsed:
    return _parse(text)


def _parse(text: str) -> Parsed:
    try:
        parsed: Any = _load_parser().parse(text)  # the transformer has made a part of the tree
    except UnexpectedInput as error:
        raise _explain(text, error) from error
    query: Parsed = parsed
    return query


@lru_cache(maxsize=1)
def _load_parser() -> Lark:
    grammar = files(__package__).joinpath("gql.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", transformer=Builder())


def _explain(text: str, error: UnexpectedInput) -> ServiceError:
    """What was found, where, and what could have stood there instead."""
    spot, start = _find_spot(text, error)
    accepted = _list_accepted(text[:start])
    sentence = f'Encountered "{spot.shown}" at line {spot.line}, column {spot.column}.'
    return invalid(f"{sentence} Was expecting {_list_expected(accepted)}.{_hint(spot.text, accepted)}")


def _find_spot(text: str, error: UnexpectedInput) -> tuple[Spot, int]:
    """The offending piece, and how many characters stand before it."""
    if isinstance(error, UnexpectedCharacters):
        return Spot(error.char, error.line, error.column), error.pos_in_stream or 0
    assert isinstance(error, UnexpectedToken)
    token = error.token
    if token.type == "$END":  # lark lends it the place of the last token
        return Spot("<EOF>", token.end_line or 1, token.end_column or 1), len(text)
    return Spot(str(token), token.line or 1, token.column or 1), token.start_pos or 0


def _list_accepted(before: str) -> set[str]:
    """The terminals that may follow a beginning.

    It is read once more, because the parser, before it sees that a token is wrong, may close what it could continue.
    """
    interactive = _load_parser().parse_interactive(before)
    interactive.exhaust_lexer()
    accepted: set[str] = interactive.accepts()  # type: ignore[no-untyped-call]  # lark gives it no types
    return accepted


def _hint(text: str, accepted: set[str]) -> str:
    if text in {"'", '"', "`"}:
        return " What this quotation mark opens is empty, or is not closed on its line."
    if text.upper() in RESERVED and "NAME" in accepted:
        return " A name that is a reserved word stands in back quotes."
    return ""


def _list_expected(accepted: set[str]) -> str:
    """Terminals in words: "a name", "a value", ORDER."""
    groups = {word: terminals for word, terminals in _GROUPS.items() if terminals <= accepted}
    single = accepted.difference(*groups.values())
    words = sorted({*groups, *(_WORDS.get(terminal, terminal) for terminal in single)})
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
