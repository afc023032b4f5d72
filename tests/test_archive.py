"""The folder of a run: its names, what is saved and loaded, how it is found."""

import threading
from pathlib import Path

import pytest

from consistency.archive import Archive, Manifest, create_run, find_run
from consistency.errors import ConsistencyError, UsageError
from consistency.flow import claim_process
from consistency.plan import Plan

PLAN = Plan.model_validate({"probes": {"key_get": {}}})


def manifest_of(run: str) -> Manifest:
    """A manifest."""
    return Manifest(
        run=run,
        experiment="first",
        plan_hash="0123456789ab",
        seed=7,
        backend="embedded",
        target="in process",
        truth="planted",
        address="",
        channel="memory",
        client="async",
        virtual=True,
        started_at="2026-01-01T00:00:00.000+00:00",
        origin_ns=0,
        origin_wall_ns=0,
        start_ns=0,
        boot_id="virtual",
        clock_bound_ns=0,
        commit="",
        versions={},
        host="",
    )


class TestCreate:
    def test_names_the_folder_by_its_start(self, tmp_path: Path) -> None:
        """runs/<experiment>/<started-at>, and the id is the same without the first part."""
        run, archive = create_run(tmp_path, "first")
        assert run == f"first/{archive.folder.name}"
        assert archive.folder.is_dir()

    @pytest.mark.parametrize("name", ["../x", "a/b", "/x", "a\\b", "..", ".", "", " "])
    def test_a_name_that_would_lead_elsewhere_is_refused(self, name: str, tmp_path: Path) -> None:
        """A run writes into its own experiment's folder and nowhere else."""
        with pytest.raises(UsageError, match=r"write one folder's name, without / and not of dots alone"):
            create_run(tmp_path / "runs", "first", name)
        assert not list(tmp_path.iterdir())

    def test_two_in_one_second_have_two_folders(self, tmp_path: Path) -> None:
        """Nobody writes into another's folder."""
        assert len({create_run(tmp_path, "first")[0] for _ in range(5)}) == 5

    def test_a_name_is_given_once(self, tmp_path: Path) -> None:
        """A second run of that name would mix two histories."""
        assert create_run(tmp_path, "first", "mine")[0] == "first/mine"
        with pytest.raises(UsageError, match=r"first/mine exists already: choose another --run"):
            create_run(tmp_path, "first", "mine")

    def test_a_place_that_cannot_be_written_is_one_sentence(self, tmp_path: Path) -> None:
        """Below a file there is no folder."""
        (tmp_path / "file").touch()
        with pytest.raises(ConsistencyError, match=r"cannot be written: .*Choose another --out"):
            create_run(tmp_path / "file", "first")


class TestSaveAndLoad:
    def test_give_back_the_same(self, tmp_path: Path) -> None:
        """Plan and manifest, to the last field."""
        _, archive = create_run(tmp_path, "first", "a")
        archive.save(PLAN, manifest_of("first/a"))
        assert archive.load() == (PLAN, manifest_of("first/a"))

    @pytest.mark.parametrize(
        ("file", "content", "told"),
        [
            ("plan.json", b'{"x": 1, "y": 2}', "x: Extra inputs are not permitted"),
            ("plan.json", b"{", "Invalid JSON: EOF while parsing an object"),
            ("plan.json", b"\xff", "Invalid JSON: "),
            ("manifest.json", b'{"run": 5}', "Expected `str`, got `int`"),
            ("manifest.json", b'"\xff"', ""),
        ],
    )
    def test_what_is_damaged_is_one_sentence(self, file: str, content: bytes, told: str, tmp_path: Path) -> None:
        """It names the file and the first thing that is wrong with it, and no library's address."""
        _, archive = create_run(tmp_path, "first", "a")
        archive.save(PLAN, manifest_of("first/a"))
        (archive.folder / file).write_bytes(content)
        with pytest.raises(ConsistencyError) as raised:
            archive.load()
        assert str(raised.value).startswith(f"{archive.folder / file} is damaged: {told}")
        assert "\n" not in str(raised.value)
        assert "http" not in str(raised.value)

    def test_histories_are_those_of_all_processes(self, tmp_path: Path) -> None:
        """By name, and nothing else that lies there."""
        archive = Archive(tmp_path)
        for process in ("writer", "reader-2", "reader-1"):
            archive.history(process).touch()
        archive.queue.touch()
        assert [path.name for path in archive.histories()] == [
            "history-reader-1.jsonl",
            "history-reader-2.jsonl",
            "history-writer.jsonl",
        ]


class TestLatest:
    def test_is_found_and_told_by_its_own_name(self, tmp_path: Path) -> None:
        """The link moves on; what was found stays."""
        for name in ("a", "b"):
            _, archive = create_run(tmp_path, "first", name)
            archive.save(PLAN, manifest_of(name))
            archive.become_latest()
        assert find_run("latest", tmp_path).folder == archive.folder.resolve()
        assert find_run("first/a", tmp_path).folder == tmp_path / "first" / "a"
        assert find_run(str(tmp_path / "first" / "a"), Path("elsewhere")).folder == tmp_path / "first" / "a"

    def test_runs_that_begin_together_do_not_trip_each_other(self, tmp_path: Path) -> None:
        """The link is replaced in one step, so two that move it at once both succeed."""
        archives = [create_run(tmp_path, "first", str(place))[1] for place in range(8)]
        failed = list[BaseException]()

        def move_often(archive: Archive) -> None:
            try:
                for _ in range(20):
                    archive.become_latest()
            except OSError as error:
                failed.append(error)

        threads = [threading.Thread(target=move_often, args=(archive,)) for archive in archives]
        for archive in archives:
            archive.save(PLAN, manifest_of(archive.folder.name))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert find_run("latest", tmp_path).folder in [archive.folder.resolve() for archive in archives]

    def test_what_is_no_run_is_told(self, tmp_path: Path) -> None:
        """With both places that were looked at."""
        with pytest.raises(UsageError, match=r"nothing is not a run: neither it nor .*/nothing holds a manifest"):
            find_run("nothing", tmp_path)

    def test_a_name_without_its_experiment_is_found(self, tmp_path: Path) -> None:
        """As `--run` was given it; where two experiments have a run of that name, both are told."""
        _, archive = create_run(tmp_path, "a", "before")
        archive.save(PLAN, manifest_of("a/before"))
        assert find_run("before", tmp_path).folder == archive.folder
        _, other = create_run(tmp_path, "b", "before")
        other.save(PLAN, manifest_of("b/before"))
        with pytest.raises(UsageError, match=r"before may be a/before or b/before: write which\."):
            find_run("before", tmp_path)


class TestProcessNames:
    @pytest.mark.parametrize("name", ["writer", "../x", "a/b", ""])
    def test_a_name_that_would_write_elsewhere_is_refused(self, name: str, tmp_path: Path) -> None:
        """Neither the writer's history nor another folder can be a reader's."""
        with pytest.raises(UsageError, match="--process"), claim_process(Archive(tmp_path), name):
            pass
