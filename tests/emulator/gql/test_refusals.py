"""What is not GQL is refused with its place, and with what could have stood there."""

import pytest

from consistency.emulator.gql.builder import RESERVED
from consistency.emulator.status import Code, ServiceError
from consistency.emulator.values.messages import RunQueryResponse
from tests.emulator.gql.asking import Value, ask

MISPLACED = [
    ("", '"<EOF>" at line 1, column 1', "AGGREGATE or SELECT"),
    ("  \n ", '"<EOF>" at line 1, column 1', "AGGREGATE or SELECT"),
    ("DELETE FROM k", '"DELETE" at line 1, column 1', "AGGREGATE or SELECT"),
    ("SELECT", '"<EOF>" at line 1, column 7', '"*", AVG, COUNT, COUNT_UP_TO, DISTINCT, SUM or a name'),
    ("SELECT a,", '"<EOF>" at line 1, column 10', "a name"),
    ("SELECT a, *", '"*" at line 1, column 11', "a name"),
    ("SELECT a.", '"<EOF>" at line 1, column 10', "a name"),
    ("SELECT DISTINCT *", '"*" at line 1, column 17', "ON or a name"),
    ("SELECT DISTINCT ON a", '"a" at line 1, column 20', '"("'),
    ("SELECT * FROM", '"<EOF>" at line 1, column 14', "a name"),
    ("SELECT * FROM 'k'", '"\'k\'" at line 1, column 15', "a name"),
    ("SELECT * FROM k, l", '"," at line 1, column 16', '";", LIMIT, OFFSET, ORDER, WHERE or the end'),
    ("SELECT * FROM k.l", '"." at line 1, column 16', '";", LIMIT, OFFSET, ORDER, WHERE or the end'),
    ("SELECT * FROM k; SELECT *", '"SELECT" at line 1, column 18', "the end"),
    ("SELECT *\nFROM k\n  WHERE", '"<EOF>" at line 3, column 8', '"(", a name or a value'),
    ("SELECT * FROM k WHEREx = 1", '"WHEREx" at line 1, column 17', '";", LIMIT, OFFSET, ORDER, WHERE or the end'),
    ("SELECT * WHERE a", '"<EOF>" at line 1, column 17', '".", CONTAINS, HAS, IN, IS, NOT or a comparator'),
    ("SELECT * WHERE a = b", '"b" at line 1, column 20', "a value"),
    ("SELECT * WHERE 1 = 2", '"2" at line 1, column 20', "a name"),
    ("SELECT * WHERE a == 1", '"=" at line 1, column 19', "a value"),
    ("SELECT * WHERE a = 1 AND", '"<EOF>" at line 1, column 25', '"(", a name or a value'),
    ("SELECT * WHERE (a = 1", '"<EOF>" at line 1, column 22', '")", AND or OR'),
    ("SELECT * WHERE a = 1)", '")" at line 1, column 21', '";", AND, LIMIT, OFFSET, OR, ORDER or the end'),
    ("SELECT * WHERE a IS 1", '"1" at line 1, column 21', "NULL"),
    ("SELECT * WHERE NULL IS a", '"IS" at line 1, column 21', "HAS, IN or a comparator"),
    ("SELECT * WHERE 1 CONTAINS a", '"CONTAINS" at line 1, column 18', "HAS, IN or a comparator"),
    ("SELECT * WHERE 1 NOT IN a", '"NOT" at line 1, column 18', "HAS, IN or a comparator"),
    ("SELECT * WHERE a NOT 1", '"1" at line 1, column 22', "IN"),
    ("SELECT * WHERE __key__ HAS KEY(k, 1)", '"KEY" at line 1, column 28', "ANCESTOR"),
    ("SELECT * WHERE KEY(k, 1) HAS ANCESTOR __key__", '"ANCESTOR" at line 1, column 30', "DESCENDANT"),
    ("SELECT * WHERE a = KEY()", '")" at line 1, column 24', "a name"),
    ("SELECT * WHERE a = KEY('k', 1)", '"\'k\'" at line 1, column 24', "a name"),
    ("SELECT * WHERE a = KEY(k)", '")" at line 1, column 25', '","'),
    ("SELECT * WHERE a = KEY(k, @id)", '"@id" at line 1, column 27', "a string or an integer"),
    ("SELECT * WHERE a = KEY(k, 1.0)", '"1.0" at line 1, column 27', "a string or an integer"),
    ("SELECT * WHERE a = KEY(NAMESPACE('n'), PROJECT('p'), k, 1)", '"(" at line 1, column 47', '","'),
    ("SELECT * WHERE a = ARRAY()", '")" at line 1, column 26', "a value"),
    ("SELECT * WHERE a = BLOB(1)", '"1" at line 1, column 25', "a string"),
    ("SELECT * WHERE a = GEOPOINT(1, 2)", '"GEOPOINT" at line 1, column 20', "a value"),
    ("SELECT * ORDER a", '"a" at line 1, column 16', "BY"),
    ("SELECT * ORDER BY 1", '"1" at line 1, column 19', "a name"),
    ("SELECT * OFFSET 1 LIMIT 1", '"LIMIT" at line 1, column 19', '"+", ";" or the end'),
    ("SELECT * LIMIT 1, 2", '"," at line 1, column 17', '";", OFFSET or the end'),
    ("SELECT * LIMIT 1.5", '"1.5" at line 1, column 16', "FIRST, a binding or an integer"),
    ("SELECT * LIMIT FIRST(1)", '")" at line 1, column 23', '","'),
    ("SELECT * OFFSET @c +17", '"+17" at line 1, column 20', '"+", ";" or the end'),
    ("SELECT COUNT(a)", '"a" at line 1, column 14', '"*"'),
    ("SELECT COUNT(*), a", '"a" at line 1, column 18', "AVG, COUNT, COUNT_UP_TO or SUM"),
    ("SELECT COUNT(*) ORDER BY a", '"ORDER" at line 1, column 17', '",", ";", AS, FROM, WHERE or the end'),
    ("SELECT COUNT_UP_TO(@n)", '"@n" at line 1, column 20', "an integer"),
    ("SELECT SUM(*)", '"*" at line 1, column 12', "a name"),
    ("AGGREGATE COUNT(*)", '"<EOF>" at line 1, column 19', '",", AS or OVER'),
    ("AGGREGATE COUNT(*) OVER (SELECT COUNT(*))", '"COUNT" at line 1, column 33', '"*", DISTINCT or a name'),
    ("AGGREGATE COUNT(*) OVER SELECT *", '"SELECT" at line 1, column 25', '"("'),
    ("SELECT * WHERE a = #", '"#" at line 1, column 20', "a value"),
    ("SELECT * WHERE a = @", '"@" at line 1, column 20', "a value"),
    ("SELECT * WHERE 🐌 = 1", '"🐌" at line 1, column 16', '"(", a name or a value'),
]  # fmt: skip

DEEPEST = "(b = 2 OR b = 3)"
WRONG = [
    ("SELECT like", "The name like at line 1, column 8 is a reserved word; as a name it stands in back quotes."),
    ("SELECT * WHERE a = 'x\\R'", r"The escape \R in 'x\R' at line 1, column 20 is none of GQL's."),
    ("SELECT `a\\x`", r"The escape \x in `a\x` at line 1, column 8 is none of GQL's."),
    ("SELECT * WHERE a = 9223372036854775808", "The integer 9223372036854775808 at line 1, column 20 does not fit"),
    ("SELECT * WHERE a = -9223372036854775809", "The integer -9223372036854775809 at line 1, column 20 does not fit"),
    ("SELECT * WHERE a = " + "9" * 5_000, "The integer " + "9" * 37 + "... at line 1, column 20 does not fit"),
    ("SELECT * WHERE a = -1e999", "The double -1e999 at line 1, column 20 is too large."),
    ("SELECT * WHERE a = BLOB('ab=')", "The blob 'ab=' at line 1, column 25 is not base64"),
    ("SELECT * WHERE a = BLOB('+/8')", "The blob '+/8' at line 1, column 25 is not base64"),
    ("SELECT * WHERE a = BLOB('abcde')", "The blob 'abcde' at line 1, column 25 is not base64"),
    ("SELECT * WHERE a = ARRAY(1, ARRAY(2))", "An array cannot contain the array ARRAY at line 1, column 29."),
    ("SELECT * WHERE a = ARRAY(@array)", "An array cannot contain the array @array at line 1, column 26."),
    ("SELECT * WHERE a = KEY(k, 0)", "The id 0 at line 1, column 27 in a key must be greater than 0."),
    ("SELECT * WHERE a = KEY(k, -5)", "The id -5 at line 1, column 27 in a key must be greater than 0."),
    ("SELECT * WHERE a = KEY(k, '')", "The name '' at line 1, column 27 in a key is empty."),
    ("SELECT * WHERE a IN 1", "IN needs an array of at least one value, not 1 at line 1, column 21."),
    ("SELECT * WHERE a IN @empty", "IN needs an array of at least one value, not @empty at line 1, column 21."),
    ("SELECT * WHERE a NOT IN 'x'", "NOT IN needs an array of at least one value, not 'x' at line 1, column 25."),
    ("SELECT * WHERE a HAS ANCESTOR KEY(k, 1)", "Only __key__ can have an ancestor, not a at line 1, column 16."),
    ("SELECT * WHERE __key__ HAS ANCESTOR 1", "An ancestor must be a key, not 1 at line 1, column 37."),
    ("SELECT * WHERE 'x' HAS DESCENDANT __key__", "An ancestor must be a key, not 'x' at line 1, column 16."),
    ("SELECT DISTINCT ON (a, c) a, b", "DISTINCT ON names c at line 1, column 24, which is not among the selected"),
    ("SELECT * LIMIT -1", "The count -1 at line 1, column 16 is -1, not between 0 and 2147483647."),
    ("SELECT * LIMIT 2147483648", "The count 2147483648 at line 1, column 16 is 2147483648, not between"),
    ("SELECT * OFFSET -1", "The count -1 at line 1, column 17 is -1, not between"),
    ("SELECT * LIMIT FIRST(1, 2)", "LIMIT FIRST needs one count and one cursor, unlike 1 at line 1, column 22 and"),
    ("SELECT * LIMIT FIRST(@c, @c)", "LIMIT FIRST needs one count and one cursor, unlike @c at line 1, column 22"),
    ("SELECT * OFFSET 1 + 2", "OFFSET with + needs a cursor and then a count, unlike 1 at line 1, column 17"),
    ("SELECT * OFFSET 1 + @c", "OFFSET with + needs a cursor and then a count"),
    ("SELECT * OFFSET @c + @c", "OFFSET with + needs a cursor and then a count"),
    ("SELECT COUNT_UP_TO(-1)", "The count -1 at line 1, column 20 is negative."),
    ("SELECT " + "a" * 65_530, "The GQL query has 65537 characters; at most 65536 are accepted."),
    ("SELECT * WHERE " + "(a = 1 OR (a = 1 AND " * 20 + DEEPEST + "))" * 20, "AND and OR are nested more than 40"),
]  # fmt: skip

TIMES = [
    "2013-02-29T00:00:00Z",  # no such day
    "2013-13-01T00:00:00Z",
    "2013-01-01T24:00:00Z",
    "2013-01-01T00:60:00Z",
    "2016-12-31T23:59:60Z",  # a leap second
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",  # in the year before
    "9999-12-31T23:59:59-00:01",
    "2013-01-01 00:00:00Z",
    "2013-01-01T00:00:00",
    "2013-01-01T00:00Z",
    "2013-1-1T00:00:00Z",
    "2013-01-01T00:00:00.Z",
    "2013-01-01T00:00:00.1234567Z",
    "2013-01-01T00:00:00+00:00",  # zero is written Z
    "2013-01-01T00:00:00-00:00",
    "2013-01-01T00:00:00+24:00",
    "2013-01-01T00:00:00+01:60",
    "2013-01-01T00:00:00+0100",
    "２０１３-01-01T00:00:00Z",
    "",
]


def refusal(text: str, allow_literals: bool = True) -> str:
    empty, array = Value(), Value()
    empty.array_value.SetInParent()
    array.array_value.values.add(integer_value=1)
    with pytest.raises(ServiceError) as caught:
        ask(text, allow_literals=allow_literals, empty=empty, array=array, c=b"C")
    assert caught.value.code == Code.INVALID_ARGUMENT
    return caught.value.message


class TestSyntax:
    """The first thing that does not belong where it stands."""

    @pytest.mark.parametrize(("text", "found", "expected"), MISPLACED)
    def test_misplaced(self, text: str, found: str, expected: str) -> None:
        """Found, place and expectation."""
        assert refusal(text).startswith(f"Encountered {found}. Was expecting {expected}.")

    @pytest.mark.parametrize("text", ["'open", '"open', "'two\nlines'", "`", "``", "'ends in \\'"])
    def test_unclosed_quotation(self, text: str) -> None:
        """The mark that opened it is named."""
        message = refusal(f"SELECT * WHERE a = {text}")
        assert message.startswith(f'Encountered "{text[0]}" at line 1, column 20.')
        assert message.endswith("What this quotation mark opens is empty, or is not closed on its line.")

    @pytest.mark.parametrize("word", sorted(RESERVED - {"COUNT", "COUNT_UP_TO", "SUM", "AVG"}))
    def test_reserved_words_are_no_names(self, word: str) -> None:
        """In either case of letters, but in back quotes; and the refusal says so."""
        for spelled in (word, word.lower()):
            assert "back quotes" in refusal(f"SELECT a FROM {spelled}")
            assert ask(f"SELECT `{spelled}` FROM {spelled}x").query.projection[0].property.name == spelled

    @pytest.mark.parametrize("word", ["COUNT", "COUNT_UP_TO", "SUM", "AVG"])
    def test_aggregators_are_no_names(self, word: str) -> None:
        """They are reserved like the others."""
        assert "back quotes" in refusal(f"SELECT * WHERE {word.lower()} > 3")

    def test_long_texts_are_cut(self) -> None:
        """A message stays readable."""
        assert len(refusal("SELECT * FROM '" + "x" * 10_000 + "'")) < 200


class TestMeaning:
    """What reads well but cannot be."""

    @pytest.mark.parametrize(("text", "expected"), WRONG)
    def test_wrong(self, text: str, expected: str) -> None:
        """The sentence names the place."""
        assert refusal(text).startswith(expected)

    @pytest.mark.parametrize("text", TIMES)
    def test_times_that_are_none(self, text: str) -> None:
        """The reference's rules, which are narrower than RFC 3339's."""
        assert refusal(f"SELECT * WHERE a = DATETIME('{text}')").startswith(f"The time '{text}' at line 1, column 29 ")

    def test_depth_is_counted_in_junctions(self) -> None:
        """A reply with forty can be read by a client, and parentheses alone cost nothing."""
        forty = "(a = 1 OR (a = 1 AND " * 19 + "(a = 1 OR (a = 1 AND b = KEY(k, 1)))" + "))" * 19
        reply = RunQueryResponse(query=ask(f"SELECT * WHERE {forty}").query)
        assert RunQueryResponse.FromString(reply.SerializeToString()) == reply
        assert ask("SELECT * WHERE " + "(" * 1_500 + "a = 1" + ")" * 1_500).query.filter.property_filter.op

    @pytest.mark.parametrize("text", ["ARRAY(" * 1_500, "(a = 1 OR (a = 1 AND " * 750])
    def test_depth_does_not_exhaust_the_stack(self, text: str) -> None:
        """Closed or not, it is refused like any other mistake."""
        closed = "1" + ")" * 1_500 if text.startswith("ARRAY") else "b = 1" + "))" * 750
        for query in (f"a = {text}", f"a = {text}{closed}", text, text + closed):
            assert refusal(f"SELECT * WHERE {query}")


class TestLiterals:
    """A request that does not allow literals."""

    @pytest.mark.parametrize(
        ("text", "literal"),
        [
            ("SELECT * WHERE a = 'x'", "'x' at line 1, column 20"),
            ("SELECT * WHERE 5 > a", "5 at line 1, column 16"),
            ("SELECT * WHERE a = 1.5", "1.5 at line 1, column 20"),
            ("SELECT * WHERE a = TRUE", "TRUE at line 1, column 20"),
            ("SELECT * WHERE a = NULL", "NULL at line 1, column 20"),
            ("SELECT * WHERE a = KEY(k, 1)", "KEY at line 1, column 20"),
            ("SELECT * WHERE a = BLOB('')", "BLOB at line 1, column 20"),
            ("SELECT * WHERE a = DATETIME('')", "DATETIME at line 1, column 20"),
            ("SELECT * WHERE a IN ARRAY(@array)", "ARRAY at line 1, column 21"),
            ("SELECT * LIMIT 5", "5 at line 1, column 16"),
            ("SELECT * LIMIT FIRST(@c, 5)", "5 at line 1, column 26"),
            ("SELECT * OFFSET @c + 5", "5 at line 1, column 22"),
            ("SELECT COUNT_UP_TO(5)", "5 at line 1, column 20"),
            ("AGGREGATE COUNT(*) OVER (SELECT * LIMIT 5)", "5 at line 1, column 41"),
        ],
    )
    def test_each_is_refused(self, text: str, literal: str) -> None:
        """Counts too."""
        expected = f"Disallowed literal: {literal}. Without allow_literals each value must be bound."
        assert refusal(text, allow_literals=False) == expected

    def test_without_literals_nothing_is_refused(self) -> None:
        """IS NULL is a comparison, not a literal."""
        text = "SELECT a FROM k WHERE a IS NULL AND b = @b ORDER BY a LIMIT @n"
        assert ask(text, allow_literals=False, b=1, n=2).query.limit.value == 2
        assert ask("SELECT COUNT(*), SUM(a)", allow_literals=False).aggregation
