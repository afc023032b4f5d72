"""The parameters of a GQL query at their sites: @name and @1.

Every site needs its parameter, a value or a cursor as the place demands; every numbered parameter must have been used
at some site, while named ones may be left over. Where the request does not allow literals, each one is refused.
"""

import re

from consistency.emulator.gql.literals import INT32_MAX, read_integer
from consistency.emulator.gql.syntax import Binding, Position, Spot
from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Message

_NAME = re.compile(r"[A-Za-z_$][A-Za-z_$0-9]*")
_RESERVED = re.compile(r"__.*__")


class Bindings:
    """The parameters of one GqlQuery message, and which of the numbered ones have been used."""

    def __init__(self, gql: Message) -> None:
        self._named = gql.named_bindings
        self._numbered = gql.positional_bindings
        self._literals_allowed = gql.allow_literals
        self._used: set[int] = set()
        for name in self._named:
            if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
                raise invalid(
                    f'The name "{name}" of a binding is not of the form [A-Za-z_$][A-Za-z_$0-9]*, or reserved.'
                )

    def check_literal(self, spot: Spot) -> None:
        """Refuse a literal where the request demands bindings alone."""
        if not self._literals_allowed:
            raise invalid(f"Disallowed literal: {spot}. Without allow_literals each value must be bound.")

    def check_all_used(self) -> None:
        """Refuse a numbered parameter that no site names."""
        for number in range(1, len(self._numbered) + 1):
            if number not in self._used:
                raise invalid(f"The positional binding {number} is not used: the query has no site @{number}.")

    def find_value(self, site: Binding) -> Message:
        """The Value bound to a site of a value."""
        parameter = self._find(site.spot)
        if parameter.WhichOneof("parameter_type") != "value":
            raise invalid(f"The binding {site.spot} must be a value, not a cursor.")
        return parameter.value

    def find_position(self, position: Position) -> int | bytes:
        """A count of 0 to 2^31 - 1, written or bound, or a bound cursor."""
        spot = position.spot
        if isinstance(position, Binding):
            parameter = self._find(spot)
            if parameter.WhichOneof("parameter_type") == "cursor":
                cursor: bytes = parameter.cursor
                return cursor
            if parameter.value.WhichOneof("value_type") != "integer_value":
                raise invalid(f"The binding {spot} must be an integer or a cursor.")
            count: int = parameter.value.integer_value
        else:
            self.check_literal(spot)
            count = read_integer(spot)
        if not 0 <= count <= INT32_MAX:
            raise invalid(f"The count {spot} is {count}, not between 0 and {INT32_MAX}.")
        return count

    def _find(self, spot: Spot) -> Message:
        name = spot.text[1:]
        parameter = self._find_numbered(spot, name) if name[0].isdigit() else self._find_named(spot, name)
        if parameter.WhichOneof("parameter_type") is None:
            raise invalid(f"The binding {spot} has neither a value nor a cursor.")
        return parameter

    def _find_numbered(self, spot: Spot, digits: str) -> Message:
        number = int(digits) if len(digits) < 10 else INT32_MAX
        if not 1 <= number <= len(self._numbered):
            raise invalid(f"The binding site {spot} has no binding: there are {len(self._numbered)} positional ones.")
        self._used.add(number)
        return self._numbered[number - 1]

    def _find_named(self, spot: Spot, name: str) -> Message:
        if _RESERVED.fullmatch(name):
            raise invalid(f"The binding site {spot} has a reserved name.")
        if name not in self._named:
            raise invalid(f"The binding site {spot} has no binding of that name.")
        return self._named[name]
