"""anomalies.csv: every anomaly that the checkers found, one row each: what it is about, its sentence and its calls.

Material comes in, CSV goes out. A page shows a few witnesses; this is where the others are. Of a finding with very many
the first MOST are written, because a store that is meant to be late has as many as it has reads.
"""

from collections.abc import Iterator

import pandas as pd

from consistency.report.material import Material

MOST = 5_000  # of each finding
COLUMNS = ("finding", "number", "incident", "entity", "began_ns", "calls", "explanation")


def write_anomalies(material: Material) -> str:
    """`incident`: rows with one number are one thing that went wrong (empty: not assigned); `began_ns`: the invocation
    of the first call (run clock); `calls`: process#number of each, as in the history."""
    return str(pd.DataFrame(_list(material), columns=COLUMNS).to_csv(index=False, lineterminator="\n"))


def say_where(material: Material, links: dict[str, str]) -> str:
    """Where all anomalies are, for the page; "" where there is no such file."""
    if "anomalies" not in links:
        return ""
    cut = any(len(finding.anomalies) > MOST for finding in material.judgement.findings)
    return f"the first {MOST:,} of each finding" if cut else "all of them"


def _list(material: Material) -> Iterator[tuple[object, ...]]:
    places = {finding.checker: place for place, finding in enumerate(material.incidents.findings)}
    for finding in material.judgement.findings:
        place = places.get(finding.checker)
        for number in range(min(len(finding.anomalies), MOST)):
            each = finding.anomalies[number]
            calls = " ".join(f"{op.process}#{op.op}" for op in each.ops)
            began_ns = each.ops[0].invoked_ns if each.ops else ""
            incident = None if place is None else material.incidents.number_of(place, number)
            name = "" if incident is None else incident + 1
            yield (each.checker, number, name, each.item.name, began_ns, calls, each.explanation)
