"""How much composite indexes hold of one entity, and what is too much."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.emulator.engine.partitions import Columns
from consistency.emulator.indexes.composites import compose_rows
from consistency.emulator.indexes.definitions import IndexDefinition, write_definitions
from consistency.emulator.indexes.sizes import measure_rows
from consistency.emulator.status import ServiceError
from consistency.emulator.values.keys import KEY, read_key
from tests.emulator.embedded import Embedded
from tests.emulator.talk import Talk, upsert

PATH = read_key(Talk(lambda _, request: request).key("Root", "r", "Kind", 7), "p", "").path
entries = st.dictionaries(st.tuples(st.sampled_from("abc"), st.binary(max_size=3)), st.none(), max_size=9)
names = st.lists(st.sampled_from(["a", "b", KEY]), min_size=1, max_size=3, unique=True)


@given(entries, names, st.booleans())
def test_the_measure_is_that_of_the_rows(held: dict[tuple[str, bytes], None], named: list[str], ancestor: bool) -> None:
    """In number and in bytes, though none is made."""
    columns = tuple((name, False) for name in named)
    rows = list(compose_rows(Columns(columns, ancestor), held, PATH))
    measured = measure_rows(IndexDefinition("Kind", ancestor, columns), held, PATH)
    assert measured == (len(rows), sum(len(item) for row in rows for item in row))


@pytest.mark.parametrize(
    ("numbers", "texts", "told"),
    [(100, 150, None), (100, 200, "index entries is longer than 20000 rows"), (20, 110, "longer than 2097152 bytes")],
)
def test_arrays_explode(tmp_path: Path, numbers: int, texts: int, told: str | None) -> None:
    """Two of them in one index have a row for each pair; another kind's index does not count."""
    file = tmp_path / "index.yaml"
    columns = (("n", False), ("t", True))
    file.write_text(write_definitions(IndexDefinition(kind, ancestor=False, properties=columns) for kind in ("K", "L")))
    talk = Embedded(index_file=file).talk()
    text = "x" * (1000 if numbers == 20 else 1)
    mutation = upsert(talk.key("K", 1), n=list(range(numbers)), t=[f"{text}{number}" for number in range(texts)])
    if told is None:
        talk.commit(mutation)
        return
    with pytest.raises(ServiceError, match=told):
        talk.commit(mutation)
    mutation.upsert.key.path[0].kind = "Other"
    talk.commit(mutation)
