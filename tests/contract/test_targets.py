"""Which targets the contract has."""

from tests.contract.targets import ADDRESSED, DIFFERENCES, TARGETS


def test_every_target_has_its_list_of_differences() -> None:
    """Empty where there are none."""
    assert {*TARGETS, *ADDRESSED} == DIFFERENCES.keys()
