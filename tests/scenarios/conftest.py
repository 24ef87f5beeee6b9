from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, run
from support.heard import nameless_volumes


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """An empty project folder; what its project made is gone afterwards."""
    with nameless_volumes() as mounted:
        folder = Folder(tmp_path / "project")
        yield folder
        folder.remove()
        for volume in mounted(folder.name):
            run("docker", "volume", "rm", volume)
