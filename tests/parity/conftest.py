"""A count of how composer's model compares with Docker Compose's, and rewriting of goldens."""

from __future__ import annotations

from collections import Counter

import pytest

verdicts = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-goldens",
        action="store_true",
        help="write what composer says of tests/parity/refused, to be read by a person",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[verdicts] = Counter()


@pytest.fixture
def verdict(request: pytest.FixtureRequest) -> Counter[str]:
    """Count "agree", "differ on purpose" and "differ"; printed at the end."""
    return request.config.stash[verdicts]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    counts = config.stash[verdicts]
    if counts:
        said = " · ".join(f"{counts[name]} {name}" for name in ("agree", *_REST))
        terminalreporter.write_line(f"files next to Docker Compose: {said}")
    if counts["refused by both"]:
        terminalreporter.write_line(f"broken files: {counts['refused by both']} refused by both")


_REST = ("differ on purpose", "differ")
