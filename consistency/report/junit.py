"""junit.xml: one test case for each claim, for a continuous integration's own pages.

Material comes in, XML goes out. Nothing stands in JUnit's format for «cannot tell»: such a case is skipped, which says
that it neither passed nor failed, unless the caller wants it to fail. A doubt about the whole run is a case of its own,
so that a run without claims cannot look as if all had gone well.
"""

import re
import xml.etree.ElementTree as ET
from typing import Final

from consistency.analysis.judgement import Verdict
from consistency.report.material import Material
from consistency.report.sentences import say_more

FAIL: Final = "fail"
_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # XML has no way to say these


def write_junit(material: Material, unknown_is: str = "") -> str:
    """The text of junit.xml. `unknown_is` "fail" makes a case that cannot be told a failure."""
    suite = ET.Element("testsuite", name=_clean(material.title), timestamp=material.manifest.started_at)
    properties = ET.SubElement(suite, "properties")
    for name, value in (("run", material.manifest.run), ("truth", material.manifest.truth)):
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    if material.judgement.doubt:
        _add_case(suite, "run", "can be judged", Verdict.CANNOT_TELL, material.judgement.doubt, unknown_is)
    for judged in material.judgement.claims:
        reason = " ".join(
            filter(None, (judged.reason, f"{say_more(judged).capitalize()}." if say_more(judged) else ""))
        )
        _add_case(suite, judged.claim.subject, judged.claim.text, judged.verdict, reason, unknown_is)
    counts = {"tests": "testcase", "failures": "testcase/failure", "skipped": "testcase/skipped"}
    suite.attrib |= {name: str(len(suite.findall(path))) for name, path in counts.items()} | {"errors": "0"}
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'


def _add_case(suite: ET.Element, subject: str, name: str, verdict: Verdict, reason: str, unknown_is: str) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"consistency.{_clean(subject)}", name=_clean(name), time="0")
    if verdict is Verdict.HOLDS:
        ET.SubElement(case, "system-out").text = _clean(reason)
        return
    failed = verdict is Verdict.BROKEN or unknown_is == FAIL
    ET.SubElement(case, "failure" if failed else "skipped", message=f"{verdict}: {_clean(reason)}")


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
