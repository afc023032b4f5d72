"""What a finished run says on the terminal, and the exit code that it ends with.

A folder comes in; it is judged, reported, and told in a few sentences: on stdout for people, or as the summary's JSON
alone with `--json`, everything human then going to stderr.
"""

import webbrowser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from consistency.analysis.judgement import ClaimVerdict, Pacing, Verdict
from consistency.analysis.notes import CLOCKS, CUT_SHORT
from consistency.analysis.words import write_count
from consistency.archive import Archive
from consistency.claim import Claim
from consistency.cli.log import say
from consistency.errors import ConsistencyError, StoppedError
from consistency.flow import Judged, judge_run, report_run
from consistency.operation import Action
from consistency.report.coins import find_coin
from consistency.report.control import say_control
from consistency.report.findings import say_findings, say_found
from consistency.report.material import Material
from consistency.report.sentences import SIGNS, say_finding, say_more, say_retries, say_tail
from consistency.report.summary import summarize

EXIT_CODES = {Verdict.HOLDS: 0, Verdict.BROKEN: 3, Verdict.CANNOT_TELL: 4}


def tell(
    archive: Archive,
    claims: Sequence[Claim],
    formats: tuple[str, ...],
    flags: dict[str, Any],
    *,
    stopped: bool = False,
    trouble: str = "",
    each_finding: bool = False,
) -> int:
    """Judge, report and print; return the exit code. What was measured outlives whatever goes wrong here.

    `trouble` says why the run ended before its time, where it was neither done nor `stopped`; `each_finding` asks for
    a line about each of the checkers' findings.
    """
    judged = judge_run(archive, claims)
    paths, failure = _try_report(judged, formats, flags)
    if flags["as_json"]:
        click.echo(msgspec.json.encode(summarize(_material(judged))))
    first = _say_stopped(judged.judgement.pacing) if stopped else trouble
    found = say_findings if each_finding else lambda material: [say_found(material)]
    _say(judged, paths, first, found, human_on_stderr=flags["as_json"])
    if failure:
        raise ConsistencyError(failure)
    if flags["open_page"] and "html" in paths:
        webbrowser.open(paths["html"].resolve().as_uri())
    if trouble:
        return ConsistencyError.exit_code
    return StoppedError.exit_code if stopped else choose_exit_code(judged.judgement.verdict, flags)


def choose_exit_code(verdict: Verdict, flags: Mapping[str, Any]) -> int:
    """As EXIT_CODES say, but `--exit-code` where a claim is broken; `--unknown-is` says what «cannot tell» is."""
    if verdict is Verdict.CANNOT_TELL and flags["unknown_is"]:
        verdict = Verdict.HOLDS if flags["unknown_is"] == "pass" else Verdict.BROKEN
    return int(flags["exit_code"]) if verdict is Verdict.BROKEN else EXIT_CODES[verdict]


def _try_report(judged: Judged, formats: tuple[str, ...], flags: Mapping[str, Any]) -> tuple[dict[str, Path], str]:
    """The report's files by format, and what kept them from being written: the verdict is told all the same."""
    try:
        return (report_run(judged, formats, flags.get("title"), flags["unknown_is"] or "") if formats else {}), ""
    except OSError as error:
        folder = judged.archive.folder
        what = f"The report cannot be written: {error.filename or folder}: {error.strerror}."
        return {}, f"{what} The run is kept. Mend that, then: consistency report {folder}"


def _say(
    judged: Judged, paths: dict[str, Path], first: str, found: Callable[[Material], list[str]], *, human_on_stderr: bool
) -> None:
    material = _material(judged)
    clocks = _say_clocks(judged)
    lines = [first, clocks, say_finding(material), say_tail(material), say_retries(material), say_control(material)]
    lines += [_say_coin(material), *map(_say_claim, judged.judgement.claims)]
    lines += [
        *found(material),
        *(note for note in judged.judgement.notes if note != clocks and not (first and note.startswith(CUT_SHORT))),
        f"Report: {paths['html']}" if "html" in paths else f"Run: {judged.archive.folder}",
    ]
    for line in filter(None, lines):
        say(line.replace("**", ""), err=human_on_stderr)


def _say_coin(material: Material) -> str:
    """What kind of truth this is, where times are no clock's."""
    coin = find_coin(material, Action.GLOBAL_QUERY)
    return "" if coin is None else f"Kind of truth: {material.manifest.truth}."


def _say_clocks(judged: Judged) -> str:
    """Why nothing could be told, where clocks that may disagree leave many latencies unresolved."""
    notes = judged.judgement.notes if judged.judgement.verdict is Verdict.CANNOT_TELL else ()
    return next((note for note in notes if note.endswith(CLOCKS)), "")


def _say_stopped(pacing: Pacing) -> str:
    begun = pacing.writes.total()
    return f"Stopped after {begun:,} of {write_count(begun + pacing.missing_slots, 'write')}."


def _say_claim(claim: ClaimVerdict) -> str:
    more = say_more(claim)
    return f"{SIGNS[claim.verdict]} {claim.claim}: {claim.verdict}. {claim.reason}" + (
        f" {more.capitalize()}." if more else ""
    )


def _material(judged: Judged) -> Material:
    return Material(judged.plan, judged.manifest, judged.judgement, judged.calibration, judged.manifest.experiment)
