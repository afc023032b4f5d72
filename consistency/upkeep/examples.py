"""Plans to begin with: commented examples, written where a person wants them.

An example's name comes in, a plan file goes out. The examples are files of the package, and a test reads every one of
them as a plan, so that none grows old.
"""

from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from consistency.errors import ConsistencyError, UsageError

EXAMPLES = ("first", "slo", "migration", "regions")


def write_example(folder: Path, name: str) -> Path:
    """Write example `name` into `folder`; its path. A file that is there already stays as it is."""
    if name not in EXAMPLES:
        near = get_close_matches(name, EXAMPLES, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(f'--example {name}: "{name}" is not one of {", ".join(EXAMPLES)}.{hint}')
    path = folder / f"{name}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(read_example(name))
    except FileExistsError as error:
        raise ConsistencyError(f"{path} exists already and was not changed. Choose another folder.") from error
    except OSError as error:
        raise ConsistencyError(f"{path} cannot be written: {error.strerror}. Choose another folder.") from error
    return path


def read_example(name: str) -> str:
    """The text of an example."""
    return files("consistency.upkeep").joinpath("plans", f"{name}.toml").read_text(encoding="utf-8")
