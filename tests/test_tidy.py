"""Style is a test: sizes, names, docstrings, silent errors, and what must not be in any file."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "consistency").rglob("*.py"))
INSTALLED = "node_modules"  # what npm puts beside our own files
SOURCES = [
    *PACKAGE,
    *sorted(
        path
        for folder in ("tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if INSTALLED not in path.parts
    ),
]
TEXTS = sorted(
    path
    for pattern in ("*.md", "*.toml", "*.lock", "Makefile", ".ci/*", "docker/*", "experiments/*", "consistency/**/*",
                    "tests/**/*", "benchmarks/**/*", "reports/**/*")
    for path in ROOT.glob(pattern)
    if path.is_file() and path.suffix not in {".pyc", ".png", ".binpb"} and INSTALLED not in path.parts
)  # fmt: skip
FUNCTION_LINES_MAX, MODULE_LINES_MAX, MEDIAN_LINES_MAX = 50, 300, 10
BANNED_WORDS = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "handlers", "base"}
ASYNCIOS_NAMES = {"add_signal_handler", "remove_signal_handler", "call_exception_handler"}  # a loop must have these
FORBIDDEN = {  # put together here, so that this file does not hold them itself
    "a path of a machine": re.compile(r"/(?:root|home|work|Users)" + "/"),
    "a package index": re.compile("pypi" + r"\.(?:org|python)|python" + "hosted|index" + "-url"),
    "a folder that is not ours": re.compile(r"(?<![\w-])shared" + "/"),
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parse(path: Path) -> ast.Module:
    """The module's tree, of which several tests want something."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function's place and its number of lines."""
    for node in ast.walk(parse(path)):
        if isinstance(node, Function):
            assert node.end_lineno is not None
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def names(path: Path) -> Iterator[str]:
    """Every name that the module gives: its own, and those of functions, classes, arguments and variables."""
    yield path.stem
    for node in ast.walk(parse(path)):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


@cache
def words(name: str) -> set[str]:
    """The words of a name: "FileHandler_2" has three."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z][a-z0-9]*|[A-Z]+(?![a-z])|\d+", name)}


def paragraphs(docstring: str) -> int:
    """The paragraphs of text; indented drawings and tables belong to the one before."""
    return sum(not part.startswith(" ") for part in re.split(r"\n\s*\n", docstring))


class TestSizes:
    def test_no_function_is_long(self) -> None:
        """What does not fit on a screen is two things."""
        assert not [
            (place, lines) for path in SOURCES for place, lines in functions(path) if lines > FUNCTION_LINES_MAX
        ]

    def test_no_module_is_long(self) -> None:
        """A drawer that holds everything is none."""
        lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE}
        assert not {path: lines for path, lines in lengths.items() if lines > MODULE_LINES_MAX}

    def test_most_functions_are_short(self) -> None:
        """The median over the package."""
        assert median(lines for path in PACKAGE for _, lines in functions(path)) < MEDIAN_LINES_MAX


class TestNames:
    def test_none_says_nothing(self) -> None:
        """A name that fits everything names nothing."""
        found = {
            (str(path.relative_to(ROOT)), name)
            for path in SOURCES
            for name in names(path)
            if words(name) & BANNED_WORDS or name.startswith("do_")
        }
        assert not {(path, name) for path, name in found if name not in ASYNCIOS_NAMES}

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("base64", {"base64"}),
            ("FileHandler", {"file", "handler"}),
            ("database", {"database"}),
            ("HTTPBase", {"http", "base"}),
        ],
    )
    def test_words_are_found(self, name: str, expected: set[str]) -> None:
        """Snake and camel."""
        assert words(name) == expected


class TestDocstrings:
    def test_every_module_has_one(self) -> None:
        """A reader's first sentence; empty files excepted."""
        assert not [path for path in SOURCES if path.stat().st_size and not ast.get_docstring(parse(path))]

    def test_none_has_more_than_three_paragraphs(self) -> None:
        """What stage this is; what comes in and goes out; the one decision that a reader would question."""
        assert not [path for path in SOURCES if paragraphs(ast.get_docstring(parse(path)) or "") > 3]

    def test_every_test_says_what_it_holds(self) -> None:
        """One sentence beside each name."""
        tests = [path for path in SOURCES if path.name.startswith("test_")]
        assert not [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            for path in tests
            for node in ast.walk(parse(path))
            if isinstance(node, Function) and node.name.startswith("test_") and not ast.get_docstring(node)
        ]


class TestErrors:
    def test_none_is_passed_over_in_silence(self) -> None:
        """An except that does nothing says why."""
        assert not [place for path in SOURCES for place in silent_excepts(path)]


def silent_excepts(path: Path) -> Iterator[str]:
    """Places where an error is caught, nothing is done, and no comment says why."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.ExceptHandler) or not all(map(does_nothing, node.body)):
            continue
        assert node.end_lineno is not None
        if not any("#" in line for line in lines[node.lineno - 1 : node.end_lineno]):
            yield f"{path.relative_to(ROOT)}:{node.lineno}"


def does_nothing(statement: ast.stmt) -> bool:
    """pass, or three dots."""
    is_ellipsis = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or is_ellipsis


class TestContents:
    @pytest.mark.parametrize("what", sorted(FORBIDDEN))
    def test_no_file_holds(self, what: str) -> None:
        """What is true on one machine only, or leads out of the project."""
        found = {
            f"{path.relative_to(ROOT)}: {match[0]}"
            for path in TEXTS
            for match in FORBIDDEN[what].finditer(path.read_text(encoding="utf-8", errors="replace"))
        }
        assert not found

    def test_nothing_is_named_after_it_either(self) -> None:
        """No folder of ours is called so."""
        assert not [path for path in TEXTS if "shared" in path.relative_to(ROOT).parts[:-1]]
