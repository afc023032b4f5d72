"""Plans as people write them: TOML, then the environment, then flags; and all that is wrong, told at once."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.errors import UsageError
from consistency.plan_file import load_plan, locate, parse_setting
from consistency.target import Backend, Model
from tests.plans import GOOD, load, mistake

EXPERIMENTS = sorted((Path(__file__).parent.parent / "experiments").glob("*.toml"))


class TestMistakes:
    def test_all_are_told_at_once_in_their_order(self, tmp_path: Path) -> None:
        """Each has its line and, where there is a near one, the word that was meant."""
        text = """entities = 0
rate = "fast"
deadlin = "10s"

[target]
backend = "embeded"
lag = "soon"

[probes]
global_query = { interval = "50ms", backof = 2 }
key_gt = {}

[probes.ancestor_query]
ancestor = "mother"
interval = "0"
"""
        lines = mistake(tmp_path, text).splitlines()
        assert lines[0].endswith("plan.toml has 9 problems:")
        told = [line.strip() for line in lines[1:]]
        assert [line.split(":")[0] for line in told] == [f"line {number}" for number in (1, 2, 3, 6, 7, 10, 11, 14, 15)]
        for place, words in {
            0: "entities: must be 1 or more, not 0",
            1: 'rate: "fast" is not a rate',
            2: "deadlin: is not a setting (did you mean deadline?)",
            3: 'target.backend: "embeded" is not one of embedded, google, attached, docker, live (did you mean',
            4: 'target.lag: "soon" is not a delay',
            5: "probes.global_query.backof: is not a setting (did you mean backoff?)",
            6: '"key_gt" is not one of',
            7: '"mother" is not one of father, grandpa',
            8: "probes.ancestor_query.interval: must be longer than 0",
        }.items():
            assert words in told[place]
        assert "did you mean key_get?" in told[6]

    def test_contradictions_are_told_beside_other_mistakes(self, tmp_path: Path) -> None:
        """A check over the whole plan does not wait until every single setting is right."""
        told = mistake(
            tmp_path,
            GOOD + 'ancestor_query = {}\n[claims]\nkey_get = "p90 <= 1"\n',
            {"virtual_time": True, "client": "library"},
        )
        assert "2 problems" in told
        assert "client: virtual time works only with the async client's messages" in told
        assert "claims.key_get" in told

    def test_a_claim_without_its_probe_has_its_line(self, tmp_path: Path) -> None:
        """The line is that of the claim."""
        told = mistake(tmp_path, GOOD + '[claims]\nkey_get = "always visible"\nancestor_query = "p50 <= 1s"\n')
        assert "line 8: claims.ancestor_query: the plan has no probe ancestor_query" in told
        assert "1 problem:" in told

    def test_a_missing_file_is_one_sentence(self, tmp_path: Path) -> None:
        """It says where plans are."""
        with pytest.raises(UsageError, match=r"cannot be read: No such file .* Plans are in experiments/"):
            load_plan(tmp_path / "none.toml", {}, {})

    def test_a_folder_is_not_a_plan(self, tmp_path: Path) -> None:
        """Neither is it a traceback."""
        with pytest.raises(UsageError, match="cannot be read: Is a directory"):
            load_plan(tmp_path, {}, {})

    def test_what_is_not_toml_is_told_with_its_place(self, tmp_path: Path) -> None:
        """The parser knows line and column."""
        assert "is not TOML" in mistake(tmp_path, "entities = \n")
        assert "line 1" in mistake(tmp_path, "entities = \n")

    def test_what_is_not_text_is_told(self, tmp_path: Path) -> None:
        """A file of another sort is a mistake of the user's, not a bug."""
        (tmp_path / "plan.toml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UsageError, match="is not TOML"):
            load_plan(tmp_path / "plan.toml", {}, {})

    @pytest.mark.parametrize("text", ["target = 5\n", "probes = 5\n", "claims = []\n", '"(" = 1\n', "[[probes]]\n"])
    def test_a_wrong_shape_is_a_mistake_like_others(self, tmp_path: Path, text: str) -> None:
        """A value in the place of a table, or a name of strange signs, has no traceback either."""
        assert "problem" in mistake(tmp_path, text, environment={})
        assert mistake(tmp_path, text, environment={"DATASTORE_EMULATOR_HOST": "127.0.0.1:1"})

    def test_strange_names_in_an_inline_table_are_told(self, tmp_path: Path) -> None:
        """The search for the line takes names as they are, not as patterns."""
        assert "line 2: probes.key_get.a(b: is not a setting" in mistake(tmp_path, '[probes]\nkey_get = {"a(b" = 1}\n')

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.lists(st.sampled_from([*GOOD, "[", "]", "=", '"', "{", "x", "."]), max_size=40).map("".join))
    def test_no_text_is_a_traceback(self, tmp_path: Path, text: str) -> None:
        """Whatever the file holds, it is a plan or a sentence."""
        try:
            load(tmp_path, text)
        except UsageError:
            return  # every other error fails


class TestLocate:
    TEXT = """entities = 1
# rate = 2
[ target ]
lag = "1s"
[probes]
key_get = { confirm = 1 }
[probes."global_query"]
backoff = 2
"""

    @pytest.mark.parametrize(
        ("location", "line"),
        [("entities", 1), ("rate", None), ("target.lag", 4), ("target.host", 3), ("probes.key_get.confirm", 6),
         ("probes.key_get", 6), ("probes.global_query.backoff", 8), ("probes.global_query.interval", 7), ("probes", 5)],
    )  # fmt: skip
    def test_finds_the_deepest_line(self, location: str, line: int | None) -> None:
        """The line that sets the key, or that opens its table, or none."""
        assert locate(location.split("."), self.TEXT) == line


class TestParseSetting:
    @pytest.mark.parametrize(
        ("text", "setting"),
        [
            ("entities=5", ("entities", 5)),
            ("probes.key_get.interval=50ms", ("probes.key_get.interval", "50ms")),
            ('probes.key_get.interval = "50ms"', ("probes.key_get.interval", "50ms")),
            ("virtual_time=true", ("virtual_time", True)),
            ("probes.key_get.backoff=1.5", ("probes.key_get.backoff", 1.5)),
            ("target.lag=lognormal:200ms,0.8", ("target.lag", "lognormal:200ms,0.8")),
            ("target.lag=classes:90%=1s,10%=2s", ("target.lag", "classes:90%=1s,10%=2s")),
            ('claims.key_get=["p50 <= 1s"]', ("claims.key_get", ["p50 <= 1s"])),
            ("question=", ("question", "")),
        ],
    )
    def test_values_are_tomls_or_bare_words(self, text: str, setting: tuple[str, Any]) -> None:
        """Numbers and booleans are what TOML says, all else is text."""
        assert parse_setting(text) == setting

    @pytest.mark.parametrize("text", ["entities", "", "=5", " = 5"])
    def test_a_setting_has_key_and_value(self, text: str) -> None:
        """Otherwise it is told how to write one."""
        with pytest.raises(UsageError, match="write KEY=VALUE"):
            parse_setting(text)


class TestEmulatorHost:
    HERE = "127.0.0.1:8081"

    def test_alone_it_attaches(self, tmp_path: Path) -> None:
        """A plan without a target measures what runs there."""
        target = load(tmp_path, GOOD, environment={"DATASTORE_EMULATOR_HOST": self.HERE}).target
        assert (target.backend, target.host) == (Backend.ATTACHED, self.HERE)

    @pytest.mark.parametrize(
        ("text", "overrides", "asked"),
        [
            (GOOD + '[target]\nlag = "1s"\n', {}, "embedded"),
            (GOOD, {"target.backend": "google"}, "google"),
            (GOOD, {"target.lag": "1s"}, "embedded"),
            (GOOD, {"target.host": "127.0.0.1:9", "target.backend": "attached"}, "127.0.0.1:9"),
        ],
    )
    def test_against_another_target_it_is_a_contradiction(
        self, tmp_path: Path, text: str, overrides: dict[str, Any], asked: str
    ) -> None:
        """The client would obey the variable, so nothing is measured."""
        told = mistake(tmp_path, text, overrides, {"DATASTORE_EMULATOR_HOST": self.HERE})
        assert told.startswith(
            f"DATASTORE_EMULATOR_HOST={self.HERE} is set, but the plan or the command asks for target {asked}."
        )
        assert "env -u DATASTORE_EMULATOR_HOST" in told

    def test_the_same_host_is_no_contradiction(self, tmp_path: Path) -> None:
        """Saying it twice is allowed."""
        overrides = {"target.host": self.HERE, "target.backend": "attached"}
        target = load(tmp_path, GOOD, overrides, {"DATASTORE_EMULATOR_HOST": self.HERE}).target
        assert target.host == self.HERE

    def test_an_empty_variable_is_none(self, tmp_path: Path) -> None:
        """An empty variable is how a shell unsets one for a command; the client library takes it so too."""
        plan = load(tmp_path, GOOD + '[target]\nlag = "1s"\n', environment={"DATASTORE_EMULATOR_HOST": ""})
        assert plan.target.model is Model.MEGASTORE


class TestExperiments:
    @pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
    def test_each_published_plan_is_right(self, path: Path) -> None:
        """What we ship can be run."""
        assert load_plan(path, {}, {}).question.endswith("?")

    def test_there_are_the_founding_ones(self) -> None:
        """Three originals, a first one for everybody, and a simulated hour."""
        names = {path.stem for path in EXPERIMENTS}
        assert names >= {"first", "global_query", "key_get", "ancestor_query", "virtual_hour"}
