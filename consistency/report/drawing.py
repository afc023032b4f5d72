"""A figure as bytes: SVG to stand inside a page, PNG to be sent around.

A Figure comes in with its title and its description; text or bytes go out, the same bytes for the same figure. The SVG
follows the page's colours: it is drawn in the ink of a light page, and each such colour is replaced by a CSS variable.
"""

import re
from io import BytesIO, StringIO
from typing import Any

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.figure import Figure

from consistency.report.figures.style import GRID, INK, PAPER, SOFT

VARIABLES = {INK: "var(--ink)", SOFT: "var(--soft)", GRID: "var(--grid)", PAPER: "var(--paper)"}
FONT = "DejaVu Sans"
_SETTINGS: dict[Any, Any] = {  # matplotlib types each key as a literal of its own version
    "svg.fonttype": "none",
    "font.family": [FONT],
    "axes.unicode_minus": True,
    "path.simplify": False,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def draw_svg(name: str, figure: Figure, title: str, description: str) -> Markup:
    """One <svg> element: role img, a title and a description, text as text, nothing that refers outside of it."""
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        buffer = StringIO()
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA, transparent=True)
    body = buffer.getvalue()
    body = _drop_unused_ids(body[body.index("<svg") :], name)
    for colour, variable in VARIABLES.items():
        body = body.replace(colour, variable)
    body = compact(body)
    view_box = re.search(r'viewBox="([^"]+)"', body)
    assert view_box is not None, "matplotlib always writes a viewBox"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view_box[1]}" '
        f'role="img" aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>'
    )
    return Markup(opening + body[body.index(">") + 1 :].rstrip())  # noqa: S704  # matplotlib escapes what it writes


def draw_png(figure: Figure) -> bytes:
    """The same figure on white paper, 1,080 pixels wide."""
    with mpl.rc_context(_SETTINGS):
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def compact(svg: str) -> str:
    """The same picture in about half the bytes: coordinates to a hundredth of a point, no fonts but the page's, no
    turns by nothing, the style of many equal markers once, no space where none is needed."""
    svg = re.sub(r" font-family: [^;\"]*;", "", svg)
    svg = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", svg)
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"\d+\.\d{3,}", _round, tag[0]), svg)
    svg = re.sub(r"<g( [^>]*)?>((?:\s*<use [^>]*/>){2,})\s*</g>", _share_style, svg)
    svg = re.sub(r">\s+<", "><", svg)
    return re.sub(r"\s*\n\s*", " ", re.sub(r" \n([LMz])\s?", r"\1", svg))


def _round(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _share_style(group: re.Match[str]) -> str:
    styles = set(re.findall(r' style="[^"]*"', group[2]))
    if len(styles) != 1 or "style=" in (group[1] or ""):
        return group[0]
    (style,) = styles
    return f"<g{group[1] or ''}{style}>{group[2].replace(style, '')}</g>"


def _drop_unused_ids(svg: str, name: str) -> str:
    """Only ids that are referred to stay, by the figure's name and a number: a page holds many figures."""
    used = dict.fromkeys(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    names = {each: f"{name}-{number}" for number, each in enumerate(used)}
    svg = re.sub(r' id="([^"]+)"', lambda match: f' id="{names[match[1]]}"' if match[1] in names else "", svg)
    return re.sub(r'(href="#|url\(#)([^")]+)', lambda match: f"{match[1]}{names[match[2]]}", svg)
