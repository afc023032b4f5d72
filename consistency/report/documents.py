"""Documents: the templates, and the values that they are filled with.

Material comes in, HTML and Markdown go out. Foreign text (the plan's question, names, codes) is escaped by the
environment in HTML and by `plain` in Markdown; in our own sentences ** marks what is strong.
"""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from consistency.analysis.words import capitalize
from consistency.report.captions import describe_calibration, warn_of_pacing
from consistency.report.control import say_control
from consistency.report.facts import list_claims, list_facts
from consistency.report.findings import list_findings, say_unbroken
from consistency.report.incidents import list_incidents, say_incidents
from consistency.report.interference import say_interference
from consistency.report.material import Material
from consistency.report.moments import list_annotations, list_faults
from consistency.report.probe_table import make_headings, make_rows
from consistency.report.sentences import SIGNS, say_finding, say_retries, say_tail

MARKDOWN_MOST_BYTES = 64 * 1024
_CUT = "\n\n(cut here: the whole report is report.html)\n"


def describe_run(material: Material) -> dict[str, Any]:
    """All that both documents tell, by the names that the templates use."""
    judgement = material.judgement
    return {
        "title": material.title,
        "run": material.manifest.run,
        "verdict": judgement.verdict if judgement.claims or judgement.doubt else None,
        "sign": SIGNS[judgement.verdict],
        "sentences": [sentence for sentence in (say_finding(material), say_tail(material)) if sentence],
        "retries": " ".join(filter(None, (say_retries(material), say_interference(material)))),
        "control": say_control(material),
        "faults": list_faults(material),
        "annotations": list_annotations(material),
        "claims": list_claims(material),
        "facts": list_facts(material),
        "headings": make_headings(material),
        "rows": make_rows(material),
        "notes": [*judgement.notes, *warn_of_pacing(material)],
        "findings": list_findings(material),
        "counted": say_incidents(material),
        "incidents": list_incidents(material),
        "unbroken": say_unbroken(material),
        "calibration": describe_calibration(material),
    }


def render(template: str, **values: object) -> str:
    """A template of the package, filled."""
    return _ENVIRONMENT.get_template(template).render(**values)


def cut_markdown(text: str) -> bytes:
    """At most 64 KiB, the place of a cut told: a job summary refuses what is too long."""
    content = text.encode()
    if len(content) <= MARKDOWN_MOST_BYTES:
        return content
    whole = content[: MARKDOWN_MOST_BYTES - len(_CUT.encode())].decode(errors="ignore")
    return (whole[: whole.rfind("\n")] + _CUT).encode()


def mark_strong(sentence: str) -> Markup:
    """A sentence of ours as HTML."""
    unbroken = re.sub(r"(\d|≤) (%|(?:ms|s|min|h)\b|(?<=≤ )\d)", "\\1\N{NO-BREAK SPACE}\\2", str(escape(sentence)))
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", unbroken))  # noqa: S704  # escaped


def escape_markdown(text: str) -> Markup:
    """Foreign text as one line of Markdown that means nothing but itself."""
    single = " ".join(str(text).split())
    safe = single.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(re.sub(r"([\\`*_\[\]|~#!])", r"\\\1", safe))  # noqa: S704  # escaped in the line before


def keep_markdown(sentence: str) -> Markup:
    """A sentence of ours as Markdown: ** is its own mark."""
    safe = sentence.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(safe)  # noqa: S704  # escaped in the line before


_ENVIRONMENT = Environment(
    loader=PackageLoader("consistency.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters |= {
    "strong": mark_strong,
    "plain": escape_markdown,
    "sentence": keep_markdown,
    "capital": capitalize,
}
