"""What every test shares: a home of its own, and a count of what the real engine saw."""

from __future__ import annotations

import os
import signal

import pytest

_seen = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_seen] = 0
    # A shell that runs the tests in the background ignores Ctrl-C, and so would what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _count_the_real_engine(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("docker") is not None:
        request.config.stash[_seen] += 1


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many tests the real engine saw: none at all must not look like success."""
    count = config.stash[_seen]
    if count or config.option.markexpr.startswith("docker"):
        terminalreporter.write_line(f"{count} tests ran against the real engine")


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no COMPOSE_* variables but their own."""

    for name in list(os.environ):
        if name.startswith("COMPOSE_"):
            monkeypatch.delenv(name)
