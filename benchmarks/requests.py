"""What the loads ask: raw requests as bytes, with the number of the entity filled in by replacing digits.

10,000 songs lie under 1,000 albums. A song has two indexed properties, its own text and a timestamp, as in the founding
experiments. Every request of one kind is as long as every other, so that a client can prepare the rest of it.
"""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from consistency.emulator.values.messages import CommitRequest, LookupRequest, RunQueryRequest

SERVICE = "/google.datastore.v1.Datastore/"
LOOKUP, RUN_QUERY, COMMIT = (SERVICE + name for name in ("Lookup", "RunQuery", "Commit"))
PROJECT = "benchmarks"
SONGS, SONGS_OF_ALBUM = 10_000, 10
FILLED_AT_ONCE = 400  # a commit takes 500 mutations
WRITTEN_S = 1_700_000_000
_ALBUM, _SONG = b"a!!!!!!!!", b"s!!!!!!!!"
_EQUAL, _HAS_ANCESTOR, _NON_TRANSACTIONAL, _EVENTUAL = 5, 11, 2, 2
_STRIDE = 7_919  # prime: neighbours in time are no neighbours in the store


def make_lookups(songs: int, *, eventual: bool = False) -> Callable[[], bytes]:
    """One song after the other, by key."""
    request = LookupRequest(project_id=PROJECT)
    if eventual:
        request.read_options.read_consistency = _EVENTUAL
    _fill_key(request.keys.add(), album=True)
    return _filling(request, _numbers(songs))


def make_equalities(songs: int) -> Callable[[], bytes]:
    """The one song with a certain text, among all."""
    return _filling(_ask_text(), _numbers(songs))


def make_ancestors(songs: int) -> Callable[[], bytes]:
    """The ten songs of one album."""
    request = RunQueryRequest(project_id=PROJECT, partition_id={"project_id": PROJECT})
    request.query.kind.add().name = "Song"
    condition = request.query.filter.property_filter
    condition.property.name, condition.op = "__key__", _HAS_ANCESTOR
    key = condition.value.key_value
    key.partition_id.project_id = PROJECT
    key.path.add(kind="Album", name=_ALBUM.decode())
    return _filling(request, _numbers(songs))


def ask_in_order() -> bytes:
    """The first song by time and then text, which needs a composite index."""
    request = RunQueryRequest(project_id=PROJECT, partition_id={"project_id": PROJECT})
    request.query.kind.add().name = "Song"
    for name in ("written", "text"):
        request.query.order.add().property.name = name
    request.query.limit.value = 1
    content: bytes = request.SerializeToString()
    return content


def make_commits(start: int) -> Callable[[], bytes]:
    """Upserts of songs that are not there yet, one in a commit, outside of albums and transactions."""
    request = CommitRequest(project_id=PROJECT, mode=_NON_TRANSACTIONAL)
    _add_song(request, _SONG.decode(), album="")
    return _filling(request, count(start))


def fill_songs(songs: int, written_s: int = WRITTEN_S) -> Iterator[bytes]:
    """Commits that write the songs of the lookups and queries."""
    for first in range(0, songs, FILLED_AT_ONCE):
        request = CommitRequest(project_id=PROJECT, mode=_NON_TRANSACTIONAL)
        for number in range(first, min(first + FILLED_AT_ONCE, songs)):
            _add_song(request, f"s{number:08}", album=f"a{number // SONGS_OF_ALBUM:08}", written_s=written_s)
        content: bytes = request.SerializeToString()
        yield content


def _numbers(songs: int) -> Iterator[int]:
    return (number * _STRIDE % songs for number in count())


def _filling(request: Any, numbers: Iterator[int]) -> Callable[[], bytes]:
    pattern: bytes = request.SerializeToString()

    def make() -> bytes:
        number = next(numbers)
        content = pattern.replace(_SONG, b"s%08d" % number)
        return content.replace(_ALBUM, b"a%08d" % (number // SONGS_OF_ALBUM))

    return make


def _ask_text() -> Any:
    request = RunQueryRequest(project_id=PROJECT, partition_id={"project_id": PROJECT})
    request.query.kind.add().name = "Song"
    condition = request.query.filter.property_filter
    condition.property.name, condition.op = "text", _EQUAL
    condition.value.string_value = _SONG.decode()
    return request


def _add_song(request: Any, name: str, *, album: str, written_s: int = WRITTEN_S) -> None:
    song = request.mutations.add().upsert
    _fill_key(song.key, album=bool(album), name=name, album_name=album)
    song.properties["text"].string_value = name
    song.properties["written"].timestamp_value.seconds = written_s


def _fill_key(key: Any, *, album: bool, name: str = _SONG.decode(), album_name: str = _ALBUM.decode()) -> None:
    key.partition_id.project_id = PROJECT
    if album:
        key.path.add(kind="Album", name=album_name)
    key.path.add(kind="Song", name=name)
