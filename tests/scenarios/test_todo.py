"""The reference sample, from nothing to nothing, as a person would go through it."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.cli import Folder, docker, eventually, fetch, free_port, run
from support.peer import docker_compose

pytestmark = pytest.mark.docker


@dataclass
class Todo:
    """The sample in a folder of its own, on ports of its own."""

    folder: Folder
    page: str
    database: int

    def up(self) -> None:
        self.folder.composer("up", "-d").ok()
        eventually(lambda: fetch(f"{self.page}/healthz"))

    def add(self, title: str) -> None:
        fetch(f"{self.page}/api/todos", method="POST", body={"title": title})

    def titles(self) -> list[str]:
        answer = json.loads(fetch(f"{self.page}/api/todos"))
        rows = answer["todos"] if isinstance(answer, dict) else answer
        return sorted(row["title"] for row in rows)

    def sql(self, query: str) -> str:
        """Ask postgres inside its network, by the name that the app uses."""
        command = ("exec", "-T", "-e", "PGPASSWORD=postgres", "postgres", "psql", "-h", "postgres")
        return self.folder.composer(*command, "-U", "postgres", "todo_db", "-Atc", query).ok().out


@pytest.fixture
def todo(tmp_path: Path) -> Iterator[Todo]:
    folder = Folder(tmp_path / "todo")
    folder.copy("todo")
    page, database = free_port(), free_port()
    folder.write(
        "compose.override.yaml",
        "services:\n"
        f'  app: {{ports: !override ["127.0.0.1:{page}:3000"]}}\n'
        f'  postgres: {{ports: !override ["127.0.0.1:{database}:5432"]}}\n',
    )
    yield Todo(folder, f"http://127.0.0.1:{page}", database)
    folder.remove()


def test_the_page_is_served_and_what_is_posted_is_in_the_database(todo: Todo) -> None:
    todo.up()
    todo.add("write a test")

    assert "<html" in fetch(todo.page).lower()
    assert todo.titles() == ["write a test"]
    assert todo.sql("select title from todos") == "write a test\n"
    assert sorted(todo.folder.containers()) == [
        f"{todo.folder.name}-app-1",
        f"{todo.folder.name}-postgres-1",
    ]
    assert todo.folder.networks() == [f"{todo.folder.name}_todo-networks"]
    assert todo.folder.volumes() == [f"{todo.folder.name}_pgdata"]


def test_postgres_answers_sql_through_its_published_port(todo: Todo) -> None:
    todo.up()
    todo.add("from outside")
    dsn = f"postgresql://postgres:postgres@127.0.0.1:{todo.database}/todo_db"
    query = ("psql", dsn, "-Atc", "select title from todos")
    outside = ("docker", "run", "--rm", "--network", "host", "postgres:16-alpine", *query)
    assert run(*outside).ok().out == "from outside\n"


def test_both_services_are_listed(todo: Todo) -> None:
    todo.up()
    listed = todo.folder.composer("ps", "--format", "json").ok().out.splitlines()
    states = {row["Service"]: row["State"] for row in map(json.loads, listed)}
    assert states == {"app": "running", "postgres": "running"}


def test_a_second_up_changes_nothing_and_says_so(todo: Todo) -> None:
    todo.up()
    before = todo.folder.ids()
    again = todo.folder.composer("up", "-d").ok()
    assert todo.folder.ids() == before
    assert "nothing to do" in again.out + again.err


def test_data_survives_down_and_goes_with_down_volumes(todo: Todo) -> None:
    todo.up()
    todo.add("stay")
    todo.folder.composer("down").ok()
    assert todo.folder.containers() == {}
    assert todo.folder.networks() == []
    assert todo.folder.volumes() == [f"{todo.folder.name}_pgdata"]

    todo.up()
    assert todo.titles() == ["stay"]

    todo.folder.composer("down", "-v").ok()
    assert (todo.folder.containers(), todo.folder.networks(), todo.folder.volumes()) == ({}, [], [])
    todo.up()
    assert todo.titles() == []


def test_the_plan_tells_all_before_and_nothing_after(todo: Todo) -> None:
    first = todo.folder.composer("plan", "--exit-code")
    assert first.code == 2
    kinds = ["build image", "create network", "create volume", "create container", "start"]
    places = [first.out.index(kind) for kind in kinds]
    assert places == sorted(places)
    assert todo.folder.containers() == {}

    todo.up()
    assert todo.folder.composer("plan", "--exit-code").ok().code == 0
    steps = json.loads(todo.folder.composer("plan", "--json").ok().out)["steps"]
    assert steps == []


def test_one_changed_value_is_shown_and_replaces_that_container_alone(todo: Todo) -> None:
    todo.up()
    before = todo.folder.ids()
    text = (todo.folder.path / "compose.yaml").read_text()
    changed = text.replace("      DB_HOST: postgres\n", "      DB_HOST: postgres\n      TZ: UTC\n")
    todo.folder.write("compose.yaml", changed)

    plan = todo.folder.composer("plan", "--json").ok()
    shown = [c for step in json.loads(plan.out)["steps"] for c in step.get("changes", ())]
    assert [(c["field"], c["old"], c["new"]) for c in shown] == [("environment.TZ", None, "'UTC'")]

    todo.up()
    after = todo.folder.ids()
    app, postgres = (f"{todo.folder.name}-{service}-1" for service in ("app", "postgres"))
    assert after[postgres] == before[postgres]
    assert after[app] != before[app]
    assert sorted(after) == sorted(before)
    assert "TZ=UTC" in todo.folder.containers()[app]["Config"]["Env"]


def peer(todo: Todo, *arguments: str) -> str:
    folder = todo.folder
    return run(docker_compose(), *arguments, cwd=folder.path, env=folder.environment).ok().out


def test_docker_compose_lists_what_composer_made_and_takes_it_down(todo: Todo) -> None:
    todo.up()
    listed = [json.loads(row) for row in peer(todo, "ps", "--format", "json").splitlines()]
    assert sorted(row["Name"] for row in listed) == sorted(todo.folder.containers())

    before = todo.folder.ids()
    peer(todo, "up", "-d", "--no-build")
    assert todo.folder.ids() == before

    peer(todo, "down", "-v")
    assert (todo.folder.containers(), todo.folder.networks(), todo.folder.volumes()) == ({}, [], [])


def test_composer_adopts_what_docker_compose_made_and_takes_it_down(todo: Todo) -> None:
    todo.folder.composer("build").ok()
    peer(todo, "up", "-d", "--no-build")
    before = todo.folder.ids()
    listed = todo.folder.composer("ps", "--format", "json").ok().out.splitlines()
    assert sorted(json.loads(row)["Name"] for row in listed) == sorted(before)

    todo.up()
    assert todo.folder.ids() == before

    todo.folder.composer("down", "-v").ok()
    assert (todo.folder.containers(), todo.folder.networks(), todo.folder.volumes()) == ({}, [], [])


@pytest.mark.parametrize("seen", ["Network", "Volume", "Container", "Started"])
def test_an_up_that_is_killed_is_finished_by_the_next(todo: Todo, seen: str) -> None:
    todo.folder.composer("build").ok()
    todo.folder.kill_at(seen, "up", "-d")

    todo.up()
    todo.add("after all")
    assert todo.titles() == ["after all"]
    assert len(todo.folder.running()) == len(todo.folder.containers()) == 2
    assert todo.folder.composer("plan", "--exit-code").ok().code == 0


def test_a_replacement_that_is_killed_is_finished_by_the_next(todo: Todo) -> None:
    todo.up()
    for seen in ("Recreate", "Recreated", "Starting"):
        text = (todo.folder.path / "compose.yaml").read_text()
        text = text.replace(
            "      DB_HOST: postgres\n", f"      DB_HOST: postgres\n      A{seen}: x\n"
        )
        todo.folder.write("compose.yaml", text)
        todo.folder.kill_at(seen, "up", "-d")
        todo.up()
        names = [f"{todo.folder.name}-app-1", f"{todo.folder.name}-postgres-1"]
        assert todo.folder.running() == sorted(todo.folder.containers()) == names


def test_two_ups_at_once_end_in_one_stack(todo: Todo) -> None:
    todo.folder.composer("build").ok()
    with todo.folder.start("up", "-d") as one, todo.folder.start("up", "-d") as other:
        said = [process.communicate()[0] for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), said
    assert len(todo.folder.running()) == len(todo.folder.containers()) == 2


def test_attached_up_shows_the_logs_and_stops_at_ctrl_c(todo: Todo) -> None:
    todo.folder.composer("build").ok()
    with todo.folder.start("up") as attached:
        assert attached.stdout is not None
        said = next(line for line in attached.stdout if "ready to accept connections" in line)
        assert said.startswith("postgres-1")
        eventually(lambda: fetch(f"{todo.page}/healthz"))
        attached.send_signal(signal.SIGINT)
        attached.communicate(timeout=60)
    assert attached.returncode == 130
    assert todo.folder.running() == []
    assert len(todo.folder.containers()) == 2


def test_nothing_of_a_project_is_left_behind(todo: Todo) -> None:
    todo.up()
    todo.folder.composer("down", "-v").ok()
    everything = docker("ps", "-a") + docker("network", "ls") + docker("volume", "ls")
    assert todo.folder.name not in everything
