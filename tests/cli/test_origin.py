"""`config --origin`: the model with where each value comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from composer.loader.document import parse
from composer.source import SourceFile
from support.session import World
from support.trees import plain

Run = Callable[..., str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def out(demo: World, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `composer config --origin`, which must succeed, and return what it prints."""

    def run(*argv: str) -> str:
        assert demo.run("config", "--origin", *argv) == 0
        return capsys.readouterr().out

    return run


def golden(text: str) -> str:
    return dedent(text).lstrip("\n")


def squeezed(text: str) -> list[str]:
    """Return the lines without what aligns and indents them."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_each_value_has_the_line_that_says_it_last(demo: World, out: Run) -> None:
    demo.write("""
        services:
          web:
            image: nginx
            environment:
              A: "1"
              B: "2"
            ports: ["8080:80"]
    """)
    demo.write("services: {web: {environment: [B=3]}}", "compose.override.yaml")

    assert out() == golden("""
        name: demo                 # name of the directory
        services:
          web:
            environment:
              A: "1"               # compose.yaml:5
              B: "3"               # compose.override.yaml:1
            image: nginx           # compose.yaml:3
            networks:
              default: null        # default
            ports:
              - mode: ingress      # default
                target: 80         # compose.yaml:7
                published: "8080"  # compose.yaml:7
                protocol: tcp      # compose.yaml:7
        networks:
          default:
            name: demo_default     # default
    """)


def test_a_variable_is_named_with_where_it_is_set(demo: World, out: Run) -> None:
    demo.write("# first\nFILE=a\nBOTH=b\nQUOTED='c\nd'\nLAST=e\n", ".env")
    demo.setenv("BOTH", "shell")
    demo.write("""
        services:
          web:
            image: ${FILE}
            hostname: ${BOTH}-${NOWHERE:-default}
            user: ${LAST}
            environment: [BOTH, FILE]
            build: {args: {LAST: }, target: "${FILE:+set}"}
    """)

    assert [line for line in squeezed(out()) if "from" in line or "set" in line] == [
        "LAST: e # compose.yaml:7, LAST from .env:6",
        "target: set # compose.yaml:7, FILE from .env:2",
        "BOTH: shell # compose.yaml:6, BOTH from shell",
        "FILE: a # compose.yaml:6, FILE from .env:2",
        "hostname: shell-default # compose.yaml:4, BOTH from shell, NOWHERE not set",
        "image: a # compose.yaml:3, FILE from .env:2",
        "user: e # compose.yaml:5, LAST from .env:6",
    ]


def test_a_value_of_an_env_file_has_the_line_there(demo: World, out: Run) -> None:
    demo.write("A=1\n\nB=2\n", "one.env")
    demo.write("# raw\nB='3'\nexport C=4\n", "two.env")
    demo.write("a=1\n", "labels")
    demo.write("""
        services:
          web:
            image: x
            env_file: [one.env, two.env, {path: absent.env, required: false}]
            label_file: labels
            environment: {C: mine}
    """)

    assert squeezed(out())[3:10] == [
        "environment:",
        'A: "1" # one.env:1',
        'B: "3" # two.env:2',
        "C: mine # compose.yaml:6",
        "image: x # compose.yaml:3",
        "labels:",
        'a: "1" # labels:1',
    ]


def test_fragments_includes_and_extended_services_keep_their_places(demo: World, out: Run) -> None:
    demo.write("IN=inner\n", "sub/.env")
    demo.write('services: {inner: {image: "x:${IN}"}}', "sub/compose.yaml")
    demo.write("services:\n  base:\n    image: w\n", "base.yaml")
    demo.write("""
        include: [sub/compose.yaml]
        x-common: &common
          restart: always
        services:
          web:
            <<: *common
            extends: {file: base.yaml, service: base}
    """)

    lines = set(squeezed(out()))
    assert {
        "image: x:inner # sub/compose.yaml:1, IN from sub/.env:1",
        "image: w # base.yaml:3",
        "restart: always # compose.yaml:3",
    } <= lines


@pytest.mark.parametrize(
    ("argv", "origin"),
    [
        (("-p", "other"), "name: other # -p"),
        ((), "name: named # compose.yaml:1"),
        (("--env-file", "x.env"), "name: fromfile # COMPOSE_PROJECT_NAME from x.env:1"),
    ],
)
def test_the_name_of_the_project_has_its_origin_too(
    demo: World, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], origin: str
) -> None:
    demo.write("name: named\nservices: {web: {image: x}}")
    demo.write("COMPOSE_PROJECT_NAME=fromfile\n", "x.env")

    assert demo.run(*argv, "config", "--origin") == 0
    assert squeezed(capsys.readouterr().out)[0] == origin


def test_json_has_every_value_with_path_and_origins(demo: World, out: Run) -> None:
    demo.write("TAG=1\n", ".env")
    demo.write('services: {web: {image: "x:${TAG}", command: [a]}}')

    found = {tuple(one["path"]): one for one in json.loads(out("--format", "json"))}
    assert found["services", "web", "image"] == {
        "path": ["services", "web", "image"],
        "value": "x:1",
        "origins": [
            {"file": "compose.yaml", "line": 1, "column": 25},
            {"variable": "TAG", "source": {"file": ".env", "line": 1, "column": 1}},
        ],
    }
    assert found["services", "web", "networks", "default"]["origins"] == [{"source": "default"}]
    assert found["services", "web", "command", 0]["value"] == "a"


def test_what_is_not_interpolated_has_its_lines(demo: World, out: Run) -> None:
    demo.write('services: {web: {image: "x:${TAG}", tmpfs: /t}}')

    text = out("--no-interpolate")
    assert {"image: x:${TAG} # compose.yaml:1", "tmpfs: /t # compose.yaml:1"} <= set(squeezed(text))


def test_variables_have_the_place_where_they_are_set(demo: World, out: Run) -> None:
    demo.write("TAG=1\n", ".env")
    demo.setenv("WHO", "me")
    demo.write('services: {web: {image: "x:${TAG}", user: "${WHO}", hostname: "${NO:-a}"}}')

    assert squeezed(out("--variables")) == [
        "NAME REQUIRED DEFAULT VALUE ALTERNATE VALUE SOURCE",
        "NO false a not set",
        "TAG false .env:1",
        "WHO false shell",
    ]


def test_long_lines_do_not_push_the_comments_away(demo: World, out: Run) -> None:
    demo.write(f"services: {{web: {{image: x, hostname: {'h' * 100}}}}}")

    text = out()
    assert f"    hostname: {'h' * 100}  # compose.yaml:1\n" in text
    assert "    image: x            # compose.yaml:1\n" in text


def test_the_name_of_a_file_cannot_break_the_line(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: x}}", "a\nevil: b.yaml")

    assert demo.run("-f", "a\nevil: b.yaml", "config", "--origin") == 0
    assert "image: x # 'a\\nevil: b.yaml':1" in squeezed(capsys.readouterr().out)


def test_a_key_that_looks_like_a_merge_has_its_line(demo: World, out: Run) -> None:
    demo.write("""services: {web: {image: x, environment: {"<<": text}}}""")

    [line] = [line for line in squeezed(out()) if "<<" in line]
    assert line.endswith(": text # compose.yaml:1")


CASES = sorted(
    path
    for pattern in ("tests/parity/cases/*.yaml", "samples/*/*compose.y*ml")
    for path in ROOT.glob(pattern)
    if path.name not in ("over.yaml", "tags.yaml")
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_it_stays_the_same_model(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(path.parent, monkeypatch)

    def printed(*flags: str) -> object:
        assert world.run("-f", path.name, "config", *flags) == 0
        [document] = parse(SourceFile("printed", capsys.readouterr().out))
        return plain(document.root)

    assert printed("--origin") == printed()
