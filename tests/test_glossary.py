"""The glossary cannot lie: every word has one line, and is in use."""

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENTRY = re.compile(r"- ((?:\*\*[^*]+\*\*(?:, )?)+): (\S.*\.)")
REQUIRED = """experiment, plan, run, operation, invocation, completion, ok, fail, info, history, process, action,
revision, announcement, channel, probe, attempt, series, visibility latency, first-visible, stable-visible,
censored, flicker, consistency model, claim, verdict, store, backend, virtual time, truth"""
LATER = [
    "ghost",
    "staleness",
    "nemesis",
    "fault",
    "checker",
    "anomaly",
    "witness",
    "finding",
    "resolution",
    "lag model",
]


def load_entries() -> dict[str, str]:
    """Each word and what it means."""
    entries: dict[str, str] = {}
    for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("- "):
            match = ENTRY.fullmatch(line)
            assert match, f"not an entry: {line}"
            entries |= dict.fromkeys(re.findall(r"\*\*([^*]+)\*\*", match[1]), match[2])
    return entries


def load_code() -> str:
    """All text of the package and its plans, in small letters, with blanks in the place of other signs."""
    paths = [*(ROOT / "consistency").rglob("*.py"), *(ROOT / "experiments").glob("*.toml")]
    return re.sub(r"[\W_]+", " ", "\n".join(path.read_text(encoding="utf-8") for path in paths)).lower()


@pytest.fixture(scope="module")
def code() -> str:
    """The package as one line of words."""
    return load_code()


class TestGlossary:
    def test_the_words_of_the_design_are_there(self) -> None:
        """Those of them that exist by now."""
        assert not {word for word in re.split(r",\s*", REQUIRED) if word not in load_entries()}

    def test_each_word_is_defined_once(self) -> None:
        """Two meanings of one word are two words."""
        lines = [line for line in (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines() if line[:2] == "- "]
        words = [word for line in lines for word in re.findall(r"\*\*([^*]+)\*\*", line)]
        assert not [word for word, count in Counter(words).items() if count > 1]

    @pytest.mark.parametrize("word", load_entries())
    def test_each_word_is_used(self, word: str, code: str) -> None:
        """A word that nobody uses defines nothing."""
        plain = re.sub(r"[\W_]+", " ", word.lower())
        assert re.search(rf"\b{plain}", code)

    @pytest.mark.parametrize("word", load_entries())
    def test_each_line_is_short(self, word: str) -> None:
        """One line, which can be read at a glance."""
        assert len(load_entries()[word]) <= 120

    @pytest.mark.parametrize("word", LATER)
    def test_a_word_that_comes_into_use_is_defined(self, word: str) -> None:
        """As soon as a module or class is named after it."""
        named = re.compile(rf"^class {word.title().replace(' ', '')}\b|^{word.upper()}S? = ", re.MULTILINE)
        paths = list((ROOT / "consistency").rglob("*.py"))
        is_used = any(named.search(path.read_text(encoding="utf-8")) or path.stem == word for path in paths)
        assert not is_used or word in load_entries()
