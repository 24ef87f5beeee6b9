"""What compose files ask of the engine, seen in the engine."""

from __future__ import annotations

import pytest

from support.cli import Folder, docker, eventually

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"


def one(folder: Folder, service: str, number: int = 1) -> str:
    return f"{folder.name}-{service}-{number}"


def test_a_dependent_starts_once_a_real_postgres_is_healthy(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        """
services:
  app:
    image: postgres:16-alpine
    entrypoint: [psql, -h, db, -U, postgres, -Atc, select 40 + 2]
    environment: {PGPASSWORD: secret}
    depends_on: {db: {condition: service_healthy}}
  db:
    image: postgres:16-alpine
    environment: {POSTGRES_PASSWORD: secret}
    healthcheck:
      test: pg_isready -h 127.0.0.1 -U postgres
      interval: 200ms
      retries: 100
""",
    )
    folder.composer("up", "-d").ok()
    eventually(lambda: "42" in docker("logs", one(folder, "app")))
    app, db = (folder.containers()[one(folder, name)] for name in ("app", "db"))
    assert db["State"]["Health"]["Status"] == "healthy"
    assert app["State"]["StartedAt"] > db["State"]["Health"]["Log"][0]["End"][:19]


def test_a_job_runs_before_its_dependent_and_a_failing_one_stops_it(folder: Folder) -> None:
    text = f"""
services:
  app:
    {SLEEP}
    depends_on: {{job: {{condition: service_completed_successfully}}}}
  job:
    image: busybox
    command: sh -c 'echo migrating; exit CODE'
"""
    folder.write("compose.yaml", text.replace("CODE", "3"))
    failed = folder.composer("up", "-d")
    assert failed.code == 1
    assert "exited (3)" in failed.err
    assert "migrating" in failed.err
    assert folder.running() == []

    folder.write("compose.yaml", text.replace("CODE", "0"))
    folder.composer("up", "-d").ok()
    assert folder.running() == [one(folder, "app")]


def test_scaling_up_and_down(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d", "--scale", "web=3").ok()
    assert folder.running() == [one(folder, "web", n) for n in (1, 2, 3)]
    folder.composer("up", "-d").ok()
    assert folder.running() == [one(folder, "web")]


def test_services_reach_each_other_by_name_and_alias_on_their_networks_only(
    folder: Folder,
) -> None:
    folder.write(
        "compose.yaml",
        f"""
services:
  near:
    {SLEEP}
    networks: {{back: {{aliases: [neighbour]}}}}
  far:
    {SLEEP}
    networks: [front]
  both:
    {SLEEP}
    networks: [front, back]
networks:
  front:
  back: {{internal: true}}
""",
    )
    folder.composer("up", "-d").ok()

    def sees(service: str, name: str) -> bool:
        ping = ("exec", "-T", service, "nslookup", name, "127.0.0.11")
        return folder.composer(*ping).code == 0

    assert sees("both", "near")
    assert sees("both", "neighbour")
    assert sees("both", "far")
    assert not sees("far", "near")


def test_configs_and_secrets_stand_in_the_container(folder: Folder) -> None:
    folder.write("note.txt", "from a file\n")
    folder.environment["TOKEN"] = "from the environment"
    folder.write(
        "compose.yaml",
        f"""
services:
  web:
    {SLEEP}
    configs: [note, {{source: inline, target: /etc/inline, mode: "0400"}}]
    secrets: [token]
configs:
  note: {{file: note.txt}}
  inline: {{content: "written here"}}
secrets:
  token: {{environment: TOKEN}}
""",
    )
    folder.composer("up", "-d").ok()

    def read(path: str) -> str:
        return folder.composer("exec", "-T", "web", "cat", path).ok().out

    assert read("/note") == "from a file\n"
    assert read("/etc/inline") == "written here"
    assert read("/run/secrets/token") == "from the environment"


def test_a_changed_network_is_replaced_and_its_containers_stay(folder: Folder) -> None:
    text = f"services:\n  web:\n    {SLEEP}\nnetworks:\n  default:\n    labels: {{v: '%s'}}\n"
    folder.write("compose.yaml", text % 1)
    folder.composer("up", "-d").ok()
    before = folder.ids()
    folder.write("compose.yaml", text % 2)
    folder.composer("up", "-d").ok()

    assert folder.ids() == before
    label = '{{index .Labels "v"}}'
    assert docker("network", "inspect", f"{folder.name}_default", "-f", label) == "2\n"
    networks = folder.containers()[one(folder, "web")]["NetworkSettings"]["Networks"]
    assert list(networks) == [f"{folder.name}_default"]
    assert "web" in networks[f"{folder.name}_default"]["Aliases"]


def test_an_anonymous_volume_follows_its_container(folder: Folder) -> None:
    text = f"services:\n  web:\n    {SLEEP}\n    volumes: [/cache]\n    environment: {{V: '%s'}}\n"
    folder.write("compose.yaml", text % 1)
    folder.composer("up", "-d").ok()
    folder.composer("exec", "-T", "web", "sh", "-c", "echo kept > /cache/file").ok()
    before = folder.ids()
    folder.write("compose.yaml", text % 2)
    folder.composer("up", "-d").ok()

    assert folder.ids() != before
    assert folder.composer("exec", "-T", "web", "cat", "/cache/file").ok().out == "kept\n"


def test_orphans_are_named_and_go_when_asked(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n  old:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")

    assert one(folder, "old") in folder.composer("up", "-d").ok().err
    assert one(folder, "old") in folder.running()
    folder.composer("up", "-d", "--remove-orphans").ok()
    assert folder.running() == [one(folder, "web")]


def test_profiles_switch_services_on(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services:\n  web:\n    {SLEEP}\n  debug:\n    {SLEEP}\n    profiles: [tools]\n",
    )
    folder.composer("up", "-d").ok()
    assert folder.running() == [one(folder, "web")]
    folder.composer("--profile", "tools", "up", "-d").ok()
    assert folder.running() == [one(folder, "debug"), one(folder, "web")]
    folder.composer("--profile", "tools", "down").ok()
    assert folder.containers() == {}


def test_a_taken_port_is_an_error_that_names_the_step_and_the_next_up_goes_on(
    folder: Folder,
) -> None:
    from support.cli import free_port

    port = free_port()
    text = f"services:\n  a:\n    {SLEEP}\n    ports: ['{port}:1']\n  b:\n    {SLEEP}\n    %s\n"
    folder.write("compose.yaml", text % f"ports: ['{port}:2']")
    failed = folder.composer("up", "-d")
    assert failed.code == 1
    assert str(port) in failed.err
    assert "Traceback" not in failed.err

    folder.write("compose.yaml", text % "")
    folder.composer("up", "-d").ok()
    assert folder.running() == [one(folder, "a"), one(folder, "b")]


def test_wait_waits_for_health_and_fails_with_the_probe_when_it_never_comes(
    folder: Folder,
) -> None:
    text = f"""
services:
  web:
    {SLEEP}
    healthcheck: {{test: "echo looking; test -e /ok", interval: 100ms, retries: 3}}
"""
    folder.write("compose.yaml", text)
    failed = folder.composer("up", "--wait")
    assert failed.code == 1
    assert "unhealthy" in failed.err
    assert "looking" in failed.err

    folder.composer("exec", "-T", "web", "touch", "/ok").ok()
    folder.composer("up", "--wait", "--wait-timeout", "30").ok()
    assert folder.containers()[one(folder, "web")]["State"]["Health"]["Status"] == "healthy"


def test_exec_passes_input_output_and_exit_code(folder: Folder) -> None:
    folder.write("compose.yaml", f"services:\n  web:\n    {SLEEP}\n")
    folder.composer("up", "-d").ok()
    ran = folder.composer(
        "exec", "-T", "-e", "A=b", "web", "sh", "-c", "echo $A; echo e >&2; exit 7"
    )
    assert (ran.code, ran.out, ran.err) == (7, "b\n", "e\n")


def test_logs_of_all_services_are_prefixed(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        "services:\n"
        "  a:\n    image: busybox\n    command: echo from-a\n"
        "  bb:\n    image: busybox\n    command: echo from-b\n",
    )
    folder.composer("up", "-d").ok()

    def lines() -> list[str]:
        return sorted(folder.composer("logs").ok().out.splitlines())

    eventually(lambda: len(lines()) == 2)
    assert lines() == ["a-1   | from-a", "bb-1  | from-b"]
    assert folder.composer("logs", "--no-log-prefix", "--tail", "1", "a").ok().out == "from-a\n"
