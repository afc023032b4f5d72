"""Definitions of composite indexes, and the index.yaml files in which people keep them.

    indexes:
    - kind: Task
      ancestor: yes
      properties:
      - name: done
      - name: priority
        direction: desc

Only this much of YAML is read, line by line, and anything else is refused by its line: a definition that was taken for
something else would make a query pass here that fails in production.
"""

import re
from collections.abc import Iterable
from textwrap import indent
from typing import NamedTuple

Property = tuple[str, bool]  # name, whether it is descending
_PLAIN = re.compile(r"[A-Za-z_][\w.\-]*")
_OTHER_WORDS = {"null", "y", "n"}
_YES, _NO = {"yes", "true", "on"}, {"no", "false", "off"}
_BEGINS = re.compile(r"^( *)- +(?:kind|ancestor|properties)\b", re.MULTILINE)
_DIRECTIONS = {"asc": False, "ascending": False, "desc": True, "descending": True}


class IndexDefinition(NamedTuple):
    """One composite index: its kind, whether by ancestor, and its properties in order."""

    kind: str
    ancestor: bool
    properties: tuple[Property, ...]


def read_definitions(text: str) -> list[IndexDefinition]:
    """The definitions of an index.yaml; ValueError in one sentence that names the line."""
    found: list[IndexDefinition] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition(" #")[0].strip()
        if words and not words.startswith("#") and words not in {"---", "indexes:", "indexes: []", "properties:"}:
            try:
                _read_line(words, found)
            except (ValueError, IndexError, KeyError) as error:
                raise ValueError(f'line {number} of the index file is not understood: "{line.strip()}"') from error
    if unnamed := [place for place, each in enumerate(found, 1) if not each.kind]:
        raise ValueError(f"index {unnamed[0]} of the index file has no kind")
    return found


def write_definitions(definitions: Iterable[IndexDefinition]) -> str:
    """The text of an index.yaml."""
    return "indexes:\n" + "".join(f"\n{describe_definition(each)}\n" for each in definitions)


def append_definition(text: str, definition: IndexDefinition) -> str:
    """The text of an index.yaml with one definition more, indented as those before it; nothing else changes."""
    if not read_definitions(text):  # perhaps it says "indexes: []"
        comments = [line for line in text.splitlines(keepends=True) if line.lstrip().startswith("#")]
        return "".join(comments) + write_definitions([definition])
    margin = next(_BEGINS.finditer(text))[1]
    return f"{text.rstrip()}\n\n{indent(describe_definition(definition), margin)}\n"


def remove_definition(text: str, definition: IndexDefinition) -> str:
    """The text of an index.yaml without one definition; comments stay, since they may be about the next one."""
    kept: list[str] = []
    place = -1
    removed = {number for number, each in enumerate(read_definitions(text)) if each == definition}
    for line in text.splitlines(keepends=True):
        place += bool(_BEGINS.match(line))
        if place not in removed or not line.strip() or line.lstrip().startswith("#"):
            kept.append(line)
    return "".join(kept)


def describe_definition(definition: IndexDefinition) -> str:
    """One definition as it stands in an index.yaml, and in the refusal of a query that needs it."""
    lines = [
        f"- kind: {_write_name(definition.kind)}",
        *(["  ancestor: yes"] if definition.ancestor else []),
        "  properties:",
    ]
    for name, descending in definition.properties:
        lines += [f"  - name: {_write_name(name)}", *(["    direction: desc"] if descending else [])]
    return "\n".join(lines)


def _write_name(name: str) -> str:
    """A name as other readers of YAML take it for a text, too."""
    plain = _PLAIN.fullmatch(name) and name.lower() not in _YES | _NO | _OTHER_WORDS
    return name if plain else "'" + name.replace("'", "''") + "'"


def _read_name(written: str) -> str:
    if written[:1] == written[-1:] == "'":
        return written[1:-1].replace("''", "'")
    return written.strip('"')


def _read_line(words: str, found: list[IndexDefinition]) -> None:
    """One "name: value" line, with a dash where it begins an index or a property."""
    begins = words.startswith("- ")
    name, colon, value = words.removeprefix("- ").partition(":")
    name, value = name.strip(), _read_name(value.strip())
    if not colon:
        raise ValueError(words)
    if begins and name in {"kind", "ancestor", "properties"}:
        found.append(IndexDefinition("", ancestor=False, properties=()))
    last = found[-1]
    if begins and name in {"name", "direction"}:
        last = last._replace(properties=(*last.properties, ("", False)))
    found[-1] = _with_value(last, name, value)


def _with_value(definition: IndexDefinition, name: str, value: str) -> IndexDefinition:
    properties = definition.properties
    match name:
        case "kind":
            return definition._replace(kind=value)
        case "ancestor":
            if value.lower() not in _YES | _NO:
                raise ValueError(value)
            return definition._replace(ancestor=value.lower() in _YES)
        case "properties":
            return definition
        case "name":
            return definition._replace(properties=(*properties[:-1], (value, properties[-1][1])))
        case "direction":
            return definition._replace(properties=(*properties[:-1], (properties[-1][0], _DIRECTIONS[value.lower()])))
    raise ValueError(name)
