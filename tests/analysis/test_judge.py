"""Judging a whole run: summaries, verdict, notes; and that the truth cannot get in."""

import ast
import inspect
from pathlib import Path

import pytest
from msgspec import structs

import consistency.analysis
from consistency.analysis.judge import judge
from consistency.analysis.judgement import Judgement, Share, Verdict
from consistency.analysis.notes import write_notes
from consistency.claim import parse_claim
from consistency.history import History
from consistency.operation import Action, Began
from consistency.plan import Plan
from consistency.probing import Probe
from tests.analysis.runs import make_manifest, make_plan
from tests.histories import MS, parse_events, parse_history, write_history


def judge_line(line: str, *claims: str) -> Judgement:
    """The judgement of a run that began every write of its plan."""
    return judge(make_plan(*claims, entities=line.count("write")), make_manifest(), parse_history(line))


class TestSummary:
    def test_counts(self) -> None:
        """Retries of the seen, shares, errors and operation times of one probe."""
        line = (
            "write a 0-10; global a 12-14 miss; global a 20-22 miss; global a 30-33 hit; global a 40-43 miss;"
            "write b 0-10; global b 12-13 hit; global b 14-? ;"
            "write c 0-10; global c 12-15 miss;"
            "write d 0-10; global d 12-19 UNAVAILABLE; global d 20-29 UNAVAILABLE"
        )
        (summary,) = judge_line(line).actions
        assert (summary.action, summary.n, summary.flickered) == (Action.GLOBAL_QUERY, 4, 1)
        assert summary.retries == {0: 1, 2: 1}
        assert summary.errors == {"UNAVAILABLE": 2, "unanswered": 1}
        assert (summary.never_seen.count, summary.never_seen.n) == (0, 4)
        assert (summary.stopped, summary.unanswered) == (1, 1)
        assert (summary.missed_first.count, summary.missed_first.n, summary.retried) == (2, 3, 2)
        assert summary.hit_times is not None
        assert (summary.hit_times.n, summary.hit_times.max_ns) == (2, 3 * MS)
        assert summary.miss_times is not None
        assert (summary.miss_times.n, summary.miss_times.p50_ns) == (4, 2 * MS)
        assert [seen.item.name for seen in summary.visibilities] == ["a", "b", "c", "d"]

    def test_every_probe_of_the_plan_has_one(self) -> None:
        """A probe that never came to read has a summary of nothing."""
        plan = Plan(probes={Action.KEY_GET: Probe(), Action.GLOBAL_QUERY: Probe()})
        judgement = judge(plan, make_manifest(), History.of([]))
        assert [(summary.action, summary.n) for summary in judgement.actions] == [
            (Action.KEY_GET, 0),
            (Action.GLOBAL_QUERY, 0),
        ]
        assert judgement.actions[0].never_seen == Share(0, 0, 0, 1)
        assert judgement.actions[0].hit_times is None

    def test_clock_bound_of_the_manifest_widens(self) -> None:
        """The manifest's clock bound reaches the intervals."""
        history = parse_history("write a 0-10; global a 22-24 miss; global a 30-32 hit")
        (summary,) = judge(make_plan(), make_manifest(clock_bound_ns=5 * MS), history).actions
        assert (summary.visibilities[0].lower_ns, summary.visibilities[0].upper_ns) == (7 * MS, 27 * MS)


class TestVerdict:
    @pytest.mark.parametrize(
        ("claims", "verdict"),
        [
            ([], Verdict.HOLDS),
            (["p50 <= 60ms"], Verdict.HOLDS),
            (["p50 <= 60ms", "p99 <= 60ms"], Verdict.CANNOT_TELL),
            (["p99 <= 60ms", "always visible", "p50 <= 60ms"], Verdict.BROKEN),
        ],
    )
    def test_the_worst_claim_decides(self, claims: list[str], verdict: Verdict) -> None:
        """Broken over cannot tell over holds."""
        judgement = judge(make_plan(*claims), make_manifest(), write_history([(20, 50)] * 20))
        assert judgement.verdict is verdict
        assert [judged.claim.text for judged in judgement.claims] == claims

    def test_extra_claims(self) -> None:
        """Claims that the plan does not have are judged beside those it has, and count as much."""
        extra = parse_claim("global_query", "always visible")
        judgement = judge(make_plan("p50 <= 60ms"), make_manifest(), write_history([(20, 50)] * 20), [extra])
        assert [judged.verdict for judged in judgement.claims] == [Verdict.HOLDS, Verdict.BROKEN]
        assert judgement.verdict is Verdict.BROKEN


class TestNotes:
    def test_a_clean_run_has_none(self) -> None:
        """Where all ended well there is nothing to say."""
        judgement = judge_line("write a 0-10; global a 12-14 hit; write b 1000-1010; global b 1012-1014 hit")
        assert (judgement.complete, judgement.notes) == (True, ())

    def test_cut_off_process(self) -> None:
        """A process without an end was cut off, and the run is not complete."""
        history = History.of(parse_events("write a 0-10; global a 12-14 hit")[:-1])
        judgement = judge(make_plan(entities=1), make_manifest(), history)
        assert not judgement.complete
        assert judgement.notes == (
            "Process reader did not end by itself (Ctrl-C, kill, full disk, lost store): its later calls are missing.",
        )

    @pytest.mark.parametrize(
        ("bound_ms", "regions", "note"),
        [
            (0, (), ""),
            (
                38,
                (),
                "The clocks of this run's processes may differ by ±38 ms; 1 of 2 latencies are unresol",
            ),
            (38, ("eu-1", "us-1"), "Clocks of eu-1 and us-1 may differ by ±38 ms; 1 of 2 latencies are unresolved"),
        ],
    )
    def test_clocks(self, bound_ms: int, regions: tuple[str, ...], note: str) -> None:
        """A search that took long is resolved; one that the clocks decide is not."""
        line = "write a 0-10; global a 12-14 hit; write b 1000-1010; global b 1012-1014 miss; global b 1990-1995 hit"
        began = [Began(process, 0, region) for process, region in zip(("writer", "reader"), regions, strict=False)]
        history = History.of([*parse_events(line), *began])
        manifest = structs.replace(make_manifest(), clock_bound_ns=bound_ms * 1_000_000)
        notes = judge(make_plan(), manifest, history).notes
        told = [each for each in notes if "unresolved" in each]
        assert len(told) == bool(note)
        assert [each for each in told if not each.startswith(note)] == []

    def test_what_fell_due_while_nothing_ran(self) -> None:
        """The writer of a resumed run reaches the end of the schedule, so it was not cut short."""
        history = History.of(parse_events("write a 0-10; global a 12-14 hit"))
        assert judge(make_plan(entities=3), make_manifest(), history).notes == (
            "2 of 3 planned writes were due while nothing ran.",
        )

    def test_torn_file(self, tmp_path: Path) -> None:
        """A torn last line is named by its file."""
        (tmp_path / "history-reader.jsonl").write_text("{")
        judgement = judge(make_plan(), make_manifest(), History.load(tmp_path.glob("*")))
        assert judgement.notes == (
            "history-reader.jsonl: the last line is torn and was left out.",
            "The run was cut short: of 2 planned writes 0 were begun.",
        )

    @pytest.mark.parametrize(
        ("line", "note"),
        [
            ("write a 0-10; write b 0-10; global b 12-13 hit", "1 acknowledged write was never probed"),
            ("write b 0-10; global b 12-13 hit; global a 12-13 miss", "1 read looked for entities whose write is not"),
            (
                "write b 0-10; r1/global b 12-13 hit; r2/global b 12-13 hit",
                "global_query: several readers looked for the",
            ),
            ("write b 0-10; global b 1011-1012 hit", "global_query: 1 of 1 search began more than 50 ms after the"),
            ("write b 0-10; global b 31000-31001 hit", "global_query: 1 of 1 search began more than 50 ms after the"),
        ],
    )
    def test_what_a_reader_must_know(self, line: str, note: str) -> None:
        """Each trouble of a history is one sentence."""
        (only,) = judge_line(line).notes
        assert only.startswith(note)

    def test_searches_behind_the_deadline(self) -> None:
        """They are counted among the late ones, and told apart."""
        (note,) = judge_line("write a 0-10; global a 12-13 hit; write b 0-10; global b 31000-31001 hit").notes
        assert note.endswith("earlier. 1 of them began behind the deadline of 30 s.")
        assert "1 of 2 searches began more than 50 ms after the acknowledgement, up to 31.0 s (a late" in note


class TestTruthStaysOut:
    def test_judge_has_no_way_to_it(self) -> None:
        """Judging takes values and no path, and no module that it uses can read the truth."""
        assert list(inspect.signature(judge).parameters) == ["plan", "manifest", "history", "extra_claims"]
        (folder,) = consistency.analysis.__path__
        readers = {path.name for path in Path(folder).glob("*.py") if "calibration" in _imported(path)}
        assert readers == set()

    def test_the_check_can_fail(self, tmp_path: Path) -> None:
        """A module that imports calibration would be found."""
        path = tmp_path / "module.py"
        path.write_text("from consistency.analysis.calibration import calibrate\n")
        assert "calibration" in _imported(path)


def _imported(path: Path) -> set[str]:
    """The last parts of all module names that the file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return {name.rpartition(".")[2] for name in names}


class TestRefusedWrites:
    def test_are_told(self) -> None:
        """A store that fails in the middle must not look like one that was asked less."""
        history = parse_history("write a 0-1; write b 1000-1001 info=UNAVAILABLE; global a 2-3 hit")
        plan = Plan.model_validate({"entities": 2, "probes": {"global_query": {}}})
        assert "1 of 2 writes was not acknowledged: nothing here is said of those entities." in write_notes(
            plan, history, []
        )

    def test_errors_of_attempts_that_looked_for_them_count(self) -> None:
        """The entity is not measured, since nobody knows when it was written; its failed calls happened."""
        unknown = "write b 20-30 info=UNAVAILABLE; global b 32-33 UNAVAILABLE; global b 40-?"
        (summary,) = judge_line(f"write a 0-10; global a 12-13 hit; {unknown}").actions
        assert (summary.n, summary.errors) == (1, {"UNAVAILABLE": 1, "unanswered": 1})


class TestUnprobed:
    def test_a_few_entities_cannot_speak_for_all_that_were_written(self) -> None:
        """A reader that stopped early leaves most of them without a look."""
        line = "; ".join(f"write e{k} {100 * k}-{100 * k + 9}" for k in range(20))
        judgement = judge_line(f"{line}; global e0 10-11 hit", "always visible")
        assert judgement.verdict is Verdict.CANNOT_TELL
        assert judgement.doubt.startswith("19 of 20 acknowledged writes were never probed")

    def test_one_in_twenty_may_be_missing(self) -> None:
        """A run that was stopped has its last writes without a look."""
        line = "; ".join(f"write e{k} {100 * k}-{100 * k + 9}" for k in range(20))
        hits = "; ".join(f"global e{k} {100 * k + 10}-{100 * k + 11} hit" for k in range(19))
        assert judge_line(f"{line}; {hits}").doubt == ""
