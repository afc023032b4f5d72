"""google-cloud-ndb."""

from collections.abc import Iterator
from typing import Any

import pytest

from consistency.emulator.library import Emulator

ndb = pytest.importorskip("google.cloud.ndb", reason="google-cloud-ndb is not installed")
pytestmark = pytest.mark.slow


class Song(ndb.Model):  # type: ignore[misc,name-defined] # the library has no types
    """One entity."""

    title = ndb.StringProperty()
    number = ndb.IntegerProperty()
    tags = ndb.StringProperty(repeated=True)


@pytest.fixture(autouse=True)
def context(emulator: Emulator) -> Iterator[Any]:
    """Without the library's own cache, so that the emulator is what answers."""
    with ndb.Client().context(cache_policy=False) as opened:
        yield opened


class TestNdb:
    def test_put_and_get(self) -> None:
        """What was put is found, what was deleted is not."""
        key = Song(id="waltz", title="Blue", tags=["a", "b"]).put()
        assert key.get().tags == ["a", "b"]
        key.delete()
        assert key.get() is None
        assert Song(title="nameless").put().id() > 0
        assert len(Song.allocate_ids(3)) == 3

    def test_all_pages(self) -> None:
        """A long query gives everything once, at one go and page by page."""
        ndb.put_multi([Song(id=f"{k:05}", number=k, title="old" if k % 2 else "new") for k in range(450)])
        query = Song.query().order(Song.number)
        assert [song.number for song in query] == list(range(450))
        found, cursor, more = [], None, True
        while more:
            page, cursor, more = query.fetch_page(100, start_cursor=cursor)
            found += [song.number for song in page]
        assert found == list(range(450))
        assert len(Song.query(Song.title == "old").fetch(keys_only=True)) == 225

    def test_a_transaction(self) -> None:
        """It is applied as a whole, or not at all."""
        key = Song(id="waltz", number=1).put()

        @ndb.transactional()  # type: ignore[untyped-decorator] # the library has no types
        def play(*, fail: bool) -> None:
            song = key.get()
            song.number += 1
            song.put()
            if fail:
                raise ZeroDivisionError

        play(fail=False)
        with pytest.raises(ZeroDivisionError):
            play(fail=True)
        assert key.get().number == 2

    @pytest.mark.usefixtures("_aggregations")
    def test_aggregation(self) -> None:
        """Counting."""
        ndb.put_multi([Song(number=k) for k in range(10)])
        assert Song.query(Song.number < 4).count() == 4
