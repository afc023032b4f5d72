"""The pytest plugin, in pytest runs of their own."""

import pytest

from tests.patience import PATIENCE_S

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

NAMES_A_SONG = """
    def test_{name}(datastore_client):
        assert list(datastore_client.query(kind="Song").fetch()) == []
        datastore_client.put(datastore_client.entity(datastore_client.key("Song", "waltz")))
        assert [song.key.name for song in datastore_client.query(kind="Song").fetch()] == ["waltz"]
"""
SETTINGS = """
    def test_settings(datastore_emulator):
        settings = datastore_emulator._settings
        assert (settings.model, settings.apply_b, settings.seed) == {expected!r}
"""


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    """A run with every warning an error, so that nothing may be left open."""
    return pytester.runpytest_subprocess("-W", "error", *words, timeout=PATIENCE_S)


class TestFixtures:
    def test_each_test_has_its_own_namespace(self, pytester: pytest.Pytester) -> None:
        """What one test writes the next does not see, in one emulator; nor does it meet faults that one injected."""
        leaves_a_fault = NAMES_A_SONG.replace("client)", "client, datastore_emulator)", 1).format(name="one")
        leaves_a_fault += '        datastore_emulator.inject("unavailable", rpc="commit")\n'
        pytester.makepyfile(leaves_a_fault + NAMES_A_SONG.format(name="two"))
        run(pytester).assert_outcomes(passed=2)

    def test_an_application_finds_the_emulator(self, pytester: pytest.Pytester) -> None:
        """Code under test that makes its own client needs no change; the variables end with the session."""
        pytester.makepyfile("""
            import os
            from google.cloud import datastore

            def test_application(datastore_emulator):
                client = datastore.Client()
                client.put(client.entity(client.key("Song", "waltz")))
                assert os.environ["DATASTORE_EMULATOR_HOST"] == datastore_emulator.address
                assert client.project == "test"
        """)
        pytester.makeconftest("""
            import os

            def pytest_unconfigure():
                assert "DATASTORE_EMULATOR_HOST" not in os.environ
        """)
        result = run(pytester)
        result.assert_outcomes(passed=1)
        assert result.ret == 0

    def test_workers(self, pytester: pytest.Pytester) -> None:
        """Under pytest-xdist each worker has an emulator of its own."""
        tests = "".join(NAMES_A_SONG.format(name=f"song_{k}") for k in range(4))
        pytester.makepyfile(
            tests
            + """
    def test_port(datastore_emulator, tmp_path_factory):
        (tmp_path_factory.getbasetemp().parent / f"port-{datastore_emulator.port}").touch()

    def test_other_port(datastore_emulator, tmp_path_factory):
        (tmp_path_factory.getbasetemp().parent / f"port-{datastore_emulator.port}").touch()
"""
        )
        run(pytester, "-n", "2", "--dist", "each", "--basetemp", "places").assert_outcomes(passed=12)
        assert len(list((pytester.path / "places").glob("port-*"))) == 2


class TestOptions:
    def test_command_line(self, pytester: pytest.Pytester) -> None:
        """Options reach the emulator, before what the file says."""
        pytester.makeini("[pytest]\ndatastore_seed = 5\ndatastore_lag = 1s")
        pytester.makepyfile(SETTINGS.format(expected=("megastore", "2s", 6)))
        run(pytester, "--datastore-lag", "2s", "--datastore-seed=6").assert_outcomes(passed=1)

    def test_file(self, pytester: pytest.Pytester) -> None:
        """So do keys of the file."""
        pytester.makeini("[pytest]\ndatastore_seed = 5\ndatastore_model = megastore")
        pytester.makepyfile(SETTINGS.format(expected=("megastore", "0", 5)))
        run(pytester).assert_outcomes(passed=1)

    def test_parameters_of_the_model(self, pytester: pytest.Pytester) -> None:
        """Each by its name, from the command line before the file."""
        pytester.makeini("[pytest]\ndatastore_model = replicas\ndatastore_set =\n  replicas=5\n  apply_b=0|1s|2s|3s|4s")
        pytester.makepyfile("""
            def test_settings(datastore_emulator):
                settings = datastore_emulator._settings
                assert (settings.replicas, settings.apply_b, settings.roll_forward) == (5, "1s", False)
        """)
        words = ("--datastore-set=roll_forward=false", "--datastore-set", "apply_b=1s")
        run(pytester, *words).assert_outcomes(passed=1)

    def test_indexes(self, pytester: pytest.Pytester) -> None:
        """The index file stands beside the ini file; what it lacks is added, and refused where it is required."""
        pytester.makeini("[pytest]\ndatastore_index_file = index.yaml")
        pytester.makepyfile("""
            def test_query(datastore_client):
                query = datastore_client.query(kind="Song", order=["title", "-year"])
                assert list(query.fetch()) == []
        """)
        result = run(pytester, "--datastore-require-indexes")
        result.stdout.fnmatch_lines(["*the index file *index.yaml cannot be read*"])
        run(pytester).assert_outcomes(passed=1)
        assert "- name: year" in (pytester.path / "index.yaml").read_text()
        run(pytester, "--datastore-require-indexes").assert_outcomes(passed=1)
        (pytester.path / "index.yaml").write_text("indexes:\n")
        result = run(pytester, "--datastore-require-indexes")
        result.stdout.fnmatch_lines(["*no matching index found. recommended index is:*"])

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ("--datastore-model=strnog", '*"strnog" is not a consistency model*did you mean strong*'),
            ("--datastore-lag=soon", '*"soon" is not a delay*'),
            ("--datastore-set=replicsa=5", "*--datastore-set replicsa is not a setting*did you mean replicas*"),
            ("--datastore-seed=x", "*--datastore-seed x is not a whole number*"),
        ],
    )
    def test_mistakes(self, pytester: pytest.Pytester, words: str, told: str) -> None:
        """A mistake is told in one sentence."""
        pytester.makepyfile(NAMES_A_SONG.format(name="one"))
        result = run(pytester, words)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([told])

    def test_help(self, pytester: pytest.Pytester) -> None:
        """pytest's own help tells them."""
        result = run(pytester, "--help")
        result.stdout.fnmatch_lines(["*--datastore-model=*", "*--datastore-lag=*", "*datastore_seed*"])


class TestCost:
    def test_nothing_is_imported_before_a_fixture_is_asked_for(self, pytester: pytest.Pytester) -> None:
        """A run that does not use the plugin does not pay for it."""
        pytester.makepyfile("""
            import sys

            def test_modules():
                assert "consistency.pytest_plugin" in sys.modules
                heavy = {"google.cloud", "grpc", "msgspec", "hpack", "consistency.emulator"}
                assert not heavy & set(sys.modules)
        """)
        run(pytester, "-p", "no:hypothesispytest").assert_outcomes(passed=1)
