"""Hooks on a real engine: before a start, after it, and before a stop."""

from __future__ import annotations

import signal

import pytest

from support.cli import Folder, docker, eventually

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"
NOTE = "sh -c 'echo %s $$HOSTNAME >> /out/log'"


def name(folder: Folder, service: str, number: int = 1) -> str:
    return f"{folder.name}-{service}-{number}"


def write(folder: Folder, hooks: str, *, more: str = "", attributes: str = "") -> None:
    """Write a file with a service web, whose hooks may write into out/log."""
    (folder.path / "out").mkdir(exist_ok=True)
    web = f"services:\n  web:\n    {SLEEP}\n    volumes: ['./out:/out']\n"
    folder.write("compose.yaml", f"{web}    {attributes}\n    {hooks}\n{more}")


def log(folder: Folder) -> list[str]:
    """Return the first word of each line that hooks wrote since the last look."""
    file = folder.path / "out" / "log"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [line.split()[0] for line in lines]


def volumes_with(folder: Folder, container: str) -> set[str]:
    mounts = folder.containers()[container]["Mounts"]
    return {mount.get("Name") or mount["Source"] for mount in mounts}


def test_pre_start_prepares_a_volume_for_a_service_that_may_not(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"""
services:
  web:
    {SLEEP}
    user: '1000'
    volumes: ['data:/data']
    pre_start:
      - command: chown 1000 /data
        user: root
        image: alpine
volumes:
  data:
""",
    )
    folder.composer("up", "-d").ok()
    docker("exec", name(folder, "web"), "touch", "/data/mine")
    assert sorted(folder.containers()) == [name(folder, "web")]


def test_pre_start_reaches_what_its_service_depends_on_by_name(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"""
services:
  db:
    {SLEEP}
  web:
    {SLEEP}
    depends_on: [db]
    environment: {{TARGET: db}}
    pre_start: [{{command: sh -c 'ping -c 1 -W 5 $$TARGET'}}]
""",
    )
    folder.composer("up", "-d").ok()
    assert folder.running() == [name(folder, "db"), name(folder, "web")]


def test_hooks_run_in_order_and_once_for_all_replicas_or_for_each(folder: Folder) -> None:
    write(
        folder,
        "pre_start:\n"
        f"      - command: {NOTE % 'first'}\n"
        f"      - command: {NOTE % 'each'}\n"
        "        per_replica: true\n"
        f"      - command: {NOTE % 'last'}\n",
        attributes="scale: 2",
    )
    folder.composer("up", "-d").ok()
    assert log(folder) == ["first", "each", "each", "last"]

    folder.composer("up", "-d").ok()
    assert log(folder) == []
    assert folder.composer("plan", "--exit-code").ok().code == 0

    folder.composer("up", "-d", "--scale", "web=3").ok()
    assert log(folder) == ["each"]
    assert folder.running() == [name(folder, "web", number) for number in (1, 2, 3)]


def test_each_replica_has_its_own_anonymous_volume_prepared(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"""
services:
  web:
    {SLEEP}
    scale: 2
    volumes: [/own]
    pre_start: [{{command: sh -c 'echo prepared > /own/file', per_replica: true}}]
""",
    )
    folder.composer("up", "-d").ok()
    for number in (1, 2):
        assert docker("exec", name(folder, "web", number), "cat", "/own/file") == "prepared\n"
    assert volumes_with(folder, name(folder, "web")).isdisjoint(
        volumes_with(folder, name(folder, "web", 2))
    )


DATABASE = """
services:
  db:
    image: postgres:16-alpine
    environment: {POSTGRES_PASSWORD: x}
    volumes: ['data:/var/lib/postgresql/data']
    healthcheck: {test: pg_isready -h 127.0.0.1 -U postgres, interval: 200ms, retries: 100}
  web:
    image: postgres:16-alpine
    command: sleep infinity
    stop_grace_period: 0s
    environment: {PGPASSWORD: x}
    depends_on: {db: {condition: service_healthy}}
    pre_start:
      - command: ["psql", "-v", "ON_ERROR_STOP=1", "-h", "db", "-U", "postgres", "-c", "%s"]
volumes:
  data:
"""


def test_a_failing_migration_leaves_the_data_alone_and_the_next_up_goes_on(folder: Folder) -> None:
    good = "create table if not exists t (v int); insert into t values (7)"
    folder.write("compose.yaml", DATABASE % good)
    folder.composer("up", "-d").ok()
    database = folder.ids()[name(folder, "db")]

    folder.write("compose.yaml", (DATABASE % "drop tabel t").replace("infinity", "inf"))
    failed = folder.composer("up", "-d")
    assert failed.code == 1
    rows = "select count(*) from t"
    count = ("psql", "-h", "127.0.0.1", "-U", "postgres", "-Atc", rows)
    assert docker("exec", "-e", "PGPASSWORD=x", name(folder, "db"), *count) == "1\n"
    assert folder.ids()[name(folder, "db")] == database
    kept = folder.containers()[f"{folder.name}-web-pre_start-0"]
    assert kept["State"]["ExitCode"] == 1
    assert "syntax error" in failed.err
    assert f"pre_start hook {folder.name}-web-pre_start-0 exited (1)" in failed.err

    folder.write("compose.yaml", (DATABASE % good).replace("infinity", "inf"))
    folder.composer("up", "-d").ok()
    assert folder.running() == [name(folder, "db"), name(folder, "web")]
    assert sorted(folder.containers()) == folder.running()
    assert docker("exec", "-e", "PGPASSWORD=x", name(folder, "db"), *count) == "2\n"


def test_a_failed_pre_start_is_taken_away_by_down(folder: Folder) -> None:
    write(folder, "pre_start: [{command: sh -c 'exit 3'}]")
    assert folder.composer("up", "-d").code == 1
    assert f"{folder.name}-web-pre_start-0" in folder.containers()
    folder.composer("down").ok()
    assert folder.containers() == {}
    assert folder.networks() == []


def test_ctrl_c_in_the_middle_of_pre_start_ends_it_and_the_next_up_goes_on(folder: Folder) -> None:
    write(folder, "pre_start: [{command: sh -c 'echo begun; exec sleep 600'}]")
    with folder.start("up", "-d", "--timeout", "0") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "begun" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert list(folder.containers()) == [name(folder, "web")]
    assert folder.running() == []

    write(folder, f"pre_start: [{{command: {NOTE % 'again'}}}]")
    folder.composer("up", "-d").ok()
    assert log(folder) == ["again"]
    assert folder.running() == [name(folder, "web")]


def test_ctrl_c_in_the_middle_of_post_start_ends_up_and_the_container_runs_on(
    folder: Folder,
) -> None:
    write(folder, "post_start: [{command: sh -c 'echo begun; exec sleep 600'}]")
    with folder.start("up", "-d") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "begun" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert folder.running() == [name(folder, "web")]
    assert folder.composer("plan", "--exit-code").ok().code == 0


def test_ctrl_c_in_the_middle_of_pre_stop_stops_nothing_and_the_next_down_goes_on(
    folder: Folder,
) -> None:
    write(folder, "pre_stop: [{command: sh -c 'echo begun; exec sleep 600'}]")
    folder.composer("up", "-d").ok()
    with folder.start("down") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "begun" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert folder.running() == [name(folder, "web")]
    write(folder, f"pre_stop: [{{command: {NOTE % 'bye'}}}]")
    folder.composer("down").ok()
    assert log(folder) == ["bye"]
    assert folder.containers() == {}


@pytest.mark.parametrize("moment", ["pre_start", "post_start", "pre_stop"])
def test_a_hook_that_fails_lets_the_container_that_was_replaced_come_back(
    folder: Folder, moment: str
) -> None:
    write(folder, "environment: {A: '1'}")
    folder.composer("up", "-d").ok()
    before = folder.ids()[name(folder, "web")]
    hook = f"{moment}: [{{command: sh -c 'exit 3'}}]"
    write(folder, hook, attributes="environment: {A: '2'}")
    ran = folder.composer("up", "-d")
    assert folder.running() == [name(folder, "web")]
    assert folder.ids()[name(folder, "web")] == before
    assert ran.code == 1
    assert f"{name(folder, 'web')} runs as before" in ran.err

    write(folder, hook.replace("3", "0"), attributes="environment: {A: '2'}")
    folder.composer("up", "-d").ok()
    assert sorted(folder.containers()) == folder.running() == [name(folder, "web")]
    assert folder.ids()[name(folder, "web")] != before


def test_a_composer_that_is_killed_in_pre_start_leaves_a_hook_that_the_next_up_replaces(
    folder: Folder,
) -> None:
    write(folder, "pre_start: [{command: sh -c 'echo begun; exec sleep 600'}]")
    folder.kill_at("begun", "up", "-d")
    hook = f"{folder.name}-web-pre_start-0"
    assert folder.running() == [hook]

    write(folder, f"pre_start: [{{command: {NOTE % 'again'}}}]")
    folder.composer("up", "-d", "--timeout", "0").ok()
    assert log(folder) == ["again"]
    assert sorted(folder.containers()) == [name(folder, "web")]


def test_up_in_the_foreground_shows_what_hooks_say_and_ends_with_the_service(
    folder: Folder,
) -> None:
    folder.write(
        "compose.yaml",
        """
services:
  web:
    image: busybox
    command: sh -c 'echo served; until [ -e /tmp/go ]; do sleep 0.1; done; sleep 5'
    pre_start: [{command: echo prepared}]
    post_start: [{command: sh -c 'echo started; touch /tmp/go'}]
""",
    )
    ran = folder.composer("up", "--abort-on-container-exit").ok()
    assert ran.out.splitlines() == ["web-1  | served", "web-1 exited with code 0"]
    assert f"{folder.name}-web-pre_start-0 | prepared" in ran.err
    assert f"{folder.name}-web-1 post_start[0] | started" in ran.err


def test_post_start_runs_after_each_start_before_dependents(folder: Folder) -> None:
    hook = "sh -c 'sleep 1; echo post >> /out/log; pwd; echo $$A >&2'"
    write(
        folder,
        f'post_start: [{{command: "{hook}", environment: {{A: b}}, working_dir: /tmp}}]',
        more=f"  next:\n    {SLEEP}\n    depends_on: [web]\n    volumes: ['./out:/out']\n"
        f"    post_start: [{{command: {NOTE % 'next'}}}]\n",
    )
    ran = folder.composer("up", "-d").ok()
    assert log(folder) == ["post", "next"]
    assert f"{folder.name}-web-1 post_start[0] | /tmp" in ran.err
    assert f"{folder.name}-web-1 post_start[0] | b" in ran.err

    folder.composer("up", "-d").ok()
    assert log(folder) == []
    docker("stop", "-t", "0", name(folder, "web"))
    folder.composer("up", "-d").ok()
    assert log(folder) == ["post"]


def test_a_failing_post_start_is_an_error_that_shows_command_code_and_output(
    folder: Folder,
) -> None:
    write(folder, "post_start: [{command: sh -c 'echo no room; exit 3', user: '7'}]")
    ran = folder.composer("up", "-d")
    assert folder.running() == [name(folder, "web")]
    assert ran.code == 1
    where = f"in container {name(folder, 'web')}"
    assert f"post_start[0] of service 'web' ended with code 3 {where}" in ran.err
    assert "the command was: sh -c 'echo no room; exit 3'\n" in ran.err
    assert "     no room\n" in ran.err


def test_pre_stop_runs_before_a_replacement_a_scale_down_and_down(folder: Folder) -> None:
    hook = f"pre_stop: [{{command: {NOTE % 'bye'}}}]"
    write(folder, hook, attributes="scale: 2")
    folder.composer("up", "-d").ok()
    assert log(folder) == []

    write(folder, hook, attributes="scale: 2\n    environment: {A: b}")
    folder.composer("up", "-d").ok()
    assert log(folder) == ["bye", "bye"]

    folder.composer("up", "-d", "--scale", "web=1").ok()
    assert log(folder) == ["bye"]

    folder.composer("down").ok()
    assert log(folder) == ["bye"]
    assert folder.containers() == {}


def test_pre_stop_runs_when_up_in_the_foreground_is_ended(folder: Folder) -> None:
    write(folder, f"pre_stop: [{{command: {NOTE % 'bye'}}}]")
    with folder.start("up") as process:
        eventually(lambda: folder.running() == [name(folder, "web")])
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert log(folder) == ["bye"]
    assert folder.running() == []


def test_a_failing_pre_stop_keeps_the_container_running_and_is_told(folder: Folder) -> None:
    write(folder, "pre_stop: [{command: sh -c 'echo not now; exit 3'}]")
    folder.composer("up", "-d").ok()
    ran = folder.composer("down")
    assert folder.running() == [name(folder, "web")]
    assert ran.code == 1
    assert "pre_stop[0] of service 'web' ended with code 3" in ran.err
    assert "     not now\n" in ran.err


def test_a_changed_hook_touches_no_container(folder: Folder) -> None:
    write(folder, f"post_start: [{{command: {NOTE % 'one'}}}]")
    folder.composer("up", "-d").ok()
    before = folder.ids()
    write(folder, f"post_start: [{{command: {NOTE % 'two'}}}]\n    pre_start: [{{command: 'no'}}]")
    folder.composer("up", "-d").ok()
    assert folder.ids() == before
    assert log(folder) == ["one"]
