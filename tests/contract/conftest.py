"""Fixtures: a Talk to each target in a namespace of its own; known differences are expected to fail."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.contract.targets import DIFFERENCES, LATE_TARGETS, TARGETS
from tests.emulator.talk import Talk


@pytest.fixture(params=[pytest.param(name, marks=[pytest.mark.google] * name.startswith("google")) for name in TARGETS])
def store(request: pytest.FixtureRequest) -> Iterator[Talk]:
    """A store in which every commit is applied at once."""
    reason = DIFFERENCES[request.param].get(request.function.__name__)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    with TARGETS[request.param]() as call:
        yield Talk(call, f"contract-{uuid4().hex}")


@pytest.fixture(params=LATE_TARGETS)
def late_store(request: pytest.FixtureRequest) -> Iterator[Talk]:
    """A store in which eventual reads see a commit only when something has rolled its entity group forward."""
    with LATE_TARGETS[request.param]() as call:
        yield Talk(call, f"contract-{uuid4().hex}")
