"""Query messages as GQL, in one of the many ways to write them.

A `random.Random` chooses among spellings that mean the same, and which values are bound instead of written; what has no
literal (points, entities, NaN) is always bound.
"""

import base64
import math
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.emulator.gql.asking import GqlQuery, bind

Message = Any
_ESCAPED = {"\\": "\\\\", "\n": "\\n"}
_OPTIONAL = {"\0": "\\0", "\b": "\\b", "\r": "\\r", "\t": "\\t", "\x1a": "\\Z", "'": "\\'", '"': '\\"', "`": "\\`"}
_COMPARISONS = {"<": 1, "<=": 2, ">": 3, ">=": 4, "=": 5, "!=": 9}
_FORWARD = {number: sign for sign, number in _COMPARISONS.items()} | {6: "IN", 11: "HAS ANCESTOR", 13: "NOT IN"}
_BACKWARD = {1: ">", 2: ">=", 3: "<", 4: "<=", 5: "=", 9: "!=", 11: "HAS DESCENDANT"}
_EQUAL = 5


class Printer:
    """Writes one query; the parameters that it binds are in `gql`."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._kind = ""
        self.gql = GqlQuery(allow_literals=True)

    def print_query(self, query: Message) -> str:
        """SELECT ... OFFSET ..."""
        self._kind = query.kind[0].name if query.kind else ""
        parts = [self._word("SELECT"), self._selection(query)]
        if query.kind:
            parts += [self._word("FROM"), self._name(self._kind)]
        if query.HasField("filter"):
            parts += [self._word("WHERE"), self._filter(query.filter)]
        if query.order:
            parts += [self._word("ORDER BY"), self._list(map(self._order, query.order))]
        return " ".join([*parts, self._limit(query), self._offset(query)])

    def print_aggregation_query(self, message: Message) -> str:
        """AGGREGATE ... OVER (...)."""
        over = self.print_query(message.nested_query)
        aggregations = self._list(map(self._aggregation, message.aggregations))
        return f"{self._word('AGGREGATE')} {aggregations} {self._word('OVER')} ({over})"

    def _aggregation(self, message: Message) -> str:
        operator = message.WhichOneof("operator")
        alias = f" {self._word('AS')} {self._name(message.alias)}" if message.alias else ""
        if operator != "count":
            return f"{self._word(operator)}({self._property(getattr(message, operator).property.name)}){alias}"
        if message.count.HasField("up_to"):
            return f"{self._word('COUNT_UP_TO')}({message.count.up_to.value}){alias}"
        return f"{self._word('COUNT')}(*){alias}"

    def _selection(self, query: Message) -> str:
        projection = [self._property(projected.property.name) for projected in query.projection]
        distinct = [self._property(reference.name) for reference in query.distinct_on]
        names = [projected.property.name for projected in query.projection]
        if distinct and names == [reference.name for reference in query.distinct_on] and self._random.random() < 0.5:
            return f"{self._word('DISTINCT')} {self._list(projection)}"
        on = f"{self._word('DISTINCT ON')} ({self._list(distinct)}) " if distinct else ""
        return on + (self._list(projection) or "*")

    def _order(self, order: Message) -> str:
        directions = ["ASC", ""] if order.direction == 1 else ["DESC"]
        return f"{self._property(order.property.name)} {self._word(self._random.choice(directions))}"

    def _limit(self, query: Message) -> str:
        positions = [self._count(query.limit.value)] if query.HasField("limit") else []
        positions += [self._bind(query.end_cursor)] if query.end_cursor else []
        self._random.shuffle(positions)
        if not positions:
            return ""
        return f"{self._word('LIMIT')} " + (positions[0] if len(positions) == 1 else f"FIRST({self._list(positions)})")

    def _offset(self, query: Message) -> str:
        positions = [self._bind(query.start_cursor)] if query.start_cursor else []
        positions += [self._count(query.offset)] if query.offset else []
        return f"{self._word('OFFSET')} {' + '.join(positions)}" if positions else ""

    def _count(self, count: int) -> str:
        return self._bind(count) if self._random.random() < 0.3 else str(count)

    def _filter(self, message: Message) -> str:
        if message.HasField("property_filter"):
            written = self._condition(message.property_filter)
            return f"({written})" if self._random.random() < 0.2 else written
        junction = self._word({1: "AND", 2: "OR"}[message.composite_filter.op])
        return f" {junction} ".join(self._part(part, message) for part in message.composite_filter.filters)

    def _part(self, part: Message, whole: Message) -> str:
        """A part in parentheses, but where an AND in an OR can do without."""
        binds_closer = (part.composite_filter.op, whole.composite_filter.op) == (1, 2) and self._random.random() < 0.5
        written = self._filter(part)
        return f"({written})" if part.HasField("composite_filter") and not binds_closer else written

    def _condition(self, message: Message) -> str:
        written = self._property(message.property.name)
        if message.op == _EQUAL and message.value == _null(message) and self._random.random() < 0.5:
            return f"{written} {self._word('IS NULL')}"
        value = self._value(message.value)
        if message.op in _BACKWARD and self._random.random() < 0.4:
            backward = self._choose(_BACKWARD[message.op], "IN" if message.op == _EQUAL else "")
            return f"{value} {self._word(backward)} {written}"
        forward = self._choose(_FORWARD[message.op], "CONTAINS" if message.op == _EQUAL else "")
        return f"{written} {self._word(forward)} {value}"

    def _value(self, value: Message) -> str:
        written = "" if self._random.random() < 0.2 else self._literal(value)
        return written or self._bind(value)

    def _literal(self, value: Message) -> str:
        """The value as a literal, empty if it has none."""
        if value.meaning or value.exclude_from_indexes:
            return ""
        type_of_value = value.WhichOneof("value_type") or ""
        write = getattr(self, f"_write_{type_of_value}", None)
        return str(write(getattr(value, type_of_value))) if write else ""

    def _write_null_value(self, _: int) -> str:
        return self._word("NULL")

    def _write_boolean_value(self, content: bool) -> str:
        return self._word(str(content))

    def _write_integer_value(self, content: int) -> str:
        return self._choose("", "+") + str(content) if content >= 0 else str(content)

    def _write_double_value(self, content: float) -> str:
        return repr(content) if math.isfinite(content) else ""

    def _write_string_value(self, content: str) -> str:
        return self._quote(content, self._choose("'", '"'))

    def _write_blob_value(self, content: bytes) -> str:
        encoded = base64.urlsafe_b64encode(content).decode().rstrip("=")
        return f"{self._word('BLOB')}({self._quote(encoded, self._choose(QUOTE, QUOTES))})"

    def _write_timestamp_value(self, content: Message) -> str:
        zone = timezone(timedelta(minutes=self._random.choice([-480, -1, 0, 59, 330])))
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        moment = (epoch + timedelta(seconds=content.seconds, microseconds=content.nanos // 1000)).astimezone(zone)
        written = moment.isoformat().replace("+00:00", self._choose("Z", "z"))
        return f"{self._word('DATETIME')}('{written}')"

    def _write_array_value(self, content: Message) -> str:
        values = self._list(map(self._value, content.values))
        return f"{self._word('ARRAY')}({values})" if values else ""

    def _write_key_value(self, content: Message) -> str:
        place = content.partition_id
        names = {"PROJECT": place.project_id, "DATABASE": place.database_id, "NAMESPACE": place.namespace_id}
        parts = [f"{self._word(what)}({self._quote(name, QUOTE)})" for what, name in names.items()]
        for element in content.path:
            last = self._quote(element.name, QUOTES) if element.WhichOneof("id_type") == "name" else str(element.id)
            parts += [self._name(element.kind), last]
        return f"{self._word('KEY')}({self._list(parts)})"

    def _bind(self, parameter: Any) -> str:
        if self._random.random() < 0.5:
            self.gql.positional_bindings.append(bind(parameter))
            return f"@{len(self.gql.positional_bindings)}"
        name = self._random.choice(["p", "P", "$", "_x", "select"]) + str(len(self.gql.named_bindings))
        self.gql.named_bindings[name].CopyFrom(bind(parameter))
        return f"@{name}"

    def _property(self, name: str) -> str:
        """Segment by segment where it has any, else as one quoted name; only then the kind may be left out."""
        segments = name.split(".")
        if not all(segments) or self._random.random() < 0.3:
            return self._quote(name, "`")
        qualified = self._kind and (segments[0] == self._kind or self._random.random() < 0.3)
        return ".".join(map(self._name, [self._kind, *segments] if qualified else segments))

    def _name(self, name: str) -> str:
        plain = name.isascii() and name.isidentifier() and name.upper() in {"NAME", "KEY", "FIRST", "OVER", "__KEY__"}
        return name if plain and self._random.random() < 0.8 else self._quote(name, "`")

    def _quote(self, content: str, quote: str) -> str:
        written = []
        for character in content:
            required = _ESCAPED.get(character) or (quote * 2 if character == quote else "")
            optional = _OPTIONAL.get(character)
            written.append(optional if optional and self._random.random() < 0.5 else required or character)
        return quote + "".join(written) + quote

    def _word(self, word: str) -> str:
        return self._choose(word.upper(), word.lower())

    def _choose(self, one: str, other: str) -> str:
        return one if not other or self._random.random() < 0.5 else other

    def _list(self, parts: Any) -> str:
        return self._choose(", ", ",").join(parts)


QUOTE, QUOTES = "'", '"'


def _null(message: Message) -> Message:
    return type(message.value)(null_value=0)
