"""The page in a real browser, light and dark."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.image import imread

from tests.patience import PATIENCE_S
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
PAPERS = {LIGHT: 255, DARK: 17}
SCREENS = 1800  # rows of pixels that a reader sees before long
VERMILION, BLUE, PURPLE = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2), (0xCC, 0x79, 0xA7)


Pixels = npt.NDArray[np.float32]  # rows of pixels, each red, green, blue between 0 and 1


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Pixels]:
    """The whole page, to its foot, in each scheme."""
    page = write_synthetic(tmp_path_factory.mktemp("run"), 30)["html"]
    return {scheme: draw(page, tmp_path_factory.mktemp("screen"), scheme) for scheme in (LIGHT, DARK)}


def draw(page: Path, folder: Path, scheme: int) -> Pixels:
    """A screenshot."""
    picture = folder / "page.png"
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--blink-settings=preferredColorScheme={scheme}",
        "--window-size=1100,12000",
        f"--screenshot={picture}",
        page.resolve().as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE_S)
    return np.asarray(imread(picture), np.float32)[:, :, :3]


def is_near(pixels: Pixels, colour: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    """Which pixels have the colour, or nearly."""
    near: npt.NDArray[np.bool_] = np.abs(pixels * 255 - np.array(colour, np.float32)).max(axis=2) < 6
    return near


def is_ink(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Which are far from the paper, of which the corner is."""
    ink: npt.NDArray[np.bool_] = np.abs(pixels - pixels[2, 2]).max(axis=2) > 0.3
    return ink


@pytest.mark.parametrize("scheme", [LIGHT, DARK])
class TestScreens:
    def test_dark_and_light_follow_the_reader(self, pixels: dict[int, Pixels], scheme: int) -> None:
        """The paper of each is as the style says, and its first screens show much else: text and lines in their ink."""
        seen = pixels[scheme][:SCREENS]
        assert seen[2, 2, 0] * 255 == pytest.approx(PAPERS[scheme], abs=1)
        assert float(np.mean(is_ink(seen))) > 0.01

    @pytest.mark.parametrize("colour", [VERMILION, BLUE])
    def test_series_keep_their_colours(
        self, pixels: dict[int, Pixels], scheme: int, colour: tuple[int, int, int]
    ) -> None:
        """Vermilion and blue are drawn, not only written in the file."""
        assert int(is_near(pixels[scheme][:SCREENS], colour).sum()) > 100

    def test_witnesses_and_what_is_below_are_drawn(self, pixels: dict[int, Pixels], scheme: int) -> None:
        """The purple of the writes in the witnesses, and ink wherever there is text."""
        rows = np.flatnonzero(is_near(pixels[scheme], PURPLE).any(axis=1))
        assert rows.max() - rows.min() > 800  # twenty witnesses, one below the other
        assert is_ink(pixels[scheme])[rows.max() : rows.max() + 2500].any(axis=1).sum() > 200
