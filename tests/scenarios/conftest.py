from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """An empty project folder; what its project made is gone afterwards."""
    folder = Folder(tmp_path / "project")
    yield folder
    folder.remove()
