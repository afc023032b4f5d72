"""The parts of a GQL query as they were written, between the parser and the messages.

Names have lost their quotes here; constants and bindings have not yet become values, because that needs the request.
Each part that may turn out wrong later keeps its spot, so that the refusal can name the place.
"""

from typing import NamedTuple

_SHOWN_MAX = 40


class Spot(NamedTuple):
    """A piece of the query's text and where it begins, both counted from 1."""

    text: str
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The text, cut where it is too long for a message."""
        return self.text if len(self.text) <= _SHOWN_MAX else self.text[: _SHOWN_MAX - 3] + "..."

    def __str__(self) -> str:
        return f"{self.shown} at line {self.line}, column {self.column}"


class Name(NamedTuple):
    """A kind, an alias or one segment of a property."""

    text: str
    spot: Spot


class Property(NamedTuple):
    """A property's segments, the first of which may be the kind that it is of."""

    segments: tuple[str, ...]
    spot: Spot


class Constant(NamedTuple):
    """A string, number, truth value or NULL: `type` is the name of its terminal in the grammar."""

    type: str
    spot: Spot


class Binding(NamedTuple):
    """A binding site: @name or @1."""

    spot: Spot


class PathElement(NamedTuple):
    """A kind and an id or name."""

    kind: str
    id_or_name: Constant


class KeyLiteral(NamedTuple):
    """KEY(...): what it does not name of its partition is the query's."""

    spot: Spot
    project: Constant | None
    database: Constant | None
    namespace: Constant | None
    path: tuple[PathElement, ...]


class ArrayLiteral(NamedTuple):
    """ARRAY(...)."""

    spot: Spot
    values: "tuple[Value, ...]"


class BlobLiteral(NamedTuple):
    """BLOB('...'), in base64 of the alphabet for addresses."""

    spot: Spot
    content: Constant


class DatetimeLiteral(NamedTuple):
    """DATETIME('...'), after RFC 3339."""

    spot: Spot
    content: Constant


Value = Binding | Constant | KeyLiteral | ArrayLiteral | BlobLiteral | DatetimeLiteral
Position = Binding | Constant


class Condition(NamedTuple):
    """One comparison, turned so that the property stands on the left. IS NULL alone has no value."""

    property: Property
    operator: str
    value: Value | None


class Compound(NamedTuple):
    """Several filters joined by AND or OR; what stood in parentheses is a part of its own."""

    operator: str
    parts: "tuple[Filter, ...]"


Filter = Condition | Compound


class Order(NamedTuple):
    """A property of ORDER BY."""

    property: Property
    descending: bool


class Selection(NamedTuple):
    """What SELECT asks for: no projection means whole entities."""

    projection: tuple[Property, ...] = ()
    distinct_on: tuple[Property, ...] = ()


class Query(NamedTuple):
    """A query for entities. `limit` and `offset` hold one or two positions, or none."""

    selection: Selection
    kind: Name | None
    filter: Filter | None
    orders: tuple[Order, ...] = ()
    limit: tuple[Position, ...] = ()
    offset: tuple[Position, ...] = ()


class Aggregation(NamedTuple):
    """One aggregation: `operator` is count, sum or avg."""

    operator: str
    property: Property | None = None
    up_to: Constant | None = None
    alias: str = ""


class Aggregate(NamedTuple):
    """Aggregations over a query."""

    aggregations: tuple[Aggregation, ...]
    over: Query
