"""What happened during a run: faults on purpose, times when nothing ran, and what people noted; as words and as frames.

Material comes in, text and frames go out. Faults have numbers and annotations letters, so that a chart can name them
where there is no room for their words; where nothing ran there is a hatched band. The words are foreign text: whoever
prints them escapes them.
"""

from string import ascii_uppercase

import pandas as pd

from consistency.durations import NS_PER_MINUTE
from consistency.report.material import Material

NAMED = 6  # of each kind in a caption; the tables have all


def frame_faults(material: Material) -> pd.DataFrame:
    """From which minute to which one a fault was active, by its number in the order of their beginnings; a fault
    without an end lasts to the last call."""
    last_ns = max((each.acknowledged_ns for summary in material.probed for each in summary.visibilities), default=0)
    start_ns = material.manifest.start_ns
    rows = []
    for number, span in enumerate(material.judgement.faults, 1):
        ends_ns = max(last_ns, span.begins_ns) if span.ends_ns is None else span.ends_ns
        begins, ends = ((at_ns - start_ns) / NS_PER_MINUTE for at_ns in (span.begins_ns, ends_ns))
        rows.append((number, begins, ends))
    return pd.DataFrame(rows, columns=["number", "minute", "until_minute"])


def frame_annotations(material: Material) -> pd.DataFrame:
    """The minute of each annotation, by its letter."""
    start_ns = material.manifest.start_ns
    rows = [
        (name_letter(place), (each.at_ns - start_ns) / NS_PER_MINUTE) for place, each in enumerate(material.annotations)
    ]
    return pd.DataFrame(rows, columns=["letter", "minute"])


def frame_gaps(material: Material) -> pd.DataFrame:
    """From which minute to which one nothing ran."""
    start_ns = material.manifest.start_ns
    rows = [
        ((gap.begins_ns - start_ns) / NS_PER_MINUTE, (gap.ends_ns - start_ns) / NS_PER_MINUTE)
        for gap in material.judgement.gaps
    ]
    return pd.DataFrame(rows, columns=["minute", "until_minute"])


def name_letter(place: int) -> str:
    """A, B, ... Z, A2, B2, ..."""
    turn, letter = divmod(place, len(ascii_uppercase))
    return f"{ascii_uppercase[letter]}{turn + 1 if turn else ''}"


def list_annotations(material: Material) -> list[list[str]]:
    """Letter, text and instant (since the first due write) of each annotation."""
    start_ns = material.manifest.start_ns
    return [
        [name_letter(place), each.text, write_instant(each.at_ns - start_ns)]
        for place, each in enumerate(material.annotations)
    ]


def list_faults(material: Material) -> list[list[str]]:
    """Number, what, from when and until when (since the first due write) of each fault, in order."""
    start_ns = material.manifest.start_ns
    return [
        [
            str(number),
            span.text,
            write_instant(span.begins_ns - start_ns),
            "the end" if span.ends_ns is None else write_instant(span.ends_ns - start_ns),
        ]
        for number, span in enumerate(material.judgement.faults, 1)
    ]


def say_moments(material: Material) -> str:
    """What the bands and lines of a chart over the run are; "" where there are none."""
    faults = [f"{row[0]}: {row[1]}" for row in list_faults(material)]
    notes = [f"{row[0]}: «{row[1]}»" for row in list_annotations(material)]
    bands = f"Bands are faults, on purpose ({_cut(faults)})." if faults else ""
    idle = "In hatched bands nothing ran: the run was killed, and resumed." if material.judgement.gaps else ""
    lines = f"Lines are annotations ({_cut(notes)})." if notes else ""
    return " ".join(filter(None, (bands, idle, lines)))


def name_moments(material: Material, minutes: "pd.Series[float]") -> list[str]:
    """For each minute the numbers of the faults that were active then, for the tables below the charts."""
    spans = frame_faults(material).to_numpy(dtype=float).tolist()
    return [
        ", ".join(f"{number:.0f}" for number, begins, ends in spans if begins <= minute < ends)
        for minute in minutes.tolist()
    ]


def write_instant(at_ns: int) -> str:
    """An instant of the run to the millisecond: "12.345 s"."""
    return f"{at_ns / 1e9:,.3f} s"


def _cut(words: list[str]) -> str:
    rest = len(words) - NAMED
    return "; ".join(words if rest <= 0 else [*words[:NAMED], f"and {rest} more"])
