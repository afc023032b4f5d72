"""The page in a real browser, light and dark."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

from tests.report.synthetic import write_synthetic

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install chromium to see the page drawn"),
]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
DARK, LIGHT = 0, 1  # Blink's preferred colour schemes


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("run"), 30)["html"]


def draw(page: Path, folder: Path, scheme: int, width: int = 1100, height: int = 1800) -> npt.NDArray[np.float64]:
    """A screenshot as rows of pixels, each red, green, blue between 0 and 1."""
    picture = folder / "page.png"
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--blink-settings=preferredColorScheme={scheme}",
        f"--window-size={width},{height}",
        f"--screenshot={picture}",
        page.resolve().as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return np.asarray(imread(picture), dtype=float)[:, :, :3]


class TestScreens:
    def test_dark_and_light_follow_the_reader(self, page: Path, tmp_path: Path) -> None:
        """The paper of each is as the style says, and each shows much else: text and lines in their own ink."""
        for scheme, paper in ((LIGHT, 255), (DARK, 17)):
            folder = tmp_path / str(scheme)
            folder.mkdir()
            pixels = draw(page, folder, scheme)
            assert pixels[2, 2, 0] * 255 == pytest.approx(paper, abs=1)
            assert float(np.mean(np.abs(pixels - pixels[2, 2]).max(axis=2) > 0.3)) > 0.01

    def test_series_keep_their_colours_in_both(self, page: Path, tmp_path: Path) -> None:
        """Vermilion and blue are drawn, not only written in the file."""
        for scheme in (LIGHT, DARK):
            folder = tmp_path / str(scheme)
            folder.mkdir()
            pixels = draw(page, folder, scheme)
            for colour in ((0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)):
                near = np.abs(pixels * 255 - np.array(colour)).max(axis=2) < 6
                assert int(near.sum()) > 100

    def test_witnesses_and_what_is_below_are_drawn_in_both(self, page: Path, tmp_path: Path) -> None:
        """The whole page, to its foot: the purple of the writes in the witnesses, and ink wherever there is text."""
        for scheme in (LIGHT, DARK):
            folder = tmp_path / str(scheme)
            folder.mkdir()
            pixels = draw(page, folder, scheme, height=12_000)
            near = np.abs(pixels * 255 - np.array((0xCC, 0x79, 0xA7))).max(axis=2) < 6
            rows = np.flatnonzero(near.any(axis=1))
            assert rows.max() - rows.min() > 800  # twenty witnesses, one below the other
            ink = np.abs(pixels - pixels[2, 2]).max(axis=2) > 0.3
            assert ink[rows.max() : rows.max() + 2500].any(axis=1).sum() > 200
