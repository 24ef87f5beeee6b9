"""`images`, `volumes`, `port` and `top`; `ls` and `ps` have files of their own."""

from __future__ import annotations

import json

import pytest

from composer.record import replace
from support.session import Run, World


def image_id(world: World, container: str) -> str:
    return world.engine.containers[container].image_id


# images


def test_the_image_of_each_container_is_listed(up: World, out: Run) -> None:
    up.engine.become("demo-db-1", exits=0)
    header, *rows = out("images").splitlines()

    titles = ("CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE")
    assert header == "".join(title.ljust(20) for title in titles) + "CREATED"
    assert [row.split()[:6] for row in rows] == [
        ["demo-db-1", "postgres", "16-alpine", "linux/amd64",
         image_id(up, "demo-db-1")[7:19], "2.2MB"],
        ["demo-web-1", "nginx", "alpine", "linux/amd64", image_id(up, "demo-web-1")[7:19], "2.2MB"],
    ]  # fmt: skip


def test_ids_of_images_are_each_printed_once(up: World, out: Run) -> None:
    up.run("scale", "web=2")

    assert out("images", "-q", "web") == f"{image_id(up, 'demo-web-1')[7:]}\n"


def test_json_of_images_has_docker_composes_fields(up: World, out: Run) -> None:
    (told,) = json.loads(out("images", "--format", "json", "web"))

    assert told == {
        "ID": image_id(up, "demo-web-1"),
        "ContainerName": "demo-web-1",
        "Repository": "nginx",
        "Tag": "alpine",
        "Platform": "linux/amd64",
        "Size": 2203846,
        "LastTagTime": up.engine.images["nginx:alpine"].dated,
    }
    assert out("images", "--format", "{{.Repository}}:{{.Tag}}", "web") == "nginx:alpine\n"


def test_an_image_that_is_gone_is_listed_by_its_id(up: World, out: Run) -> None:
    id = image_id(up, "demo-web-1")[7:19]
    del up.engine.images["nginx:alpine"]

    row = out("images", "web").splitlines()[1]

    assert row.split() == ["demo-web-1", "nginx", "alpine", "N/A", id, "N/A", "N/A"]


# volumes


def test_volumes_of_the_project_are_listed(up: World, out: Run) -> None:
    assert out("volumes") == "DRIVER    VOLUME NAME\nlocal     demo_data\n"
    assert out("volumes", "-q") == "demo_data\n"
    assert out("volumes", "--format", '{{.Name}} {{.Label "com.docker.compose.volume"}}') == (
        "demo_data data\n"
    )
    assert json.loads(out("volumes", "--format", "json"))["Size"] == "N/A"


def test_volumes_of_services_are_those_that_they_mount(out: Run) -> None:
    assert out("volumes", "-q", "db") == "demo_data\n"
    assert out("volumes", "-q", "web") == ""


def test_a_service_that_does_not_exist_has_no_volumes(up: World) -> None:
    assert up.run("volumes", "nope") == 1


# port


def test_a_port_is_where_it_is_published(out: Run) -> None:
    assert out("port", "web", "80") == "0.0.0.0:8080\n"
    assert out("port", "--protocol", "TCP", "--index", "1", "web", "80") == "0.0.0.0:8080\n"


def test_an_address_with_colons_stands_in_brackets(up: World, out: Run) -> None:
    live = up.engine.containers["demo-web-1"]
    live.published = (replace(live.published[0], host_ip="::1"),)

    assert out("port", "web", "80") == "[::1]:8080\n"


def test_without_a_port_all_are_listed(out: Run) -> None:
    assert out("port", "web") == "80/tcp -> 0.0.0.0:8080\n"
    assert out("port", "web", "--protocol", "udp") == ""


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("web 81", "error: no port 81/tcp for container demo-web-1\n   = help: it has 80/tcp\n"),
        ("db 80", "error: no port 80/tcp for container demo-db-1\n   = help: it has no ports\n"),
        ("--protocol udp web 80", "error: no port 80/udp for container demo-web-1\n"),
        ("nope 80", "error: service 'nope' is not running\n"),
        ("web http", "error: 'http' is not the number of a port\n"),
        ("web 70000", "error: '70000' is not the number of a port\n"),
    ],
)
def test_a_port_that_is_nowhere_is_an_error(
    up: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert up.run("port", *argv.split()) == 1
    assert capsys.readouterr().err.startswith(message)


# top


def test_processes_are_listed_by_service_and_replica(up: World, out: Run) -> None:
    up.run("scale", "db=2")
    header, *rows = out("top").splitlines()

    assert header == "SERVICE  #   UID   PID  PPID  C   STIME  TTY  TIME      CMD"
    assert [row.split()[:3] for row in rows] == [
        ["db", "1", "root"], ["db", "2", "root"], ["web", "1", "root"],
    ]  # fmt: skip
    assert rows[2].endswith("sh -c echo ready; sleep 600")


@pytest.mark.parametrize("command", ["top", "images", "stats --no-stream"])
def test_a_service_that_has_no_container_is_told(
    up: World, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert up.run(*command.split(), "wbe") == 0
    assert capsys.readouterr().err == "warning: service 'wbe' has no container\n"


def test_who_does_not_run_has_no_processes(up: World, out: Run) -> None:
    up.engine.become("demo-db-1", exits=0)

    assert out("top", "db") == ""


# without a file


def test_labels_are_enough(up: World, out: Run) -> None:
    (up.directory / "compose.yaml").unlink()

    assert out("-p", "demo", "port", "web", "80") == "0.0.0.0:8080\n"
    assert out("-p", "demo", "volumes", "-q", "db") == "demo_data\n"
    assert len(out("-p", "demo", "images", "-q").split()) == 2
    assert len(out("-p", "demo", "top").splitlines()) == 3
    assert out("-p", "demo", "ps", "--services") == "db\nweb\n"
