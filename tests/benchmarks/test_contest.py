"""The contest with Google's emulators: what its loads ask, and how its lines judge. No figure of a real server."""

from collections.abc import Callable

import pytest

from benchmarks import contest, requests
from benchmarks.contest import BEFORE_QUERIES, QUERIES, Contest
from benchmarks.rivals import OURS
from consistency.emulator.service import Service
from consistency.emulator.settings import Settings
from consistency.emulator.values.messages import LookupResponse, RunQueryResponse

SONGS = 100


@pytest.fixture
def service() -> Service:
    """An emulator with the songs in it."""
    service = Service(Settings(), int, int)
    for request in requests.fill_songs(SONGS):
        service.call(requests.COMMIT, {}, request)
    return service


class TestRequests:
    def test_lookups_find_one_song_each(self, service: Service) -> None:
        """And not always the same."""
        make, found = requests.make_lookups(SONGS), set()
        for _ in range(SONGS):
            reply = LookupResponse.FromString(service.call(requests.LOOKUP, {}, make()))
            found.add(reply.found[0].entity.key.path[-1].name)
        assert len(found) == SONGS

    @pytest.mark.parametrize(("build", "results"), [(requests.make_equalities, 1), (requests.make_ancestors, 10)])
    def test_queries_find_what_they_are_for(
        self, service: Service, build: Callable[[int], Callable[[], bytes]], results: int
    ) -> None:
        """The one song with the text, the ten of an album."""
        make = build(SONGS)
        for _ in range(20):
            reply = RunQueryResponse.FromString(service.call(requests.RUN_QUERY, {}, make()))
            assert len(reply.batch.entity_results) == results

    def test_requests_of_one_kind_are_equally_long(self) -> None:
        """The frames are prepared for that."""
        for build in (requests.make_lookups, requests.make_equalities, requests.make_ancestors, requests.make_commits):
            make = build(SONGS)
            assert len({len(make()) for _ in range(50)}) == 1


class TestLines:
    def test_a_goal_is_judged_by_the_ratio_within_rounds(self) -> None:
        """Against Google's by its own goal, against grpc.aio's echo by another, against our wire's by none."""
        found = Contest()
        lookups = BEFORE_QUERIES[2]
        for name, rates in ((OURS, [10.0, 40.0]), ("grpc.aio echo", [6.0, 20.0]), ("our wire's echo", [20.0, 80.0])):
            found.rates[lookups, name] = rates
            found.calls[lookups, name] = 7
            found.server_s[lookups, name] = rates[0]
        lines = list(contest._rate_lines(found, judged=True))
        assert [line[1:] for line in lines] == [
            ("grpc.aio echo", "7", "25 /s", "13 /s", "1.83x", "≥ 2x", "MISSED", "0.6x"),
            ("our wire's echo", "7", "25 /s", "50 /s", "0.5x", "", "", "2x"),
        ]

    @pytest.mark.parametrize(("judged", "words"), [(True, ("≥ 20x", "met")), (False, ("", ""))])
    def test_a_quick_run_does_not_judge_queries(self, judged: bool, words: tuple[str, str]) -> None:
        """It asks among fewer entities than the goal is about."""
        rates = {(QUERIES[0], OURS): [40.0], (QUERIES[0], "legacy"): [2.0]}
        found = Contest(dict.fromkeys(rates, 4), rates, dict.fromkeys(rates, 1.0))
        (line,) = contest._rate_lines(found, judged=judged)
        assert line[-3:-1] == words

    def test_footprints_stand_beside_googles(self) -> None:
        """The goal is our own."""
        found = Contest(started_s={OURS: [0.3, 0.4, 0.7], "legacy": [1.5]}, idle_mib={OURS: 95.0, "legacy": 100.0})
        lines = list(contest._footprint_lines(found))
        assert [line[-3:-1] for line in lines] == [("< 0.5 s", "met"), ("", ""), ("< 90 MiB", "MISSED"), ("", "")]
        assert lines[1][5] == "0.267x"
