"""/v1/config: what is understood, what it means, and what is refused by name."""

import http.client
import json
from dataclasses import replace
from typing import Any

import pytest

from consistency.emulator.library import Emulator
from consistency.emulator.server.configuration import change_config, describe_config
from consistency.emulator.settings import Settings
from consistency.emulator.status import ServiceError
from consistency.parameters import MODELS

LAGGED = Settings("megastore", "0", "1s", 3)


class TestChanges:
    @pytest.mark.parametrize(
        ("changes", "settings"),
        [
            ({}, LAGGED),
            ({"jobPolicy": {}}, LAGGED),
            ({"jobPolicy": {"forceStrongConsistency": True}}, Settings("strong", seed=3)),
            ({"jobPolicy": {"forceStrongConsistency": False}}, LAGGED),
            (
                {"jobPolicy": {"probabilityJobPolicy": {"randomSeed": 7, "unappliedJobPercentage": 0}}},
                replace(LAGGED, model="job_policy", seed=7, consistency=1.0),
            ),
            ({"idAllocationPolicy": {"policy": "SCATTERED"}}, LAGGED),
            ({"idAllocationPolicy": {"policy": "SEQUENTIAL"}}, replace(LAGGED, sequential_ids=True)),
            (
                {"jobPolicy": {"probabilityJobPolicy": {"unappliedJobPercentage": 25.5}}},
                replace(LAGGED, model="job_policy", consistency=0.745),
            ),
            (
                {"model": "quorum", "replicas": 5, "readQuorum": 2, "latencies": "YMMR"},
                replace(LAGGED, model="quorum", replicas=5, read_quorum=2, latencies="YMMR"),
            ),
            ({"model": "per_read", "consistency": 1}, replace(LAGGED, model="per_read", consistency=1)),
            ({"rollForward": False}, replace(LAGGED, roll_forward=False)),
            ({"seed": 9, "applyA": "5ms"}, Settings("megastore", "5ms", "1s", 9)),
            ({"model": "strong", "applyB": "0"}, Settings("strong", seed=3)),
            ({"limits": "off", "lockTimeout": "1s"}, replace(LAGGED, limits="off", lock_timeout="1s")),
            ({"concurrency": "optimistic"}, replace(LAGGED, concurrency="optimistic")),
        ],
    )
    def test_understood(self, changes: dict[str, object], settings: Settings) -> None:
        """Google's words and ours; what is not named stays."""
        assert change_config(LAGGED, changes) == settings

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"modle": "strong"}, "does not know modle"),
            ({"read_quorum": 2}, "does not know read_quorum: it knows"),
            ({"read_quorum": 2}, "did you mean readQuorum?"),
            ({"eventualLag": "1s"}, "eventualLag: is a setting of the model strong, and the model is megastore"),
            ({"model": "strong", "settle": "2s"}, "settle: is a setting of the model per_read"),
            ({"jobPolicy": {"coin": 1}}, "does not know jobPolicy.coin"),
            ({"jobPolicy": 5}, "jobPolicy of /v1/config must be an object"),
            ({"jobPolicy": {"forceStrongConsistency": 1}}, "must be true or false"),
            ({"jobPolicy": {"probabilityJobPolicy": {"seed": 1}}}, "does not know jobPolicy.probabilityJobPolicy.seed"),
            ({"jobPolicy": {"probabilityJobPolicy": {"randomSeed": "1"}}}, "must be a number"),
            (
                {"jobPolicy": {"probabilityJobPolicy": {"unappliedJobPercentage": 101}}},
                "unappliedJobPercentage of /v1/config: 101 does not lie",
            ),
            ({"idAllocationPolicy": {"polity": "SCATTERED"}}, "does not know idAllocationPolicy.polity"),
            ({"idAllocationPolicy": {"policy": "RANDOM"}}, "must be SCATTERED or SEQUENTIAL"),
            ({"seed": "9"}, "seed of /v1/config must be a whole number"),
            ({"seed": True}, "seed of /v1/config must be a whole number"),
            ({"model": 1}, "model of /v1/config must be a string"),
            ({"consistency": "0.5"}, "consistency of /v1/config must be a number"),
            ({"rollForward": 1}, "rollForward of /v1/config must be true or false"),
            ({"replicas": 5}, "replicas: is a setting of the models replicas, quorum, and the model is megastore"),
            ({"model": "quorum", "readQuorum": 4}, "readQuorum: 4 replicas cannot answer where there are 3"),
            ({"model": "replicas", "applyA": "0 | 1s"}, "applyA: names 2 delays for 3 replicas"),
            (
                {"model": "replicas", "routing": "stiky"},
                "choose one of sticky, round_robin, random, client; did you mean sticky?",
            ),
            ({"applyB": "soon"}, 'applyB of /v1/config: "soon" is not a delay'),
        ],
    )
    def test_refused(self, changes: dict[str, object], told: str) -> None:
        """What is not understood is refused by name."""
        with pytest.raises(ServiceError, match="INVALID_ARGUMENT") as refusal:
            change_config(LAGGED, changes)
        assert told in refusal.value.message

    def test_what_another_model_left_is_refused_where_it_is_named(self) -> None:
        """Though it would change nothing: whoever names it expects it to act. Not named, it waits for its model."""
        before = Settings("quorum", read_quorum=2)
        with pytest.raises(ServiceError) as refusal:
            change_config(before, {"model": "bounded", "readQuorum": 2})
        assert "readQuorum: is a setting of the model quorum, and the model is bounded" in refusal.value.message
        assert change_config(before, {"model": "bounded"}).read_quorum == 2

    @pytest.mark.parametrize(
        "settings",
        [
            LAGGED,
            Settings(),
            Settings(sequential_ids=True),
            *(Settings(model, seed=5) for model in MODELS),
            Settings("job_policy", consistency=0.7125),
        ],
    )
    def test_round_trip(self, settings: Settings) -> None:
        """What is told can be sent back, and changes nothing."""
        assert change_config(settings, describe_config(settings)) == settings


class TestEndpoint:
    def ask(self, emulator: Emulator, method: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one request."""
        connection = http.client.HTTPConnection(emulator.host, emulator.port, timeout=10.0)
        try:
            connection.request(method, "/v1/config", body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def test_read_and_change(self) -> None:
        """A change is told, and what is refused changes nothing."""
        with Emulator(seed=3) as emulator:
            assert self.ask(emulator, "GET")[1]["jobPolicy"] == {"forceStrongConsistency": True}
            status, config = self.ask(emulator, "PATCH", b'{"model": "megastore", "applyB": "1h"}')
            assert (status, config["model"], config["applyB"], config["seed"]) == (200, "megastore", "1h", 3)
            for body in (
                b'{"model": "weak"}',
                b'{"limits": "none"}',
                b'{"concurrency": "hopeful"}',
                b'{"seed": 4, "modle": "strong"}',
                b"{",
                b"[]",
                b"[" * 100_000,
            ):
                status, error = self.ask(emulator, "PATCH", body)
                assert (status, error["error"]["status"]) == (400, "INVALID_ARGUMENT")
            assert self.ask(emulator, "GET") == (200, config)
