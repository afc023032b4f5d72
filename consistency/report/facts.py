"""The lists of the first screen: the claims with their limits, and what kind of truth the target is.

Material comes in, pairs of text go out. They quote the plan and the manifest, so they hold foreign text: whoever prints
them escapes them.
"""

from dataclasses import dataclass

from consistency.analysis.words import write_claim, write_count, write_duration
from consistency.archive import Manifest
from consistency.claim import Claim
from consistency.operation import Action
from consistency.report.material import Material, name_action
from consistency.report.sentences import SIGNS, say_more
from consistency.workload import Workload


@dataclass(frozen=True)
class ClaimLine:
    """One claim with its verdict's sign and word, why, and what would decide it."""

    sign: str
    verdict: str
    claim: str
    reason: str


def list_claims(material: Material) -> list[ClaimLine]:
    """Every claim in the order of the plan."""
    return [
        ClaimLine(
            SIGNS[judged.verdict],
            judged.verdict,
            f"{name_action(judged.claim.subject)}: {_write_claim(material, judged.claim)}",
            "; ".join(filter(None, (judged.reason.rstrip("."), say_more(judged)))),
        )
        for judged in material.judgement.claims
    ]


def _write_claim(material: Material, claim: Claim) -> str:
    """As it is read; what a probe waits to find no more is not visible, but gone."""
    words = write_claim(claim.text)
    gone = not claim.is_about_checker and material.name_gone(Action(claim.subject))
    return words.replace("visible", "gone") if gone else words


def list_facts(material: Material) -> list[tuple[str, str]]:
    """What the target is and how it was measured; empty facts are left out."""
    manifest, plan = material.manifest, material.plan
    size = f"{write_count(plan.entities, 'entity', 'entities')} per probe at {plan.rate}, deadline {plan.deadline}"
    facts = (
        ("Kind of truth", manifest.truth),
        ("Target", " at ".join(filter(None, (manifest.backend, manifest.address))) or manifest.target),
        ("Time", "virtual (simulated clock)" if manifest.virtual else "real"),
        ("Client", _describe_client(manifest)),
        ("Poll interval", _describe_polls(material)),
        ("Plan", f"{size}, {'one probe per entity' if plan.probe_isolation else 'all probes on the same entities'}"),
        ("Workload", "" if plan.workload is Workload.CREATE else f"{plan.workload}"),
        ("Seed", f"{manifest.seed}"),
        (
            "Clock bound",
            write_duration(manifest.clock_bound_ns) if manifest.clock_bound_ns else "one clock for all stamps",
        ),
        ("Run", f"{manifest.run}, started {manifest.started_at}, channel {manifest.channel}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))),
        (
            "Program and host",
            " · ".join(filter(None, (manifest.commit and f"commit {manifest.commit}", manifest.host))),
        ),
    )
    return [(name, text) for name, text in facts if text]


def _describe_polls(material: Material) -> str:
    polls = {}
    for action, probe in material.plan.probes.items():
        dither = "dithered" if probe.dither else "fixed phase"
        backoff = f", from {probe.backoff_after} on × {probe.backoff:g} up to {probe.max_interval}"
        polls[action] = f"{probe.interval}, {dither}{backoff if probe.backoff > 1 else ''}"
    if len(set(polls.values())) == 1:
        return next(iter(polls.values()))
    return "; ".join(f"{name_action(action)} {poll}" for action, poll in polls.items())


def _describe_client(manifest: Manifest) -> str:
    if manifest.virtual:
        return "in process: the same requests straight into the emulator's entry, one probe is one call"
    kinds = {
        "async": "async: the generated client, one probe is one RPC, no hidden retries",
        "library": "library: google.cloud.datastore.Client in threads, as an application sees it",
    }
    return kinds.get(manifest.client, manifest.client)
