from __future__ import annotations

import pytest

from composer.executor.evidence import exit_text, probe_evidence, standing
from composer.model.observed import ContainerState, ProbeRun
from composer.model.service import Healthcheck
from composer.model.units import SECOND, Bytes, Duration

CHECK = Healthcheck(
    test=("CMD", "curl", "db"), interval=Duration(SECOND), timeout=Duration(3 * SECOND), retries=5
)


def ran(exit_code: int, output: str = "", seconds: float = 0.125) -> ProbeRun:
    return ProbeRun(exit_code=exit_code, output=output, start=1000, end=1000 + seconds)


def probed(
    *runs: ProbeRun,
    streak: int | None = None,
    health: str = "starting",
    check: Healthcheck | None = CHECK,
) -> ContainerState:
    failed = len(runs) if streak is None else streak
    return ContainerState(status="running", health=health, probes=runs, streak=failed, check=check)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (ContainerState(status="exited", exit_code=3), "exited (3)"),
        (
            ContainerState(
                status="exited", exit_code=137, oom_killed=True, memory=Bytes(64 * 1024 * 1024)
            ),
            "exited (137): killed by SIGKILL, out of memory: its limit is 64 MiB",
        ),
        (
            ContainerState(status="exited", exit_code=1, oom_killed=True),
            "exited (1): out of memory",
        ),
        (
            ContainerState(status="exited", exit_code=139),
            "exited (139): the code that SIGSEGV leaves",
        ),
        (
            ContainerState(status="exited", exit_code=137),
            "exited (137): the code that SIGKILL leaves",
        ),
        (ContainerState(status="exited", exit_code=255), "exited (255)"),
        (
            ContainerState(status="exited", exit_code=127),
            "exited (127): the code of a command that is not found",
        ),
        (
            ContainerState(status="exited", exit_code=126),
            "exited (126): the code of a command that cannot be executed",
        ),
        (
            ContainerState(status="exited", exit_code=128, error="port is already allocated"),
            "exited (128): port is already allocated",
        ),
        (
            ContainerState(
                status="exited",
                exit_code=127,
                error='exec: "foo": executable file not found in $PATH: unknown',
            ),
            "exited (127): the command 'foo' does not exist in the image",
        ),
        (
            ContainerState(
                status="exited",
                exit_code=126,
                error='error mounting "/a" to rootfs at "/b": mount /a: not a directory: unknown',
            ),
            "exited (126): '/a' cannot be mounted at '/b': one is a file, the other a directory",
        ),
        (ContainerState(status="dead"), "is dead"),
    ],
)
def test_an_end_is_told_with_its_cause_and_no_signal_is_claimed_that_nobody_saw(
    state: ContainerState, text: str
) -> None:
    assert exit_text(state) == text


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (probed(), "starting"),
        (
            probed(ran(1), ran(1, "trying\nconnection refused\n")),
            "starting, probe 2 of 5 failed (exit 1): connection refused",
        ),
        (probed(ran(1), streak=0), "starting, a probe in the start period failed (exit 1)"),
        (
            probed(ran(-1, "Health check exceeded timeout (3s)")),
            "starting, probe 1 of 5 failed (too slow): Health check exceeded timeout (3s)",
        ),
        (
            ContainerState(status="restarting", exit_code=1, restarts=3),
            "restarting after it exited (1), restart 3",
        ),
        (ContainerState(status="created"), "created"),
    ],
)
def test_while_it_is_waited_for_a_container_tells_how_it_stands(
    state: ContainerState, text: str
) -> None:
    assert standing(state) == text


def test_a_long_last_line_of_a_probe_is_cut() -> None:
    text = standing(probed(ran(1, "x" * 500)))
    assert text.startswith("starting, probe 1 of 5 failed (exit 1): xxx")
    assert len(text) < 120


def test_a_failed_probe_is_told_with_its_time_against_its_pace() -> None:
    state = probed(ran(1), ran(2, "connection refused"), health="unhealthy")
    assert probe_evidence(state) == [
        "probe 2 of 5 failed: exit code 2 after 0.1 s; every 1 s, timeout 3 s",
        "  connection refused",
    ]


def test_more_failures_than_are_allowed_are_counted() -> None:
    [line] = probe_evidence(probed(ran(1, seconds=0.04), streak=29, health="unhealthy"))
    assert line == (
        "29 probes in a row failed, where 5 may: exit code 1 after 0.04 s; every 1 s, timeout 3 s"
    )


def test_a_probe_that_says_nothing_of_its_pace_has_the_engines() -> None:
    state = probed(ran(1), check=Healthcheck(test=("CMD", "true")))
    assert probe_evidence(state) == [
        "probe 1 of 3 failed: exit code 1 after 0.1 s; every 30 s, timeout 30 s"
    ]


def test_a_probe_that_never_ended_is_told_by_its_pace() -> None:
    assert probe_evidence(probed()) == [
        "no probe has failed or succeeded yet; every 1 s, timeout 3 s"
    ]


def test_a_probe_that_takes_too_long_is_told_so() -> None:
    run = ran(-1, "Health check exceeded timeout (3s)", seconds=3.01)
    assert probe_evidence(probed(run))[0] == (
        "probe 1 of 5 failed: no end after 3.0 s; every 1 s, timeout 3 s"
    )


def test_a_healthy_container_and_one_without_a_probe_have_no_evidence() -> None:
    assert probe_evidence(probed(ran(0), health="healthy")) == []
    assert probe_evidence(ContainerState(status="running")) == []


NO_CURL = "the probe runs 'curl', which the image does not have"


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (
            ran(
                -1,
                "OCI runtime exec failed: exec failed: unable to start container process: "
                'exec: "curl": executable file not found in $PATH: unknown',
            ),
            [NO_CURL],
        ),
        (ran(127, "/bin/sh: curl: not found"), [NO_CURL]),
        (ran(1, "/bin/sh: 1: curl: not found"), [NO_CURL]),
        (ran(127, "bash: line 1: curl: command not found"), [NO_CURL]),
        (
            ran(-1, 'exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown'),
            [
                "the probe runs '/bin/sh', which the image does not have",
                "without a shell, write the test as a list: [CMD, program, argument]",
            ],
        ),
        (
            ran(-1, 'exec: "/check": permission denied: unknown'),
            ["the probe runs '/check', which is not executable in the image"],
        ),
        (ran(1, "curl: (6) Could not resolve host: db"), []),
        (ran(1, "database 'x': not found"), []),
    ],
)
def test_a_program_that_the_image_lacks_is_named(run: ProbeRun, told: list[str]) -> None:
    assert probe_evidence(probed(run))[2:] == told


def test_colours_and_movements_of_a_program_do_not_reach_the_terminal() -> None:
    output = "\x1b[31mERROR\x1b[0m: no\tdisk\x1b[2K\x07\x1b]0;title\x07"
    assert standing(probed(ran(1, output))) == (
        "starting, probe 1 of 5 failed (exit 1): ERROR: no   disk"
    )
    assert probe_evidence(probed(ran(1, output)))[1].rstrip() == "  ERROR: no   disk"
