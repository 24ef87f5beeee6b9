"""What is told when a wait fails, each failure as it really happens."""

from __future__ import annotations

import re

import pytest

from support.cli import Folder, free_port

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"


COMPLETED = "service_completed_successfully"


def write(folder: Folder, db: str, condition: str = "service_healthy") -> None:
    """Write a file in which app waits for db."""
    folder.write(
        "compose.yaml",
        f"services:\n"
        f"  app:\n    {SLEEP}\n    depends_on: {{db: {{condition: {condition}}}}}\n"
        f"  db:\n    stop_grace_period: 0s\n    image: busybox\n{db}",
    )


def fails(folder: Folder, *command: str) -> str:
    """Run composer, which must fail without having started app, and return what it tells."""
    ran = folder.composer("--progress", "quiet", *(command or ("up", "-d")))
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    states = {name.split("-")[1]: one["State"] for name, one in folder.containers().items()}
    assert "app" not in states or states["app"]["Status"] == "created"
    return ran.err


def lines(text: str) -> list[str]:
    """Return the lines of the failure, without what was done before it and what was not."""
    failure, _, _ = text.partition("\ndone before:")
    return [line.strip() for line in failure.rstrip().splitlines()]


def test_a_container_out_of_memory_is_told_with_its_limit(folder: Folder) -> None:
    write(
        folder,
        "    mem_limit: 32m\n    memswap_limit: 32m\n"
        "    command: sh -c 'echo filling; x=a; while true; do x=$$x$$x; done'\n",
        COMPLETED,
    )
    told = lines(fails(folder))
    assert told[0] == (
        f"error: service 'db' didn't complete successfully: {folder.name}-db-1 exited (137): "
        "killed by SIGKILL, out of memory: its limit is 32 MiB"
    )
    assert told[-1] == "filling"
    assert folder.containers()[f"{folder.name}-db-1"]["State"]["OOMKilled"] is True


def test_a_crash_is_told_as_the_code_that_its_signal_leaves(folder: Folder) -> None:
    write(folder, "    command: [sh, -c, \"sh -c 'kill -SEGV $$$$'; exit $$?\"]\n", COMPLETED)
    told = fails(folder)
    assert f"{folder.name}-db-1 exited (139): the code that SIGSEGV leaves" in told


def test_the_last_twenty_lines_of_what_ended_are_shown(folder: Folder) -> None:
    write(
        folder,
        "    command: sh -c 'for i in $$(seq 30); do echo line $$i; done; printf %05000d 0; exit 3'"
        "\n",
        COMPLETED,
    )
    told = lines(fails(folder))
    assert told[0].endswith(f"didn't complete successfully: {folder.name}-db-1 exited (3)")
    assert told[1:] == [
        f"last lines of {folder.name}-db-1:",
        *(f"line {number}" for number in range(12, 31)),
        f"{'0' * 999}…",
    ]


@pytest.mark.parametrize("test", ["[CMD, curl, localhost]", "curl -f localhost || exit 1"])
def test_a_program_that_the_probe_wants_and_the_image_lacks_is_named(
    folder: Folder, test: str
) -> None:
    write(
        folder,
        "    command: sh -c 'echo ready; sleep infinity'\n"
        f"    healthcheck: {{test: {test}, interval: 100ms, retries: 2}}\n".replace(
            "test: curl -f localhost || exit 1", "test: 'curl -f localhost || exit 1'"
        ),
    )
    told = lines(fails(folder))
    assert told[0].endswith(f"container {folder.name}-db-1 is unhealthy")
    assert "; every 0.1 s, timeout 30 s" in told[1]
    assert "the probe runs 'curl', which the image does not have" in told
    assert told[-2:] == [f"last lines of {folder.name}-db-1:", "ready"]
    health = folder.containers()[f"{folder.name}-db-1"]["State"]["Health"]
    assert health["Status"] == "unhealthy"


def test_a_probe_that_fails_is_told_with_its_code_and_output(folder: Folder) -> None:
    write(
        folder,
        "    command: sleep infinity\n    healthcheck: "
        "{test: 'echo connection refused; exit 2', interval: 300ms, timeout: 3s, retries: 3}\n",
    )
    told = lines(fails(folder))
    assert re.fullmatch(
        r"probe 3 of 3 failed: exit code 2 after \d\.\d+ s; every 0.3 s, timeout 3 s", told[1]
    )
    assert told[2] == "connection refused"


def test_a_probe_that_takes_longer_than_its_timeout_is_told_so(folder: Folder) -> None:
    write(
        folder,
        "    command: sleep infinity\n    healthcheck: "
        "{test: sleep 60, interval: 200ms, timeout: 500ms, retries: 1}\n",
    )
    told = lines(fails(folder))
    assert re.fullmatch(
        r"probe 1 of 1 failed: no end after \d\.\d+ s; every 0.2 s, timeout 0.5 s", told[1]
    )


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("no-such-command", "the command 'no-such-command' does not exist in the image"),
        ("/etc/passwd", "the command '/etc/passwd' is not executable in the image"),
    ],
)
def test_a_command_that_cannot_be_started_is_named(folder: Folder, command: str, text: str) -> None:
    write(folder, f"    command: {command}\n")
    told = fails(folder)
    assert f"start {folder.name}-db-1: {text}" in told
    assert re.search(rf"compose\.yaml:\d+:\d+\n.*\n.*command: {command}", told), told


def test_a_command_that_a_shell_does_not_find_is_worded_as_such(folder: Folder) -> None:
    write(folder, "    command: sh -c no-such-command\n", COMPLETED)
    told = lines(fails(folder))
    assert told[0].endswith("exited (127): the code of a command that is not found")
    assert told[1].startswith("--> compose.yaml:")
    assert told[-1] == "sh: no-such-command: not found"


def test_a_service_without_a_healthcheck_cannot_be_waited_for(folder: Folder) -> None:
    write(folder, "    command: sleep infinity\n")
    told = fails(folder)
    assert f"container {folder.name}-db-1 has no healthcheck" in told
    assert "give it a healthcheck, or wait with 'condition: service_started'" in told


def test_a_wait_that_ends_at_its_timeout_tells_how_its_probe_stands(folder: Folder) -> None:
    write(
        folder,
        "    command: sleep infinity\n    healthcheck: "
        "{test: 'echo not yet; exit 1', interval: 200ms, retries: 1000}\n",
        "service_started",
    )
    ran = folder.composer("--progress", "quiet", "up", "--wait", "--wait-timeout", "5")
    assert ran.code == 1
    told = lines(ran.err)
    assert told[0].endswith(
        f"application not healthy after 5s: container {folder.name}-db-1 is starting"
    )
    assert " of 1000 failed: exit code 1 after " in told[1]
    assert told[2] == "not yet"
    assert len(folder.running()) == 2


def test_up_wait_takes_a_job_that_ended_well_for_done(folder: Folder) -> None:
    write(folder, "    command: 'true'\n", "service_started")
    folder.composer("up", "--wait").ok()
    assert folder.running() == [f"{folder.name}-app-1"]


def test_a_job_and_who_waits_for_it_may_have_the_same_port_and_address(folder: Folder) -> None:
    port, net = free_port(), f"10.219.{int(folder.name[-2:], 16)}"
    same = f"    ports: ['127.0.0.1:{port}:80']\n    networks: {{net: {{ipv4_address: {net}.9}}}}\n"
    folder.write(
        "compose.yaml",
        f"services:\n"
        f"  job:\n    image: busybox\n    command: sleep 0.3\n{same}"
        f"  app:\n    {SLEEP}\n{same}    depends_on: {{job: {{condition: {COMPLETED}}}}}\n"
        f"networks: {{net: {{ipam: {{config: [{{subnet: {net}.0/24}}]}}}}}}\n",
    )
    folder.composer("up", "-d").ok()
    assert folder.running() == [f"{folder.name}-app-1"]


def test_up_wait_fails_with_a_container_that_ended_badly(folder: Folder) -> None:
    write(folder, "    command: sh -c 'echo oh; exit 4'\n", "service_started")
    ran = folder.composer("--progress", "quiet", "up", "--wait")
    assert ran.code == 1
    assert lines(ran.err)[0].endswith(f"container {folder.name}-db-1 exited (4)")
    assert lines(ran.err)[-1] == "oh"


def test_a_healthcheck_of_the_image_counts(folder: Folder) -> None:
    folder.write(
        "Dockerfile",
        "FROM busybox\nHEALTHCHECK --interval=100ms --retries=2 CMD echo of the image; exit 1\n",
    )
    write(folder, "    build: .\n    command: sleep infinity\n")
    text = (folder.path / "compose.yaml").read_text()
    folder.write("compose.yaml", text.replace("    image: busybox\n    build", "    build"))
    told = lines(fails(folder))
    assert told[0].endswith(f"container {folder.name}-db-1 is unhealthy")
    assert told[2] == "of the image"


def test_a_dependency_that_is_not_required_lets_the_others_start(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  app:\n    {SLEEP}\n"
        "    depends_on: {job: {condition: service_completed_successfully, required: false}}\n"
        "  job:\n    image: busybox\n    command: sh -c 'exit 3'\n",
    )
    folder.composer("up", "-d").ok()
    assert folder.running() == [f"{folder.name}-app-1"]


def test_a_service_with_no_replicas_is_not_waited_for(folder: Folder) -> None:
    write(folder, "    command: sleep infinity\n    scale: 0\n")
    folder.composer("up", "-d").ok()
    assert folder.running() == [f"{folder.name}-app-1"]


def test_progress_tells_how_a_wait_stands(folder: Folder) -> None:
    write(
        folder,
        "    command: sleep infinity\n    healthcheck: "
        "{test: 'test -e /ok || { touch /ok; echo not yet; exit 1; }', interval: 300ms}\n",
    )
    ran = folder.composer("--progress", "json", "up", "-d").ok()
    assert '"db: starting, probe 1 of 3 failed (exit 1): not yet"' in ran.err


def test_a_container_that_dies_again_and_again_is_told_with_what_it_says(folder: Folder) -> None:
    write(
        folder,
        "    restart: always\n    command: sh -c 'echo no disk; exit 1'\n"
        "    healthcheck: {test: 'true', interval: 20s}\n",
    )
    told = lines(fails(folder, "up", "--wait", "--wait-timeout", "3"))
    assert "application not healthy after 3s" in told[0]
    assert any(line.startswith("the engine has started it again ") for line in told)
    assert told[-1] == "no disk"


def test_a_job_that_is_started_again_after_it_ended_well_is_done(folder: Folder) -> None:
    write(
        folder,
        "    restart: always\n    command: sleep 0.3\n",
        COMPLETED,
    )
    folder.composer("up", "-d").ok()
    assert f"{folder.name}-app-1" in folder.running()
