"""Schema: what our own history files may hold, as a JSON schema.

The types of events come in, the schema goes out as text. It is generated and stands beside this file, so that others
can read it without our program; a test compares the two.
"""

from pathlib import Path
from typing import Final

import msgspec

from consistency.archive import FORMAT
from consistency.operation import Event

PATH: Final = Path(__file__).with_name("history.schema.json")


def write_schema() -> str:
    """The schema of one line of a history."""
    (schema,), components = msgspec.json.schema_components([Event], ref_template="#/$defs/{name}")
    told = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One line of a history, format {FORMAT}",
        **schema,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"
