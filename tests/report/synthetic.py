"""Writes the report of a made-up run, to look at: python -m tests.report.synthetic FOLDER [ENTITIES] [NEVER_SEEN]."""

import sys
from pathlib import Path

from consistency.analysis.judgement import Verdict
from consistency.archive import Archive
from consistency.operation import Action
from consistency.report.pages import write_report
from tests.report.found import annotate, disturb
from tests.report.judgements import (
    claim,
    make_calibration,
    make_judgement,
    make_manifest,
    make_plan,
    make_summaries,
)


def write_synthetic(folder: Path, entities: int, never_seen: int = 0) -> dict[str, Path]:
    """Global queries lag, key gets and ancestor queries do not."""
    folder.mkdir(parents=True, exist_ok=True)
    claims = (
        claim(Action.KEY_GET, "always visible", Verdict.HOLDS, f"No counterexample in {entities} entities."),
        claim(Action.GLOBAL_QUERY, "p90 <= 2s", Verdict.HOLDS, "The bound lies below the limit."),
        claim(Action.GLOBAL_QUERY, "p99 <= 2s", Verdict.CANNOT_TELL, "The limit lies between the bounds.", 900),
    )
    judgement = make_judgement(make_summaries(entities, unseen=never_seen), claims)
    judgement = disturb(judgement)
    if not Archive(folder).annotations.exists():
        annotate(folder)
    return write_report(Archive(folder), make_plan(entities=entities), make_manifest(), judgement, make_calibration())


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[2:]]
    sys.stdout.write(f"{write_synthetic(Path(sys.argv[1]), *(numbers or [30]))['html']}\n")
