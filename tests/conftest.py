"""What several tests need of the machine."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from consistency.backends.google import start_google_emulator
from tests.components import require_component

# No test may fail because the machine was slow, and two runs of one commit try the same examples. New ones are searched
# for with: pytest --hypothesis-profile=search
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", UNHURRIED)
settings.register_profile("repeatable", UNHURRIED, derandomize=True)
settings.load_profile("repeatable")

GOOGLE_PROJECT = "tests"

# Folders whose modules share what is dear to start: emulators on a JVM, containers, App Engine's SDK.
TOGETHER = {
    "tests/contract/": "stores",
    "tests/google/": "stores",
    "tests/containers/": "containers",
    "tests/emulator/appengine/": "oracle",
}


class WholeModules(LoadScopeScheduling):
    """Gives each worker of pytest-xdist whole modules, or all modules of a folder, in the order of the files.

    So nothing is started twice, and tests of one module come after each other as they do without workers.
    """

    def _split_scope(self, nodeid: str) -> str:
        module, _, _ = nodeid.partition("::")
        return next((name for folder, name in TOGETHER.items() if module.startswith(folder)), module)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeModules:
    """Ours, however the workers were asked for."""
    config.option.loadscopereorder = False  # the largest modules are not the slowest
    return WholeModules(config, log)


@pytest.fixture(autouse=True, scope="session")
def quiet_environment() -> Iterator[None]:
    """No test obeys an emulator that the developer's shell names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATASTORE_EMULATOR_HOST", raising=False)
        yield


@pytest.fixture
def heard_signals() -> Iterator[None]:
    """Ctrl-C is heard here and in children, also where a shell that runs the tests in its background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def google_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Google's legacy emulator at a free port; whoever uses it sets its coin."""
    require_component("cloud-datastore-emulator")
    log: Path = tmp_path_factory.mktemp("google") / "emulator.log"
    with start_google_emulator(GOOGLE_PROJECT, log, share=0.5, seed=1) as child:
        yield child.address
