"""summary.json: the run, its verdict and its numbers, for programs.

Material comes in, plain values go out: durations in integer nanoseconds, null where an interval is open. It needs
neither pandas nor matplotlib, so that `--json` is quick.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec

from consistency.analysis.findings import Finding
from consistency.analysis.judgement import ActionSummary, QuantileEstimate, Share
from consistency.report.control import say_control
from consistency.report.incidents import choose_incidents
from consistency.report.material import Material
from consistency.report.neighbours import SCHEMA_VERSION
from consistency.report.sentences import say_finding, say_retries, say_tail

WITNESSES = 3  # of each finding


def summarize(material: Material) -> dict[str, Any]:
    """The whole summary as plain values; `verdict` is None without claims. Quantiles are numbers between 0 and 1."""
    judgement = material.judgement
    return {
        "schema_version": SCHEMA_VERSION,
        "run": _plain(material.manifest),
        "title": material.title,
        "verdict": str(judgement.verdict) if judgement.claims or judgement.doubt else None,
        "doubt": judgement.doubt,
        "sentences": [sentence.replace("**", "") for sentence in _say(material) if sentence],
        "complete": judgement.complete,
        "notes": list(judgement.notes),
        "actions": {str(action.action): _action_numbers(action) for action in judgement.actions},
        "claims": _plain(judgement.claims),
        "incidents": _list_incidents(material),
        "findings": {finding.checker: _finding_numbers(finding) for finding in judgement.findings},
        "pacing": _plain(judgement.pacing),
        "shared": {str(action.action): _action_numbers(action) for action in judgement.shared},
        "faults": _plain(judgement.faults),
        "gaps": _plain(judgement.gaps),
        "regions": dict(judgement.regions),
        "calibration": _plain(material.calibration),
    }


def write_json(material: Material) -> str:
    """The text of summary.json."""
    return msgspec.json.format(msgspec.json.encode(summarize(material)), indent=2).decode() + "\n"


def _say(material: Material) -> tuple[str, ...]:
    return say_finding(material), say_tail(material), say_retries(material), say_control(material)


def _action_numbers(summary: ActionSummary) -> Mapping[str, Any]:
    left_out = ("action", "visibilities", "searches", "readers")
    numbers = {name: _plain(getattr(summary, name)) for name in ActionSummary.__slots__ if name not in left_out}
    numbers |= {name: _share_numbers(getattr(summary, name)) for name in ("never_seen", "missed_first")}
    for name in ("quantiles", "stable_quantiles"):
        numbers[name] = [_quantile_numbers(estimate) for estimate in getattr(summary, name)]
    return numbers | {"readers": {reader: _action_numbers(found) for reader, found in summary.readers.items()}}


def _share_numbers(share: Share | None) -> Mapping[str, Any] | None:
    """`sides`: of its 95 % interval; 1 where only one end can err."""
    return None if share is None else {**_plain(share), "sides": 1 if share.count in {0, share.n} else 2}


def _quantile_numbers(estimate: QuantileEstimate) -> Mapping[str, Any]:
    """Below the smallest n that carries it a quantile has no number, only what it `needs`; of the others `sides` says
    what `interval_*` and `bound_*` are."""
    numbers = dict(_plain(estimate))
    if estimate.n < estimate.needs:
        numbers |= dict.fromkeys((name for name in numbers if name.endswith("_ns")), None)
    return numbers | {"sides": {"interval": 2, "bound": 1}}


def _list_incidents(material: Material) -> Mapping[str, Any]:
    """Their number, and those that a page shows, with the conditions that each breaks."""
    shown = [
        {"explanation": each.anomaly.explanation, "breaks": each.checkers, "operations": _plain(each.anomaly.ops)}
        for each in choose_incidents(material)
    ]
    return {"count": len(material.incidents), "unassigned": dict(material.incidents.unassigned), "shown": shown}


def _finding_numbers(finding: Finding) -> Mapping[str, Any]:
    """All but the anomalies, of which there may be a million: their number, and a few witnesses."""
    names = ("verdict", "reason", "examined", "opportunities", "unresolved", "figures")
    numbers = {name: _plain(getattr(finding, name)) for name in names}
    few = [finding.anomalies[number] for number in range(min(len(finding.anomalies), WITNESSES))]
    return {
        **numbers,
        "share": _share_numbers(finding.share),
        "anomalies": len(finding.anomalies),
        "witnesses": [{"explanation": each.explanation, "operations": _plain(each.ops)} for each in few],
    }


def _plain(value: object) -> Any:
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_plain_quantile)


def _plain_quantile(value: object) -> float:
    if isinstance(value, Fraction):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no place in summary.json")
