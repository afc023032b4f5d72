"""Judge: one run's history to all that is said of it.

Plan, manifest and history come in, a Judgement goes out. The emulator's truth is not among them: no interval, summary
or verdict may depend on it, and only `calibration` reads it, afterwards.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from consistency.analysis.arms import split_arms
from consistency.analysis.claims import judge_claim
from consistency.analysis.clocks import measure_clocks
from consistency.analysis.doubts import find_doubt
from consistency.analysis.entities import EntityColumns, combine_searches
from consistency.analysis.errors import count_errors
from consistency.analysis.examination import examine
from consistency.analysis.faults import list_faults
from consistency.analysis.findings import Finding
from consistency.analysis.gaps import list_gaps, say_gaps
from consistency.analysis.incidents import group_incidents
from consistency.analysis.judgement import ActionSummary, ClaimVerdict, Judgement, Verdict
from consistency.analysis.notes import find_unfinished, write_notes
from consistency.analysis.pacing import measure_pacing
from consistency.analysis.quantiles import QUANTILES
from consistency.analysis.regions import compare_regions
from consistency.analysis.searching import Terms
from consistency.analysis.series import gather_series
from consistency.analysis.slots import find_slots
from consistency.analysis.summaries import summarize_action
from consistency.analysis.visibility import measure_visibility
from consistency.archive import Manifest
from consistency.claim import Claim
from consistency.history import History
from consistency.operation import Action
from consistency.plan import Plan
from consistency.schedule import Stream, plan_arms

_BY_BADNESS = (Verdict.BROKEN, Verdict.CANNOT_TELL, Verdict.HOLDS)


def judge(plan: Plan, manifest: Manifest, history: History, extra_claims: Sequence[Claim] = ()) -> Judgement:
    """Judge `history` by the claims of `plan` and by `extra_claims`. The verdict is the worst; no claims hold. Where
    there is a doubt about the whole run, nothing can be told."""
    claims = (*plan.parsed_claims, *extra_claims)
    arms = list(zip(plan_arms(plan), split_arms(plan, history), strict=True))
    (_, isolated), *shared = arms
    measured = {action: measure_entities(plan, manifest, isolated, action) for action in plan.probes}
    compared = [
        measure_entities(plan, manifest, part, action, streams=arm.streams)
        for arm, part in shared
        for action in plan.probes
    ]
    gaps = list_gaps(plan, manifest, history)
    missed = sum(gap.missed for gap in gaps)
    notes = write_notes(plan, history, measured.values(), manifest.clock_bound_ns, missed)
    doubt = find_doubt(history, measured.values())
    findings = () if doubt else examine(plan, manifest, isolated)
    judged = tuple(_judge_claim(claim, measured, findings, doubt) for claim in claims)
    verdicts = {each.verdict for each in judged} | ({Verdict.CANNOT_TELL} if doubt else set())
    quantiles = sorted({*QUANTILES, *(claim.quantile for claim in claims if claim.quantile is not None)})
    return Judgement(
        actions=tuple(_summarize(plan, manifest, entities, quantiles) for entities in measured.values()),
        claims=judged,
        verdict=next((verdict for verdict in _BY_BADNESS if verdict in verdicts), Verdict.HOLDS),
        pacing=measure_pacing(plan, history),
        complete=not find_unfinished(history),
        notes=(*say_gaps(manifest, gaps), *notes),
        findings=findings,
        incidents=group_incidents(isolated, findings),
        doubt=doubt,
        shared=tuple(_summarize(plan, manifest, entities, quantiles) for entities in compared),
        faults=list_faults(plan, history),
        errors=count_errors(history, manifest.start_ns),
        regions=history.regions,
        region_pairs=compare_regions(isolated, measured.values()),
        clocks=measure_clocks(manifest, history),
        gaps=gaps,
    )


def measure_entities(
    plan: Plan,
    manifest: Manifest,
    history: History,
    action: Action,
    process: str | None = None,
    streams: Sequence[Stream] | None = None,
) -> EntityColumns:
    """The entities that `action` looked for, as all readers saw them, or as one `process` did.

    `streams`: those of the history's arm, where it is not the plan's first.
    """
    series = gather_series(history, action, process, manifest.clock_bound_ns)
    own = [each for each in streams or plan_arms(plan)[0].streams if action in each.actions]
    if own:
        series = replace(series, index=find_slots(plan, manifest.start_ns, series, own[0]))
    return combine_searches(measure_visibility(series, manifest.clock_bound_ns, Terms.of(plan, action)))


def _judge_claim(
    claim: Claim, measured: Mapping[Action, EntityColumns], findings: Sequence[Finding], doubt: str
) -> ClaimVerdict:
    judged = judge_claim(claim, measured, findings)
    return replace(judged, verdict=Verdict.CANNOT_TELL, reason=doubt, more_entities=None) if doubt else judged


def _summarize(plan: Plan, manifest: Manifest, entities: EntityColumns, quantiles: Iterable[Fraction]) -> ActionSummary:
    series, quantiles = entities.searches.series, tuple(quantiles)
    history = series.history
    processes = [history.processes[place] for place in sorted(set(history.process[series.rows].tolist()))]
    if len(processes) < 2:
        return summarize_action(entities, quantiles)
    readers = {
        process: summarize_action(measure_entities(plan, manifest, history, series.action, process), quantiles)
        for process in sorted(processes)
    }
    return summarize_action(entities, quantiles, readers)
