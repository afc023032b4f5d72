"""The doctor: what it finds, and what it says to do."""

import shutil
from pathlib import Path

import pytest

from consistency.target import Backend
from consistency.upkeep import doctor
from consistency.upkeep.doctor import Check, check_gcloud, check_packages, examine


class TestChecks:
    def test_a_package_that_is_missing_is_named_with_its_fix(self) -> None:
        """So is one that is too old."""
        check = check_packages(["no-such-package>=1", "click>=99"])
        assert check.told == "missing or too old: no-such-package>=1, click>=99"
        assert check.fix == "pip install no-such-package>=1 click>=99"
        assert not check.passed

    def test_what_another_target_needs_is_no_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody needs gcloud for the built-in emulator."""
        monkeypatch.setattr(shutil, "which", lambda _: None)
        assert not check_gcloud(needed=True).passed
        assert check_gcloud(needed=False).passed

    def test_a_coarse_clock_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Intervals cannot be finer than the clock's steps."""
        monkeypatch.setattr(doctor, "measure_resolution_ns", lambda: 15_000_000)
        assert not doctor.check_clock().passed

    @pytest.mark.parametrize(
        ("bound_ns", "told", "fix"),
        [(1_500_000, "within 1.5 ms, as the kernel knows from NTP", ""), (None, "nobody that the ker", "For runs on")],
    )
    def test_the_wall_clock(self, monkeypatch: pytest.MonkeyPatch, bound_ns: int | None, told: str, fix: str) -> None:
        """How far off it may be; where nobody sets it, that is no failure: one host needs none."""
        monkeypatch.setattr(doctor, "bound_wall_clock_ns", lambda: bound_ns)
        check = doctor.check_wall_clock()
        assert check.passed
        assert (check.told[: len(told)], check.fix[: len(fix)], bool(check.fix)) == (told, fix, bool(fix))

    def test_a_full_disk_fails(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A run that cannot write its history loses it."""
        monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1 << 60)
        assert not doctor.check_disk(tmp_path / "runs").passed

    def test_no_project_is_no_tick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody needs gcloud's, but nothing is there to be pleased with; it says what to type."""
        monkeypatch.setattr(doctor, "find_gcloud_project", lambda: None)
        check = doctor.check_project()
        assert (check.passed, check.needed, check.fix) == (True, False, "A live run names its own: --project ID")

    @pytest.mark.slow
    def test_this_machine_is_fit_for_the_embedded_emulator(self, tmp_path: Path) -> None:
        """Otherwise no other test would pass."""
        failed = [check for check in examine(Backend.EMBEDDED, tmp_path) if not check.passed]
        assert failed == []

    def test_a_fix_without_need_passes(self) -> None:
        """It is told as missing only."""
        assert Check("Docker", "does not answer", "start it", needed=False).passed
