"""Long help on a terminal: through a pager, and never when something else reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.terminal import Terminal

ROOT = Path(__file__).parent.parent.parent
HELP = [sys.executable, "-m", "composer", "up", "--help"]


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """A pager that says what it was given, and how less would be told to behave."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "paged $(wc -l) lines, LESS=$LESS"\n')
    script.chmod(0o755)
    return str(script)


def shown(tmp_path: Path, rows: int, **variables: str) -> str:
    terminal = Terminal(HELP, tmp_path, {"PYTHONPATH": str(ROOT), **variables}, rows=rows)
    assert terminal.end() == 0
    return terminal.text


def test_help_that_is_longer_than_the_screen_goes_through_the_pager(
    tmp_path: Path, pager: str
) -> None:
    text = shown(tmp_path, 10, PAGER=pager)

    assert text.startswith("paged ")
    assert "LESS=FRX" in text


def test_what_less_is_told_by_the_user_counts(tmp_path: Path, pager: str) -> None:
    assert "LESS=-i" in shown(tmp_path, 10, PAGER=pager, LESS="-i")


def test_help_that_fits_is_printed(tmp_path: Path, pager: str) -> None:
    assert shown(tmp_path, 200, PAGER=pager).startswith("Usage:  composer up")


@pytest.mark.parametrize("name", ["", "cat", "/no/such/pager"])
def test_without_a_pager_help_is_printed(tmp_path: Path, name: str) -> None:
    assert "Usage:  composer up" in shown(tmp_path, 10, PAGER=name)


def test_a_terminal_that_cannot_move_its_cursor_has_no_pager(tmp_path: Path, pager: str) -> None:
    assert shown(tmp_path, 10, PAGER=pager, TERM="dumb").startswith("Usage:  composer up")


def test_a_pipe_gets_the_text_itself(tmp_path: Path, pager: str) -> None:
    done = subprocess.run(
        HELP,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PAGER": pager, "TERM": "xterm"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("Usage:  composer up")
