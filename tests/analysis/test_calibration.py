"""Calibration against truth logs that were made up."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from consistency.analysis.calibration import calibrate
from consistency.analysis.judge import judge
from consistency.analysis.judgement import Calibration
from consistency.operation import Action
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.target import Backend, Model, Target
from consistency.workload import Workload
from tests.analysis.runs import make_manifest
from tests.histories import MS, write_history

ORIGIN_NS = 10**12
Intervals = list[tuple[float, float | None]]


def write_truth(path: Path, *lines: tuple[int, str, float, float]) -> Path:
    """Truth lines (commit, name, committed, rows), both in ms after the acknowledgement of `write_history`."""
    texts = []
    for commit, name, committed_ms, rows_ms in lines:
        acknowledged_ns = ORIGIN_NS + int(name.removeprefix("item-")) * 1000 * MS + MS
        committed_ns, rows_ns = (acknowledged_ns + round(after_ms * MS) for after_ms in (committed_ms, rows_ms))
        line = {"truth": "commit", "commit": commit, "group": f"Kind01:'{name}'", "names": [name]}
        texts.append(json.dumps(line | {"committed_ns": committed_ns, "bodies_ns": committed_ns, "rows_ns": rows_ns}))
    path.write_text("".join(text + "\n" for text in texts))
    return path


def calibrate_intervals(
    path: Path,
    intervals: Intervals,
    *lines: tuple[int, str, float, float],
    action: Action = Action.GLOBAL_QUERY,
    probe: Probe | None = None,
    workload: Workload = Workload.CREATE,
) -> Calibration:
    model = Model.STRONG if action is Action.READ_TIME_GET else Model.MEGASTORE  # legacy stores keep no history
    plan = Plan(probes={action: probe or Probe()}, workload=workload, target=Target(model=model))
    judgement = judge(plan, make_manifest(), write_history(intervals, action))
    (calibration,) = calibrate(plan, judgement, write_truth(path / "truth.jsonl", *lines), ORIGIN_NS).calibrations
    return calibration


class TestContained:
    @pytest.mark.parametrize(
        ("interval", "rows_ms", "contained"),
        [
            ((20, 50), 20.000001, True),
            ((20, 50), 20, False),  # open below
            ((20, 50), 50, True),  # closed above
            ((20, 50), 50.000001, False),
            ((0, 50), 0, True),  # closed at 0
            ((0, 50), -5, True),  # visible before the acknowledgement counts as 0
            ((20, None), 3_600_000, True),  # never seen: any later truth
            ((20, None), 19, False),
        ],
    )
    def test_ends(self, tmp_path: Path, interval: tuple[float, float | None], rows_ms: float, contained: bool) -> None:
        """(lower, upper], closed at 0, open above where the entity was never seen."""
        calibration = calibrate_intervals(tmp_path, [interval], (1, "item-0", -1, rows_ms))
        assert (calibration.n, calibration.contained) == (1, int(contained))

    @pytest.mark.parametrize("action", [Action.KEY_GET, Action.ANCESTOR_QUERY])
    def test_strong_reads_see_the_commit(self, tmp_path: Path, action: Action) -> None:
        """The truth of a strong read is the commit, whenever the rows follow."""
        calibration = calibrate_intervals(tmp_path, [(0, 5)], (1, "item-0", -1, 900), action=action)
        assert calibration.contained == 1

    @pytest.mark.parametrize(
        ("target", "interval"),
        [(Target(model=Model.STRONG), (0, 5)), (Target(backend=Backend.ATTACHED, host="127.0.0.1:1"), (800, 900))],
    )
    def test_queries_are_strong_where_our_emulator_is(
        self, tmp_path: Path, target: Target, interval: tuple[float, float]
    ) -> None:
        """Of an attached store the plan says no model, so its log is believed."""
        plan = Plan(probes={Action.GLOBAL_QUERY: Probe()}, target=target)
        judgement = judge(plan, make_manifest(), write_history([interval]))
        path = write_truth(tmp_path / "truth.jsonl", (1, "item-0", -1, 900))
        (calibration,) = calibrate(plan, judgement, path, ORIGIN_NS).calibrations
        assert calibration.contained == 1

    @pytest.mark.parametrize(("age", "contained"), [("0", 0), ("30ms", 1), ("60ms", 0)])
    def test_a_read_at_a_time_sees_the_commit_its_age_later(self, tmp_path: Path, age: str, contained: int) -> None:
        """It asks for the state of that long ago."""
        probe = Probe(age=age)
        found = calibrate_intervals(
            tmp_path, [(20, 50)], (1, "item-0", 0, 900), action=Action.READ_TIME_GET, probe=probe
        )
        assert found.contained == contained

    @pytest.mark.parametrize(("workload", "contained"), [(Workload.CREATE, 0), (Workload.DELETE, 1)])
    def test_a_query_of_bodies_misses_what_has_none(self, tmp_path: Path, workload: Workload, contained: int) -> None:
        """A deleted entity's row may stay behind its body; a created one's comes behind it."""
        commit = (1, "item-0", 30, 900)  # the bodies of `write_truth` follow at the commit
        assert calibrate_intervals(tmp_path, [(20, 50)], commit, workload=workload).contained == contained


class TestDistances:
    def test_bias_and_distance(self, tmp_path: Path) -> None:
        """Inside is 0; an interval later than the truth counts positive, an earlier one negative."""
        calibration = calibrate_intervals(
            tmp_path,
            [(20, 50), (20, 60), (20, 50), (20, None)],
            *[(1, "item-0", -1, 30), (2, "item-1", -1, 14), (3, "item-2", -1, 52), (4, "item-3", -1, 90)],
        )
        assert (calibration.n, calibration.contained) == (4, 2)
        assert calibration.mean_distance_ns == (6 + 2) / 4 * MS
        assert calibration.bias_ns == (6 - 2) / 4 * MS
        assert calibration.median_width_ns == 30 * MS


class TestNoOneInstant:
    @staticmethod
    def calibrate(path: Path, action: Action, *lines: Mapping[str, object]) -> Calibration:
        """One interval (20, 50] ms after its acknowledgement, against lines of a store with two replicas."""
        at_ns = ORIGIN_NS + MS
        commit = {"truth": "commit", "commit": 1, "group": "", "names": ["item-0"], "committed_ns": at_ns}
        instants = {"bodies_ns": None, "rows_ns": None, "replicas": [[at_ns, at_ns + 30 * MS], [at_ns, at_ns]]}
        log = path / "truth.jsonl"
        log.write_text("".join(json.dumps(line) + "\n" for line in (*lines, commit | instants)))
        plan = Plan(probes={action: Probe()}, target=Target(model=Model.REPLICAS))
        judgement = judge(plan, make_manifest(), write_history([(20, 50)], action))
        (found,) = calibrate(plan, judgement, log, ORIGIN_NS).calibrations
        return found

    def test_reads_that_went_anywhere_are_left_out(self, tmp_path: Path) -> None:
        """And counted: nothing is said of them, and nothing hidden."""
        found = self.calibrate(tmp_path, Action.GLOBAL_QUERY)
        assert (found.n, found.left_out) == (0, 1)

    @pytest.mark.parametrize(("replica", "contained"), [(0, 1), (1, 0)])
    def test_reads_that_all_went_to_one_replica_have_its_truth(
        self, replica: int, contained: int, tmp_path: Path
    ) -> None:
        """The log says where they went."""
        route: dict[str, object] = {"truth": "route", "client": "", "replica": replica}
        found = self.calibrate(tmp_path, Action.GLOBAL_QUERY, route)
        assert (found.n, found.contained, found.left_out) == (1, contained, 0)

    def test_two_replicas_are_no_one_replica(self, tmp_path: Path) -> None:
        """A client that was sent elsewhere, or two clients."""
        routes = [{"truth": "route", "client": "", "replica": replica} for replica in (0, 1)]
        assert self.calibrate(tmp_path, Action.GLOBAL_QUERY, *routes).left_out == 1

    def test_a_strong_read_has_its_truth_in_every_model(self, tmp_path: Path) -> None:
        """It is the commit."""
        assert self.calibrate(tmp_path, Action.KEY_GET).n == 1


class TestTruthLog:
    def test_the_last_line_of_a_commit_holds(self, tmp_path: Path) -> None:
        """A group that was rolled forward early is corrected by a later line of the same number."""
        corrected = [(1, "item-0", -1, 900), (1, "item-0", -1, 30)]
        assert calibrate_intervals(tmp_path, [(20, 50)], *corrected).contained == 1

    @pytest.mark.parametrize(
        "committed_ms",
        [
            (-1, 400),  # a later change does not make it visible
            (-400, -0.5),  # nor did an earlier one
            (-0.9, -0.2),  # delivered twice: the first of the call
            (-30, 2, 60),  # clocks are skewed: the nearest to the call, which lies from -1 to 0
        ],
    )
    def test_each_revision_has_its_own_commit(self, tmp_path: Path, committed_ms: tuple[float, ...]) -> None:
        """Of the commits of an entity the one that was made while the call of the looked-for write was open."""
        own = {-1: 0, -400: 1, -0.9: 0, -30: 1}[committed_ms[0]]
        commits = [(i, "item-0", at_ms, 30 if i == own else 900) for i, at_ms in enumerate(committed_ms)]
        assert calibrate_intervals(tmp_path, [(20, 50)], *commits).contained == 1

    def test_unknown_entities_are_left_out(self, tmp_path: Path) -> None:
        """What the log does not name cannot be calibrated, and is not counted."""
        assert calibrate_intervals(tmp_path, [(20, 50), (20, 50)], (1, "item-1", -1, 30)).n == 1
        assert calibrate_intervals(tmp_path, [], (1, "item-1", -1, 30)).n == 0

    def test_torn_log(self, tmp_path: Path) -> None:
        """A torn last line is left out."""
        plan = Plan(probes={Action.GLOBAL_QUERY: Probe()}, target=Target(model=Model.MEGASTORE))
        judgement = judge(plan, make_manifest(), write_history([(20, 50)]))
        path = write_truth(tmp_path / "truth.jsonl", (1, "item-0", -1, 30))
        path.write_bytes(path.read_bytes() + b'{"commit": 1, "gr')
        calibrations, notes = calibrate(plan, judgement, path, ORIGIN_NS)
        assert (calibrations[0].contained, notes) == (1, ())

    @pytest.mark.parametrize("damage", [b"nonsense\n", b"\xff\n", b"{}\n"])
    def test_damaged_line(self, tmp_path: Path, damage: bytes) -> None:
        """A damaged line is a note, and the rest is compared all the same: no verdict depends on the truth."""
        plan = Plan(probes={Action.GLOBAL_QUERY: Probe()}, target=Target(model=Model.MEGASTORE))
        judgement = judge(plan, make_manifest(), write_history([(20, 50), (20, 50)]))
        path = write_truth(tmp_path / "truth.jsonl", (1, "item-0", -1, 30), (2, "item-1", -1, 30))
        first, second = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(first + damage + second)
        (calibration,), notes = calibrate(plan, judgement, path, ORIGIN_NS)
        assert (calibration.n, calibration.contained) == (2, 2)
        assert notes == (
            "truth.jsonl: 1 line is damaged and left out of the calibration; no verdict depends on the truth.",
        )

    def test_nothing_can_be_read(self, tmp_path: Path) -> None:
        """Without a log there is a note in the calibration's place."""
        plan = Plan(probes={Action.GLOBAL_QUERY: Probe()}, target=Target(model=Model.MEGASTORE))
        judgement = judge(plan, make_manifest(), write_history([(20, 50)]))
        calibrations, notes = calibrate(plan, judgement, tmp_path / "truth.jsonl", ORIGIN_NS)
        assert calibrations == ()
        assert notes == ("truth.jsonl cannot be read (No such file or directory): there is no calibration.",)
