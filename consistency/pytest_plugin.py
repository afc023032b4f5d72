"""Fixtures for whoever tests against Datastore: an emulator for the session, a client for each test.

Options and ini keys come in; `datastore_emulator` and `datastore_client` go out. Every pytest run of an environment
that has this package loads this module, so it imports nothing but pytest until a fixture is asked for.

Each process has its own emulator on a free port: workers of pytest-xdist never meet.
"""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from consistency.emulator.library import Emulator

PROJECT = "test"
OPTIONS = {  # the ini key is the option's name: datastore_model in a file, --datastore-model on the command line
    "datastore_model": "consistency model of the emulator: strong (the default), megastore, replicas, quorum, ...",
    "datastore_lag": "time until global queries see a commit, such as 250ms or lognormal:200ms,0.8 (none)",
    "datastore_seed": "repeats what the model draws (0)",
    "datastore_index_file": "an index.yaml: its composite indexes are there, and those that queries lack are added",
}
SET = "datastore_set"
SET_TEXT = "a parameter of the model, such as replicas=5; repeatable, in the file one a line"
REQUIRE = "datastore_require_indexes"
REQUIRE_TEXT = "refuse queries that lack a composite index, as production does"
_namespaces = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options, each also an ini key."""
    group = parser.getgroup("datastore", "Datastore emulator")
    for name, text in OPTIONS.items():
        group.addoption(f"--{name.replace('_', '-')}", dest=name, help=text)
        parser.addini(name, text)
    group.addoption(f"--{SET.replace('_', '-')}", dest=SET, action="append", metavar="NAME=VALUE", help=SET_TEXT)
    parser.addini(SET, SET_TEXT, type="linelist")
    group.addoption(f"--{REQUIRE.replace('_', '-')}", dest=REQUIRE, action="store_true", help=REQUIRE_TEXT)
    parser.addini(REQUIRE, REQUIRE_TEXT, type="bool")


@pytest.fixture(scope="session")
def datastore_emulator(pytestconfig: pytest.Config) -> "Iterator[Emulator]":
    """A running emulator. The environment names it to every client, of this process and of those that it starts."""
    from consistency.emulator.library import Emulator  # noqa: PLC0415 - see the module's docstring

    try:
        emulator = Emulator(**_read_options(pytestconfig))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    with emulator, pytest.MonkeyPatch.context() as environment:
        for name, value in emulator.variables(PROJECT).items():
            environment.setenv(name, value)
        yield emulator


@pytest.fixture
def datastore_client(datastore_emulator: "Emulator") -> Iterator[Any]:
    """A `google.cloud.datastore.Client` in a namespace that no other test has. Faults that its test injected into the
    emulator end with it."""
    from consistency.emulator.clients import close_client  # noqa: PLC0415

    client = datastore_emulator.client(PROJECT, namespace=f"test-{next(_namespaces)}")
    yield client
    datastore_emulator.relieve()
    close_client(client)


def _read_options(config: pytest.Config) -> dict[str, Any]:
    """The command line before the file; what neither says is left to the emulator."""
    texts = {name: config.getoption(name) or config.getini(name) or None for name in OPTIONS}
    seed = texts.pop("datastore_seed") or "0"
    if not seed.lstrip("-").isdecimal():
        raise ValueError(f"--datastore-seed {seed} is not a whole number")
    file = texts["datastore_index_file"]
    return _read_parameters(config) | {
        "model": texts["datastore_model"],
        "lag": texts["datastore_lag"],
        "seed": int(seed),
        "index_file": config.rootpath / file if file else None,
        "require_indexes": config.getoption(REQUIRE) or config.getini(REQUIRE),
    }


def _read_parameters(config: pytest.Config) -> dict[str, Any]:
    """Those of the model: each of the command line before the same one of the file."""
    from consistency.parameters import parse_parameter  # noqa: PLC0415 - see the module's docstring

    try:
        return dict(map(parse_parameter, [*config.getini(SET), *(config.getoption(SET) or ())]))
    except ValueError as error:
        raise ValueError(f"--datastore-set {error}") from error
