"""The models' parameters: one table for the plan, the flags, /v1/config and the Python Emulator."""

from dataclasses import fields
from pathlib import Path

import pytest

from consistency.emulator.models import MODELS as BUILT
from consistency.emulator.service.steering import STEERING
from consistency.emulator.settings import Settings, choose_settings
from consistency.parameters import MODELS, PARAMETERS, Value, check_value, complete, parse_parameter
from consistency.target import Model, Target

GUIDE = Path(__file__).parents[1] / "EMULATOR.md"


class TestTable:
    def test_every_door_knows_every_parameter(self) -> None:
        """A parameter that one of them lacks could not be set there."""
        defaults = {field.name: field.default for field in fields(Settings)}
        assert {name: defaults.get(name) for name in PARAMETERS} == {
            name: parameter.default for name, parameter in PARAMETERS.items()
        }
        assert PARAMETERS.keys() <= Target.model_fields.keys()

    def test_every_door_knows_every_model(self) -> None:
        """The plan, the table and the emulator name the same ones, in one order."""
        assert tuple(BUILT) == MODELS == tuple(Model)

    def test_the_guide_tells_every_parameter(self) -> None:
        """Its table has one line for each: name, models, default, meaning."""
        _, table = GUIDE.read_text(encoding="utf-8").split("| name | model | default | meaning |\n|---|---|---|---|\n")
        told = table.split("\n\n")[0].splitlines()
        assert told == [
            f"| `{name}` | {'all' if each.models == MODELS else ', '.join(each.models)} "
            f"| {str(each.default).lower() if isinstance(each.default, bool) else each.default or 'none'} "
            f"| {each.text.replace('|', chr(92) + '|')} |"
            for name, each in PARAMETERS.items()
        ]

    def test_the_guide_tells_every_way_to_steer(self) -> None:
        """Each verb with all its words, in one of the lines of its table."""
        _, table = GUIDE.read_text(encoding="utf-8").split("| `/control/...` | model | words | from now on |\n")
        lines = table.split("\n\n")[0].splitlines()
        for verb, (_, words) in STEERING.items():
            assert any(all(f"`{name}`" in line for name in (verb, *words)) for line in lines), verb

    def test_parameters_belong_to_models_that_there_are(self) -> None:
        """And every default is a value that may be given."""
        for name, parameter in PARAMETERS.items():
            assert set(parameter.models) <= set(MODELS)
            check_value(name, parameter.default)
            assert parameter.text.endswith(".")


class TestChoice:
    @pytest.mark.parametrize(
        ("given", "model"),
        [
            ({}, "strong"),
            ({"lag": "1s"}, "megastore"),
            ({"apply_a": "1s"}, "megastore"),
            ({"consistency": 0.5}, "job_policy"),
            ({"model": "replicas", "lag": "1s"}, "replicas"),
            ({"model": "per_read", "consistency": 0.5}, "per_read"),
            ({"group_rate": "1/s"}, "strong"),
        ],
    )
    def test_few_words_choose_a_model(self, given: dict[str, Value], model: str) -> None:
        """The one that is named, or the one that has what was given."""
        assert choose_settings(**given).model == model  # type: ignore[arg-type]

    def test_a_lag_is_the_delay_of_rows(self) -> None:
        """With bodies at once."""
        assert complete("replicas", "2s", {"replicas": 5}) == (
            "replicas",
            {"replicas": 5, "apply_a": "0", "apply_b": "2s"},
        )


class TestKeywords:
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"modle": "strong"}, "did you mean model"),
            ({"sede": 7}, "did you mean seed"),
            ({"seed": "7"}, "whole number"),
        ],
    )
    def test_names_and_seeds(self, given: dict[str, Value], told: str) -> None:
        """A near miss of any keyword is told, and a seed of text would fail later."""
        with pytest.raises(ValueError, match=told):
            choose_settings(**given)  # type: ignore[arg-type]


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("replicas=5", ("replicas", 5)),
            ("consistency = 0.5", ("consistency", 0.5)),
            ("roll_forward=false", ("roll_forward", False)),
            ("apply_b=classes:98%=100ms;2%=1s", ("apply_b", "classes:98%=100ms;2%=1s")),
        ],
    )
    def test_one_word_is_a_parameter(self, text: str, expected: tuple[str, Value]) -> None:
        """With a value of the parameter's own kind."""
        assert parse_parameter(text) == expected

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("replicas", "is not NAME=VALUE"),
            ("replicsa=5", "did you mean replicas"),
            ("replicas=many", "replicas: 'many' is not a whole number"),
            ("roll_forward=no", "roll_forward: 'no' is not true or false"),
        ],
    )
    def test_what_is_none(self, text: str, told: str) -> None:
        """Is told in one sentence."""
        with pytest.raises(ValueError, match=told):
            parse_parameter(text)


class TestMistakes:
    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("replicas", 0, "0 does not lie between 1 and 100"),
            ("replicas", True, "True is not a whole number"),
            ("roll_forward", 1, "1 is not true or false"),
            ("consistency", 1.5, "does not lie between 0 and 1"),
            ("consistency", float("nan"), "does not lie between 0 and 1"),
            ("routing", "stiky", "did you mean sticky"),
            ("latencies", "LNKD-DISC", "did you mean LNKD-DISK"),
            ("latencies", "1ms | soon", '"soon" is not a delay'),
            ("apply_a", "1s | soon", '"soon" is not a delay'),
            ("settle", "soon", '"soon" is not'),
            ("group_rate", "often", "is not a rate"),
            ("eventual_lag", "soon", "is not a duration"),
        ],
    )
    def test_impossible_values(self, name: str, value: Value, told: str) -> None:
        """Each in one sentence."""
        with pytest.raises(ValueError, match=told):
            check_value(name, value)

    def test_all_contradictions_are_told_at_once(self) -> None:
        """One line for each."""
        with pytest.raises(ValueError, match=r"session: .*\nread_quorum: 4 replicas cannot answer where there are 3"):
            complete("quorum", None, {"session": "ryw", "read_quorum": 4})
