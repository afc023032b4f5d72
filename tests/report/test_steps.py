"""Words: a report says what its workload waits for."""

from dataclasses import replace

import pytest

from consistency.report.captions import describe_tail
from consistency.report.probe_table import make_headings
from consistency.workload import Workload
from tests.report.judgements import make_judgement, make_material, make_summaries


@pytest.mark.parametrize(
    ("workload", "words"),
    [
        (Workload.CREATE, ("time until visible", "never seen", "not yet visible")),
        (Workload.DELETE, ("time until gone", "never found gone", "not yet gone")),
        (Workload.UPDATE, ("time until updated", "never seen updated", "not yet updated")),
    ],
)
def test_headings_and_captions(workload: Workload, words: tuple[str, str, str]) -> None:
    """Nothing that was deleted becomes visible."""
    material = make_material(make_judgement(make_summaries(30)))
    material = replace(material, plan=material.plan.model_copy(update={"workload": workload}))
    headings = " ".join(make_headings(material))
    assert words[0] in headings
    assert words[1] in headings
    assert words[2] in describe_tail(material)
