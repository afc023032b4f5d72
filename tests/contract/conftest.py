"""Fixtures: a Talk to each target in a namespace of its own; known differences are expected to fail."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest

from consistency.backends.embedded import start_emulator
from consistency.backends.google import set_coin, start_firestore_emulator
from consistency.emulator.settings import Settings
from tests.components import require_component
from tests.contract.targets import ADDRESSED, DIFFERENCES, LATE_TARGETS, TARGETS, open_address
from tests.emulator.talk import Call, Talk

PATIENCE = "CONTRACT_FIRESTORE_TRANSACTIONS"
MARKS = {
    "embedded-grpc": [pytest.mark.slow],
    "google-legacy": [pytest.mark.google, pytest.mark.slow],
    "google-firestore": [pytest.mark.google, pytest.mark.slow],
}


@pytest.fixture(scope="session")
def embedded_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded emulator, strong, in a process of its own."""
    with start_emulator(Settings(), tmp_path_factory.mktemp("embedded") / "emulator.log") as child:
        yield child.address


@pytest.fixture(scope="session")
def firestore_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Google's Firestore emulator in Datastore mode, at a free port, in a process group of its own."""
    require_component("cloud-firestore-emulator")
    log = tmp_path_factory.mktemp("firestore") / "emulator.log"
    with start_firestore_emulator(log) as child:
        yield child.address


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, ())) for name in (*TARGETS, *ADDRESSED)])
def store(request: pytest.FixtureRequest) -> Iterator[Talk]:
    """A store in which every commit is applied at once."""
    reason = DIFFERENCES[request.param].get(request.function.__name__)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    if request.param == "google-firestore" and "test_transactions" in str(request.path) and PATIENCE not in os.environ:
        pytest.skip(f"Google's Firestore emulator keeps locks for 30 s: set {PATIENCE}=1 to test its transactions")
    with open_target(request) as call:
        yield Talk(call, f"contract-{uuid4().hex}")


def open_target(request: pytest.FixtureRequest) -> AbstractContextManager[Call]:
    """The target in process, or at the address where its fixture has started it."""
    if request.param in TARGETS:
        return TARGETS[request.param]()
    address = request.getfixturevalue(ADDRESSED[request.param])
    if request.param == "google-legacy":
        assert set_coin(address, 1.0, seed=1)  # every commit is applied at once
    return open_address(address)()


@pytest.fixture(params=LATE_TARGETS)
def late_store(request: pytest.FixtureRequest) -> Iterator[Talk]:
    """A store in which eventual reads see a commit only when something has rolled its entity group forward."""
    with LATE_TARGETS[request.param]() as call:
        yield Talk(call, f"contract-{uuid4().hex}")
