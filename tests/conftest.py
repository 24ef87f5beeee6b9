"""What every test shares: a home of its own, and a count of what the real engine saw."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import cache
from subprocess import run

import pytest
from hypothesis import settings


def pytest_configure(config: pytest.Config) -> None:
    # Who runs the tests in the background ignores Ctrl-C and SIGHUP, and so would what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # The same examples each time; `--hypothesis-profile default` draws others.
    settings.register_profile("repeatable", derandomize=True, deadline=None)
    if not config.getoption("hypothesis_profile", None):
        settings.load_profile("repeatable")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many tests the real engine saw: none at all must not look like success."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        if report.when == "call" and "docker" in report.keywords
    ]
    count = len(reports)
    if count or config.option.markexpr.startswith("docker"):
        terminalreporter.write_line(f"{count} tests ran against the real engine")


@pytest.fixture(autouse=True)
def _busybox_is_on_the_engine(request: pytest.FixtureRequest) -> None:
    """Tests tag, save and run it, in any order: on a fresh engine the first may not find it."""
    if request.node.get_closest_marker("docker"):
        _fetch_busybox()


@cache
def _fetch_busybox() -> None:
    if run(("docker", "image", "inspect", "busybox:latest"), capture_output=True).returncode:
        run(("docker", "pull", "-q", "busybox:latest"), capture_output=True, check=True)


@pytest.fixture(autouse=True)
def _leave_ctrl_c_as_it_was() -> Iterator[None]:
    """A command that ends need not put back what it heard Ctrl-C with; a test has to."""
    before = signal.getsignal(signal.SIGINT)
    yield
    if signal.getsignal(signal.SIGINT) is not before:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Tests see no COMPOSE_* variables but their own.

    Nor do they wait for the lock of somebody else's project: many are called `demo`.
    """
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.getbasetemp()))
    for name in list(os.environ):
        if name.startswith("COMPOSE_"):
            monkeypatch.delenv(name)
