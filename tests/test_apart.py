"""A reader that has the plan and no channel: how it begins in a folder."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from consistency import apart, clock, run_lock
from consistency.archive import Archive, Manifest
from consistency.backends.opening import Order
from consistency.cli.appointment import say_command
from consistency.clock import wall_ns
from consistency.durations import NS_PER_S
from consistency.emulator.library import Emulator
from consistency.errors import ConsistencyError, UsageError
from tests.whole_runs import plan_of

START_WALL_NS = wall_ns() + 60 * NS_PER_S


async def settle(order: Order) -> Manifest:
    """Begin, and end at once."""
    async with apart.begin(order, None) as begun:
        return begun.manifest


def order_of(emulator: Emulator, out: Path) -> Order:
    """What a reader in `out` is to read of run x/one."""
    target = {"backend": "attached", "host": f"{emulator.host}:{emulator.port}"}
    order = apart.prepare(plan_of(virtual_time=False, target=target), "x/one", "x", out, "us-1")
    return replace(order, start_wall_ns=START_WALL_NS)


class TestName:
    def test_two_hosts_of_a_region(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each has its own: a merge would keep one of two that are called the same."""
        names = []
        for host in ("a.example", "b.example"):
            monkeypatch.setattr(apart, "gethostname", lambda host=host: host)
            names += [apart.name_process("us-1"), apart.name_process("")]
        assert names == ["reader-us-1-a-example", "reader-a-example", "reader-us-1-b-example", "reader-b-example"]


class TestBegin:
    def test_several_at_once_in_one_folder(self, tmp_path: Path) -> None:
        """All go by one clock, that of the manifest that is there in the end."""

        async def main() -> list[Manifest]:
            return list(await asyncio.gather(*(settle(order) for _ in range(3))))

        with Emulator() as emulator:
            order = order_of(emulator, tmp_path)
            begun = clock.run(main())
        assert begun == [order.archive.load()[1]] * 3

    def test_a_folder_whose_writer_begins(self, tmp_path: Path) -> None:
        """It has no manifest yet, and would overwrite ours."""
        with Emulator() as emulator:
            order = order_of(emulator, tmp_path)
            with run_lock.hold(order.archive.folder), pytest.raises(ConsistencyError, match="which begins just now"):
                clock.run(settle(order))
        assert not order.archive.manifest.exists()

    def test_a_folder_of_another_start(self, tmp_path: Path) -> None:
        """It is not gone on with."""
        with Emulator() as emulator:
            order = order_of(emulator, tmp_path)
            before = clock.run(settle(order))
            with pytest.raises(UsageError, match="of another plan, target, seed or start"):
                clock.run(settle(replace(order, start_wall_ns=START_WALL_NS + NS_PER_S)))
        assert order.archive.load()[1] == before


class TestSaid:
    def test_what_variables_set_is_typed_too(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Else the other hosts would read another plan, which no merge takes; what is no setting stays here."""
        monkeypatch.setenv("CONSISTENCY_DEADLINE", "3 s")
        monkeypatch.setenv("CONSISTENCY_CONFIRM_PROJECT", "mine")
        target = {"backend": "attached", "host": "db.example:8081"}
        order = Order(plan_of(virtual_time=False, target=target), 5, "x/one", Archive(Path("x")), start_wall_ns=0)
        say_command(Path("x.toml"), order, {"duration": None, "settings": ()})
        assert capsys.readouterr().err.startswith(
            "On other hosts: env 'CONSISTENCY_DEADLINE=3 s' consistency read x.toml --run x/one --seed 5 --start 1970-"
        )
