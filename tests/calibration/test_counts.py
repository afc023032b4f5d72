"""Counts: the stale reads that the checkers find are those that the truth log tells, one by one, and no others."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from consistency import flow
from consistency.analysis.judgement import Visibility
from consistency.emulator.truth import RouteRecord, Told, TruthRecord
from consistency.flow import Judged
from consistency.operation import Action
from tests.whole_runs import plan_of, run_plan

PROBE: dict[str, Any] = {"interval": "40ms", "confirm": 4, "confirm_for": "730ms"}  # no two reads in one instant
APPLY = "20ms | 100ms | lognormal:300ms,0.5"
JOBS: dict[str, Any] = {"model": "job_policy", "consistency": 0.5}
KNOWN: dict[str, dict[str, Any]] = {  # the log tells of each read what it sees
    "megastore": {"model": "megastore", "apply_a": "50ms", "apply_b": "lognormal:200ms,0.8"},
    "replicas, sticky": {"model": "replicas", "replicas": 3, "apply_b": APPLY, "routing": "sticky"},
    "job_policy, Java": JOBS | {"order": "after_read", "rng": "java"},
    "job_policy, Python": JOBS | {"order": "before_read", "rng": "python"},
}
BY_CHANCE: dict[str, dict[str, Any]] = {  # it tells from when on, and until when, chance decides
    "replicas, random": {"model": "replicas", "replicas": 3, "apply_b": APPLY, "routing": "random"},
    "per_read": {"model": "per_read", "consistency": 0.6, "settle": "700ms"},
    "bounded": {"model": "bounded", "max_staleness": "500ms", "session": "none"},
}


class Read(NamedTuple):
    """One answered read: of what, begun when, and whether it found it."""

    name: str
    begun_ns: int
    found: bool


class Truth(NamedTuple):
    """What the log tells last of the commit of each name, and the replica that one client's reads all went to."""

    commits: dict[str, TruthRecord]
    replica: int | None


def measure(target: dict[str, Any], folder: Path) -> tuple[Judged, Truth]:
    """A run of 60 entities over a network that takes no time, so a read sees the very instant at which it begins."""
    target = target | {"latency": "0"}
    plan = plan_of(entities=60, rate="5/s", seed=31, probes={"global_query": PROBE, "key_get": PROBE}, target=target)
    judged = flow.judge_run(run_plan(plan, folder))
    decoder: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)
    lines = decoder.decode_lines(judged.archive.truth.read_bytes())
    commits = {line.names[0]: line for line in lines if isinstance(line, TruthRecord)}
    replicas = [line.replica for line in lines if isinstance(line, RouteRecord)]
    return judged, Truth(commits, replicas[0] if replicas else None)


def reads_of(judged: Judged, action: Action) -> list[Read]:
    """All reads of the action."""
    (summary,) = (each for each in judged.judgement.actions if each.action is action)

    def list_reads(visibility: Visibility) -> list[Read]:
        name = visibility.item.name
        return [Read(name, attempt.invoked_ns, attempt.told == "hit") for attempt in visibility.attempts]

    return [read for visibility in summary.visibilities for read in list_reads(visibility)]


def blamed(judged: Judged, checker: str) -> list[tuple[str, int]]:
    """Name and beginning of every read that the checker accuses, in order."""
    (finding,) = (each for each in judged.judgement.findings if each.checker == checker)
    return sorted((anomaly.item.name, max(op.invoked_ns for op in anomaly.ops)) for anomaly in finding.anomalies)


def find_instants_ns(truth: Truth, name: str) -> tuple[int, int]:
    """From when on some eventual query may see the name's commit, and from when on every one must."""
    line, replica = truth.commits[name], truth.replica
    rows_ns = [rows for _, rows in line.replicas]
    if line.settled_ns is not None:
        return line.committed_ns, line.settled_ns
    if replica is not None:
        return rows_ns[replica], rows_ns[replica]
    return (line.rows_ns, line.rows_ns) if line.rows_ns is not None else (min(rows_ns), max(rows_ns))


class TestStaleReads:
    @pytest.mark.parametrize("model", KNOWN)
    def test_are_those_of_the_truth_log(self, model: str, tmp_path: Path) -> None:
        """Each query between a commit and its rows, from the first attempt on; no key get."""
        judged, truth = measure(KNOWN[model], tmp_path)
        late = KNOWN[model].get("order") == "after_read"  # the read that tosses has answered before the coin falls

        def is_early(read: Read) -> bool:
            seen_ns, _ = find_instants_ns(truth, read.name)
            return read.begun_ns <= seen_ns if late else read.begun_ns < seen_ns

        planted = sorted((read.name, read.begun_ns) for read in reads_of(judged, Action.GLOBAL_QUERY) if is_early(read))
        assert planted
        for checker in ("missing", "staleness", "regular", "safe", "atomic"):
            assert blamed(judged, checker) == planted, checker

    @pytest.mark.parametrize("model", BY_CHANCE)
    def test_lie_where_chance_may_plant_them(self, model: str, tmp_path: Path) -> None:
        """All queries that nothing could have seen, none that everything had to see, and of the others just those that
        came back without the entity."""
        judged, truth = measure(BY_CHANCE[model], tmp_path)
        surely, possibly, missed = [], [], []
        for read in reads_of(judged, Action.GLOBAL_QUERY):
            may_ns, must_ns = find_instants_ns(truth, read.name)
            place = read.name, read.begun_ns
            surely += [place] * (read.begun_ns < may_ns)
            possibly += [place] * (read.begun_ns < must_ns)
            missed += [] if read.found else [place]
        for checker in ("missing", "staleness", "regular", "safe", "atomic"):
            assert blamed(judged, checker) == sorted(missed), checker
        assert set(surely) <= set(missed) < set(possibly)
