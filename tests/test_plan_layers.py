"""The layers of a plan: the nearer word wins, and every mistake is told where it was made."""

from pathlib import Path
from typing import Any

import pytest

from consistency.errors import UsageError
from consistency.operation import Action
from consistency.plan_file import load_plan
from consistency.target import Target
from tests.plans import GOOD, load, mistake


class TestPrecedence:
    def test_flags_over_environment_over_file(self, tmp_path: Path) -> None:
        """The nearest word wins."""
        environment = {"CONSISTENCY_ENTITIES": "20", "CONSISTENCY_RATE": "5/s", "HOME": "/nowhere"}
        plan = load(tmp_path, GOOD, {"entities": 30}, environment)
        assert (plan.entities, plan.rate) == (30, "5/s")

    def test_the_environment_reaches_into_tables(self, tmp_path: Path) -> None:
        """Two underscores are a point."""
        plan = load(
            tmp_path, GOOD, environment={"CONSISTENCY_TARGET__LAG": "2s", "CONSISTENCY_PROBES__KEY_GET__CONFIRM": "7"}
        )
        assert plan.target.lag == "2s"
        assert plan.probes[Action.KEY_GET].confirm == 7

    def test_a_setting_makes_its_table(self, tmp_path: Path) -> None:
        """A probe that the file lacks can be set whole, by one of its keys."""
        plan = load(tmp_path, GOOD, {"probes.ancestor_query.ancestor": "grandpa"})
        assert plan.probes[Action.ANCESTOR_QUERY].ancestor == "grandpa"

    def test_a_setting_below_a_value_is_a_mistake(self, tmp_path: Path) -> None:
        """A value has no keys."""
        assert '"entities" is a value of this plan, not a table' in mistake(tmp_path, GOOD, {"entities.x": 1})


class TestNearerWords:
    """What is typed replaces what it contradicts in the file; within one layer a contradiction is a mistake."""

    LAGGED = GOOD + '[target]\nlag = "1s"\n'

    @pytest.mark.parametrize(
        ("target", "flags", "left"),
        [
            ('lag = "1s"', {"backend": "google"}, {"backend": "google", "consistency": 0.9}),
            ('lag = "1s"', {"backend": "embedded"}, {"model": "megastore", "lag": "1s"}),
            ('lag = "1s"', {"backend": "attached", "host": "a:1"}, {"backend": "attached", "host": "a:1"}),
            ('lag = "1s"', {"model": "strong"}, {"model": "strong"}),
            ('lag = "1s"', {"model": "megastore"}, {"model": "megastore", "lag": "1s"}),
            ('lag = "1s"', {"apply_b": "2s"}, {"model": "megastore", "apply_b": "2s"}),
            ('model = "replicas"\nreplicas = 5', {"model": "megastore"}, {"model": "megastore"}),
            ('model = "replicas"\nreplicas = 5', {"consistency": 0.5}, {"model": "job_policy", "consistency": 0.5}),
            ('model = "replicas"\nreplicas = 5', {"lag": "1s"}, {"model": "replicas", "replicas": 5, "lag": "1s"}),
            ('model = "strong"', {"lag": "2s"}, {"model": "megastore", "lag": "2s"}),
            ('apply_a = "1s"\napply_b = "1s"', {"lag": "2s"}, {"model": "megastore", "lag": "2s"}),
            ('backend = "google"\nconsistency = 0.5', {"backend": "embedded"}, {"model": "strong"}),
        ],
    )
    def test_win(self, target: str, flags: dict[str, str], left: dict[str, Any], tmp_path: Path) -> None:
        """The plan is the one that was asked for last, without leftovers."""
        plan = load(tmp_path, f"{GOOD}[target]\n{target}\n", {f"target.{key}": value for key, value in flags.items()})
        assert plan.target == Target.model_validate(left)

    def test_a_delay_does_not_change_the_target(self, tmp_path: Path) -> None:
        """The other way round it is a mistake: the lag was asked for, and that store cannot have it."""
        told = mistake(tmp_path, GOOD + '[target]\nbackend = "google"\n', {"target.lag": "1s"})
        assert "the command: target.lag: is the embedded emulator's, and the target is google" in told

    def test_a_contradiction_within_the_file_has_its_line(self, tmp_path: Path) -> None:
        """Nobody can say which was meant."""
        assert "line 7: target.lag: is a setting of" in mistake(tmp_path, self.LAGGED + 'model = "strong"\n')


class TestSources:
    def test_a_mistake_is_told_where_it_was_made(self, tmp_path: Path) -> None:
        """In the variable, in the flag, or in the file's line."""
        path = tmp_path / "plan.toml"
        path.write_text('deadline = "5"\n' + GOOD)
        with pytest.raises(UsageError) as raised:
            load_plan(path, {"entities": 0}, {"CONSISTENCY_RATE": "fast"}, {"entities": "--entities"})
        assert [line.split(":")[0].strip() for line in str(raised.value).splitlines()[1:]] == [
            "--entities",
            "CONSISTENCY_RATE",
            "line 1",
        ]

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("ENTITES", "ENTITIES"),
            ("LAG", "TARGET__LAG"),
            ("TARGT__LAG", "TARGET__LAG"),
            ("PROBE__KEY_GET__CONFIRM", "PROBES__KEY_GET__CONFIRM"),
        ],
    )
    def test_a_near_miss_in_the_environment_is_told(self, name: str, meant: str, tmp_path: Path) -> None:
        """It was surely meant for us, and passing it over would measure something else."""
        told = mistake(tmp_path, GOOD, environment={f"CONSISTENCY_{name}": "1"})
        assert f"CONSISTENCY_{name}: is not a setting (did you mean CONSISTENCY_{meant}?)" in told

    def test_an_unknown_setting_of_a_known_table_is_told(self, tmp_path: Path) -> None:
        """Its first word is ours."""
        assert "CONSISTENCY_TARGET__X: target.x: is not" in mistake(tmp_path, GOOD, {}, {"CONSISTENCY_TARGET__X": "1"})

    @pytest.mark.parametrize("name", ["NODE_MODULES", "CONFIRM_PROJECT", "X", "", "WORKSPACE"])
    def test_what_is_like_no_setting_is_somebody_elses(self, name: str, tmp_path: Path) -> None:
        """Other programs' variables may begin with our name: they change nothing."""
        assert load(tmp_path, GOOD, environment={f"CONSISTENCY_{name}": "1"}) == load(tmp_path, GOOD)
