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
    body = body.replace(f"'{FONT}'", "var(--font)")
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


def _drop_unused_ids(svg: str, name: str) -> str:
    """Only ids that are referred to stay, with the figure's name before them: a page holds many figures."""
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda match: f' id="{name}-{match[1]}"' if match[1] in used else "", svg)
    return re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
