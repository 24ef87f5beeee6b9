"""`__complete`: what is offered at the cursor, as Go's programs answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from composer.cli.known import names_below_services
from composer.cli.main import dispatch
from composer.engine.port import Engine
from composer.errors import EngineUnavailable
from support.command_table import long_names, parsers
from support.session import World
from support.wire import Script, listening

Ask = Callable[..., list[str]]

FILE = """
    services:
      web: {image: nginx, profiles: [debug]}
      worker: {build: .}
      db: {image: postgres}
"""


@pytest.fixture
def ask(demo: World, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Ask what may stand in place of the last word; return the lines of the answer."""
    demo.write(FILE)

    def run(*words: str, request: str = "__complete") -> list[str]:
        assert demo.run(request, *words) == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return captured.out.splitlines()

    return run


def words(lines: list[str]) -> list[str]:
    return [line.partition("\t")[0] for line in lines[:-1]]


def test_services_are_offered_with_their_images(ask: Ask) -> None:
    assert ask("up", "") == ["db\tpostgres", "web\tnginx", "worker\tbuilt here", ":4"]


def test_descriptions_can_be_left_out(ask: Ask) -> None:
    assert ask("up", "", request="__completeNoDesc") == ["db", "web", "worker", ":4"]


def test_a_service_that_is_named_already_is_not_offered_again(ask: Ask) -> None:
    assert words(ask("up", "-d", "db", "web", "w")) == ["worker"]


def test_commands_are_offered_with_what_they_do(ask: Ask) -> None:
    assert ask("--profile", "debug", "unp") == ["unpause\tLet frozen containers go on", ":4"]
    assert "alpha" not in words(ask(""))


def test_commands_of_a_group_are_offered_behind_it(ask: Ask) -> None:
    assert words(ask("alpha", "s")) == ["scale"]
    assert words(ask("alpha", "scale", "d")) == ["db="]


def test_flags_that_were_given_are_not_offered_again_unless_they_repeat(ask: Ask) -> None:
    assert words(ask("up", "--scale", "web=2", "--no-deps", "--s")) == ["--scale"]
    assert words(ask("up", "--no-deps", "--no-dep")) == []


def test_letters_are_offered_behind_a_lone_dash(ask: Ask) -> None:
    assert {"-d", "--detach"} <= set(words(ask("up", "-")))
    assert "-d" not in words(ask("up", "--"))


def test_hidden_flags_are_not_offered(ask: Ask) -> None:
    assert words(ask("up", "--y")) == ["--yes"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("--progress p", ["plain"]),
        ("--progress=p", ["plain"]),
        ("config --format ", ["yaml", "json"]),
        ("ps --status ex", ["exited"]),
        ("up --scale w", ["web=", "worker="]),
        ("up --attach wo", ["worker"]),
        ("--profile ", ["debug"]),
        ("up --pull n", ["never"]),
        ("kill -s SIGT", ["SIGTERM"]),
        ("kill -sSIGTERM d", ["db"]),
        ("logs -ft d", ["db"]),
        ("logs -fn ", ["all"]),
        ("stop -t 5 d", ["db"]),
        ("exec d", ["db"]),
        ("completion z", ["zsh"]),
        ("help exit", ["exit-codes"]),
        ("help alpha s", ["scale"]),
        ("up -- -", []),
        ("nosuch ", []),
        ("up --nosuch d", ["db"]),
        ("version x", []),
    ],
)
def test_values_and_operands_are_offered_where_they_belong(
    ask: Ask, line: str, offered: list[str]
) -> None:
    assert words(ask(*line.split(" "))) == offered


def test_files_and_folders_are_left_to_the_shell(ask: Ask) -> None:
    assert ask("-f", "x") == ["yaml", "yml", ":8"]
    assert ask("--project-directory", "") == [":16"]
    assert ask("--env-file", "") == [":0"]
    assert ask("exec", "db", "") == [":0"]


def test_a_file_that_is_half_written_still_has_its_services(demo: World, ask: Ask) -> None:
    demo.write("""
        x-base: &base
          image: x
        services:
          web:
            image: "nginx
          # a comment
          'db':
            build:
              context: .
        volumes:
          data:
    """)

    assert words(ask("up", "")) == ["db", "web"]


def test_a_variable_that_is_missing_does_not_matter(demo: World, ask: Ask) -> None:
    demo.write("services: {web: {image: '${NEEDED:?you must set it}'}}\n")
    assert words(ask("up", "")) == []  # on one line, and not to be loaded

    demo.write("services:\n  web: {image: '${NEEDED:?you must set it}'}\n")
    assert words(ask("up", "")) == ["web"]


def test_standard_input_and_other_places_are_not_read(ask: Ask) -> None:
    assert ask("-f", "-", "up", "") == [":4"]
    assert ask("-f", "https://example.com/repo.git", "up", "") == [":4"]


def test_without_a_file_there_is_nothing_to_offer(ask: Ask) -> None:
    assert ask("-f", "nosuch.yaml", "up", "") == [":4"]


def test_without_a_file_a_project_that_is_named_has_the_services_that_exist(
    demo: World, ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.engine.publish("postgres")
    assert demo.run("up", "-d", "db") == 0
    capsys.readouterr()

    assert ask("-f", "nosuch.yaml", "-p", "demo", "stop", "") == ["db", ":4"]
    assert ask("-p", "") == ["demo\trunning(1)", ":4"]


def test_ports_of_a_service_are_offered(demo: World, ask: Ask) -> None:
    demo.write("services: {web: {image: nginx, ports: ['8080:80', '443']}}")

    assert ask("port", "web", "") == ["80\tpublished as 8080", "443", ":4"]


def test_a_path_is_left_to_the_shell_where_a_service_would_do_too(ask: Ask) -> None:
    assert ask("cp", "we", request="__completeNoDesc") == ["web:", ":2"]
    assert ask("cp", "./x", "") == ["db:\tpostgres", "web:\tnginx", "worker:\tbuilt here", ":2"]
    assert ask("cp", "web:/", "./") == [":2"]


def test_an_engine_that_is_not_there_leaves_the_line_alone(
    demo: World, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*, all: bool) -> Engine:
        raise EngineUnavailable("nobody answers")

    monkeypatch.setattr(demo.engine, "containers_of_projects", nobody)

    assert ask("-p", "") == [":4"]


def test_an_engine_that_is_slow_is_not_asked_again_and_again(
    demo: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def fall_asleep(path: str, plug: socket.socket) -> None:
        over.wait(5)

    monkeypatch.setattr("composer.cli.complete._SECONDS", 1.5)
    script = Script({"GET /containers/json": fall_asleep})
    with listening(script.serve) as address:
        demo.setenv("DOCKER_HOST", address.url)
        assert dispatch(["__complete", "-p", ""]) == 0
        over.set()

    assert capsys.readouterr() == (":4\n", "")
    assert [asked.partition("?")[0] for asked in script.seen] == [
        "GET /_ping",
        "GET /v1.41/containers/json",
    ]


def test_what_is_wrong_with_dockers_configuration_is_not_told_here(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("{", "no-docker-config/config.json")
    demo.setenv("DOCKER_HOST", "unix:///nobody")

    assert dispatch(["__complete", "-p", ""]) == 0
    assert capsys.readouterr() == (":4\n", "")


def test_contexts_are_those_of_docker(demo: World, ask: Ask) -> None:
    meta = {"Name": "far", "Metadata": {"Description": "the big one"}}
    demo.write(json.dumps(meta), "no-docker-config/contexts/meta/1f/meta.json")

    assert ask("--context", "") == ["default", "far\tthe big one", ":4"]


def test_names_below_services_are_those_that_are_indented_the_least() -> None:
    text = "name: x\nservices:\n    a:\n        image: b\n    c-1:\n#\n\nnetworks:\n    d:\n"

    assert list(names_below_services(text.splitlines())) == ["a", "c-1"]


def _free() -> Iterator[str]:
    """Yield flags with a value for which nothing is offered."""
    from composer.cli.candidates import FLAGS, METAVARS

    for command in parsers():
        for name, flag in long_names(command).items():
            known = {f"{command} --{name}", f"--{name}"} & set(FLAGS)
            if not (
                flag.is_switch or known or flag.metavar in METAVARS or flag.name != f"--{name}"
            ):
                yield f"{command} --{name}".strip()


NOTHING_TO_OFFER = {
    *("--host", "--insecure-registry", "--parallel", "--workdir"),
    *("author", "build-arg", "builder", "cap-add", "cap-drop", "change", "detach-keys"),
    *(
        "entrypoint",
        "env",
        "from",
        "grep",
        "indentation-size",
        "index",
        "label",
        "memory",
        "message",
    ),
    *("name", "progress", "provenance", "publish", "sbom", "since", "ssh", "timeout"),
    *("transformation", "until", "user", "volume", "wait-timeout"),
}
"""Flags whose values nobody knows beforehand."""


def test_every_flag_with_a_value_offers_some_or_is_known_to_have_none() -> None:
    assert {
        flag
        for flag in _free()
        if flag not in NOTHING_TO_OFFER and flag.partition("--")[2] not in NOTHING_TO_OFFER
    } == set()
