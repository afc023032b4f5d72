"""EDN: what is read, what is written, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.errors import ConsistencyError
from consistency.interchange.edn import Word, parse_forms, write_form

ATOMS = st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from("abc").map(Word)
FORMS = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(ATOMS, max_size=3),
    max_leaves=12,
)


class TestReading:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("nil", None),
            ("true", True),
            ("-12", -12),
            ("12N", 12),
            ("1.5e3", 1500.0),
            (":ok", Word("ok")),
            ("jepsen.util", Word("jepsen.util")),
            ('"a \\"b\\"\\n"', 'a "b"\n'),
            ("\\a", "a"),
            ("[1, 2 (3)]", (1, 2, (3,))),
            ("#{1 2}", frozenset({1, 2})),
            ("#jepsen.history.Op{:index 0, :value [:r nil]}", {Word("index"): 0, Word("value"): (Word("r"), None)}),
            ("[1 #_ 2 3] ; more", (1, 3)),
        ],
    )  # fmt: skip
    def test_forms(self, text: str, value: object) -> None:
        """Tags are dropped, commas are blanks, comments are nothing."""
        assert list(parse_forms(text)) == [value]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("[1 2", "Line 1 is never closed: ["),
            ("\n[1 }", "Line 2 closes [ with }."),
            ("]", "Line 1 closes what is not open: ]."),
            ("{:a}", "Line 1: a map needs a value for each key."),
            ('"never ends', "Line 1 is not EDN"),
            ("#_", "Line 1 is followed by nothing"),
        ],
    )
    def test_mistakes(self, text: str, told: str) -> None:
        """In one sentence with its line."""
        with pytest.raises(ConsistencyError, match="Line") as raised:
            list(parse_forms(text))
        assert str(raised.value).startswith(told)

    @given(FORMS)
    def test_what_is_written_comes_back(self, value: object) -> None:
        """Every value, on one line."""
        text = write_form(value)
        assert "\n" not in text
        assert list(parse_forms(text)) == [value]
