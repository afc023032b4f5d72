"""Colours: readable in both modes."""

import re
from importlib.resources import files

import pytest

from consistency.report.figures.style import BLUE, GREEN, PURPLE, VERMILION


class TestContrast:
    @pytest.mark.parametrize("mode", ["light", "dark"])
    def test_lines_and_text_are_readable(self, mode: str) -> None:
        """At least 3 for lines, 4.5 for text, in both modes (WCAG's formula, from the style's own variables)."""
        colours = read_variables()[mode]
        for name in ("ink", "soft", "link", "holds", "broken", "unknown"):
            for ground in ("paper", "box"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        for colour in (BLUE, VERMILION, GREEN, PURPLE):
            assert contrast(colour, colours["paper"]) >= 3, colour

    def test_the_formula(self) -> None:
        """Black on white is 21."""
        assert contrast("#000000", "#ffffff") == pytest.approx(21)


def read_variables() -> dict[str, dict[str, str]]:
    css = (files("consistency.report") / "templates" / "style.css").read_text()
    light, dark = (
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root {(.*?)}", css, re.DOTALL)[:2]
    )
    return {"light": light, "dark": dark}


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
