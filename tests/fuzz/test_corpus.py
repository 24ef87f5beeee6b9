"""What fuzzing once found stays found out."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.oracle import examine, files_of

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.yaml"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_finding_is_answered_in_words(path: Path) -> None:
    examine(files_of(path.read_bytes()))
