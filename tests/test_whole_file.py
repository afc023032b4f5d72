"""Files that are there whole or not at all."""

from pathlib import Path

import pytest

from consistency.whole_file import write_whole
from tests.disk import full_disk


class TestWhole:
    def test_a_full_disk_leaves_what_was_there(self, tmp_path: Path) -> None:
        """And nothing beside it."""
        path = tmp_path / "page.html"
        write_whole(path, b"before")
        with full_disk(4), pytest.raises(OSError, match="File too large"):
            write_whole(path, b"after")
        assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("page.html", b"before")]
