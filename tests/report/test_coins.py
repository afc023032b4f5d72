"""The law of a coin beside the attempts that were counted."""

import pytest

from consistency.operation import Action
from consistency.report.coins import expect_share, find_coin
from consistency.report.frames import BUCKETS, frame_retries
from tests.report.judgements import make_judgement, make_material, make_summaries

COIN = {"model": "per_read", "consistency": 0.5}


class TestLaw:
    def test_half_a_chance(self) -> None:
        """A half, a quarter, an eighth; all buckets together are everything."""
        assert [expect_share(0.5, k, k) for k in (1, 2, 3)] == [0.5, 0.25, 0.125]
        assert sum(expect_share(0.3, least, most) for _, least, most in BUCKETS) == pytest.approx(1)

    @pytest.mark.parametrize(
        ("target", "coin"),
        [
            (COIN, 0.5),
            ({"model": "job_policy"}, 0.9),
            ({"backend": "google", "consistency": 0.7}, 0.7),
            ({"lag": "1s"}, None),
            ({"model": "strong"}, None),
        ],
    )
    def test_where_one_decides(self, target: dict[str, object], coin: float | None) -> None:
        """Of models and emulators with a coin, and never of a strong read."""
        material = make_material(make_judgement([]), target=target)
        assert find_coin(material, Action.GLOBAL_QUERY) == coin
        assert find_coin(material, Action.KEY_GET) is None


class TestFrame:
    def test_stands_beside_what_was_counted(self) -> None:
        """For the probe that the coin is about."""
        frame = frame_retries(make_material(make_judgement(make_summaries(5)), target=COIN))
        queries, gets = (frame[frame["action"] == action] for action in ("global_query", "key_get"))
        assert queries["coin_pct"].tolist()[:2] == [50, 25]
        assert gets["coin_pct"].isna().all()

    def test_without_a_coin_there_is_no_column(self) -> None:
        """A table with an empty column would ask for its meaning."""
        assert "coin_pct" not in frame_retries(make_material(make_judgement(make_summaries(5))))
