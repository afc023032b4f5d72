"""Plans written as text, and what is said of those that are wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from consistency.errors import UsageError
from consistency.plan import Plan
from consistency.plan_file import load_plan

GOOD = 'entities = 3\nrate = "2/s"\n[probes]\nglobal_query = { interval = "50ms" }\nkey_get = {}\n'


def load(
    folder: Path, text: str, overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Plan:
    """The plan that `text` is."""
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path, overrides or {}, environment or {})


def mistake(
    folder: Path, text: str, overrides: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """What is said of a plan that is wrong."""
    with pytest.raises(UsageError) as raised:
        load(folder, text, overrides, environment)
    return str(raised.value)
