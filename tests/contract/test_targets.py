"""Which targets this run of the contract has."""

import pytest

from tests.contract.targets import DIFFERENCES, LEGACY_HOST, TARGETS


def test_googles_legacy_emulator_is_at_hand() -> None:
    """One line says when the contract was not run against it."""
    if "google-legacy" not in TARGETS:
        pytest.skip(f"Google's legacy emulator is not at hand: {LEGACY_HOST} names none")


def test_every_target_has_its_list_of_differences() -> None:
    """Empty where there are none."""
    assert TARGETS.keys() <= DIFFERENCES.keys()
