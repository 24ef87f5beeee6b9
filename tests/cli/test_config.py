from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import dedent

import pytest

from support.session import World

Run = Callable[..., str]


@pytest.fixture
def out(demo: World, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run composer, which must succeed, and return what it prints."""

    def run(*argv: str) -> str:
        assert demo.run(*argv) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        ("--services", "db\nweb\n"),
        ("--services db", "db\nweb\n"),
        ("--volumes --services", "db\nweb\n"),
        ("--images db", "postgres:16-alpine\n"),
        ("-q --services", "db\nweb\n"),
        ("--volumes", "data\n"),
        ("--networks", "default\n"),
        ("--images", "postgres:16-alpine\nnginx:alpine\n"),
        ("--profiles", ""),
        ("--models", ""),
        ("-q", ""),
    ],
)
def test_one_side_of_the_files_is_printed(out: Run, argv: str, text: str) -> None:
    assert out("config", *argv.split()) == text


def test_the_whole_is_yaml_or_json(out: Run) -> None:
    assert out("config").startswith("name: demo\nservices:\n  db:\n")
    assert json.loads(out("config", "--format", "json"))["services"]["web"]["command"][0] == "sh"


def test_it_answers_to_its_old_name(out: Run) -> None:
    assert out("convert", "--services") == out("config", "--services")


def test_the_whole_can_go_to_a_file(demo: World, out: Run) -> None:
    text = out("config")

    assert out("config", "-o", "out.yaml") == ""
    assert (demo.directory / "out.yaml").read_text() == text


def test_hashes_are_those_of_the_labels(demo: World, out: Run) -> None:
    demo.run("up", "-d")
    label = demo.engine.containers["demo-db-1"].labels["com.docker.compose.config-hash"]
    out("config")

    assert out("config", "--hash", "db") == f"db {label}\n"
    assert [line.split()[0] for line in out("config", "--hash", "*").splitlines()] == ["db", "web"]


def test_variables_are_those_of_the_files(demo: World, out: Run) -> None:
    demo.write("services: {web: {image: 'nginx:${TAG:-1}', user: '${WHO:?who}'}}")

    assert [line.split() for line in out("config", "--variables").splitlines()[1:]] == [
        ["TAG", "false", "1"],
        ["WHO", "true"],
    ]


def test_without_interpolation_variables_stay_as_they_are_written(demo: World, out: Run) -> None:
    demo.write("services: {web: {image: 'nginx:${TAG}'}}")

    assert "image: nginx:${TAG}\n" in out("config", "--no-interpolate")


def test_the_environment_holds_the_env_file(demo: World, out: Run) -> None:
    demo.write("FROM_FILE=yes\n", ".env")

    assert "FROM_FILE=yes\n" in out("config", "--environment")


def test_profiles_are_listed_switched_on_or_not(demo: World, out: Run) -> None:
    demo.write("services: {a: {image: x, profiles: [dev, test]}, b: {image: x}}")

    assert out("config", "--profiles") == "dev\ntest\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--format toml", "unsupported --format value 'toml'"),
        ("--hash nope", "no such service: nope"),
        ("-o missing/out.yaml", "--output 'missing/out.yaml': no such file or directory"),
        ("--variables --format toml", "unsupported --format value 'toml'"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    demo: World, capsys: pytest.CaptureFixture[str], argv: str, message: str
) -> None:
    assert demo.run("config", *argv.split()) == 1
    assert f"error: {message}\n" in capsys.readouterr().err


def test_images_can_be_pinned_to_what_the_registry_has(demo: World, out: Run) -> None:
    ref = "docker.io/library/nginx:alpine@" + demo.engine.registry_digest("nginx:alpine")

    assert f"    image: {ref}\n" in out("config", "--resolve-image-digests")
    assert out("config", "--lock-image-digests", "web").endswith(f"  web:\n    image: {ref}\n")


def test_an_image_with_a_digest_is_pinned_already(demo: World, out: Run) -> None:
    digest = "sha256:" + "0" * 64
    demo.write(f"services: {{web: {{image: 'host:5000/nginx:1@{digest}'}}, app: {{build: .}}}}")

    assert out("config", "--lock-image-digests") == (
        f"services:\n  app: {{}}\n  web:\n    image: host:5000/nginx@{digest}\n"
    )


def test_an_image_that_no_registry_has_cannot_be_pinned(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: nosuch}}")

    assert demo.run("config", "--lock-image-digests") == 1
    assert "error: image nosuch does not exist, or asks for a login\n" in capsys.readouterr().err


def test_a_hash_of_a_service_that_is_off_names_the_profile_to_switch_on(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {web: {image: x, profiles: [dev]}}")

    assert demo.run("config", "--hash", "web") == 1
    assert capsys.readouterr().err == (
        "error: service 'web' is switched off by its profiles\n   = help: --profile dev\n"
    )


def test_a_dependency_that_may_be_missing_is_printed_though_it_is_off(
    demo: World, out: Run
) -> None:
    demo.write("""
        services:
          web:
            image: x
            depends_on: {db: {condition: service_started, required: false}}
          db: {image: y, profiles: [dev]}
    """)

    assert "    depends_on:\n      db:\n" in out("config")
    assert "depends_on" not in out("config", "web")


def test_without_interpolation_short_forms_stay_too(demo: World, out: Run) -> None:
    demo.write("""
        services:
          web: {image: x, command: a $B, environment: [A=1, B], ports: ["${P}:80"], tmpfs: /t}
    """)

    assert out("config", "--no-interpolate") == dedent("""
        name: demo
        networks:
          default:
            name: demo_default
        services:
          web:
            command: a $B
            environment:
              - A=1
              - B
            image: x
            networks:
              default: null
            ports:
              - ${P}:80
            tmpfs: /t
    """).lstrip("\n")


def test_without_interpolation_other_files_are_found_all_the_same(demo: World, out: Run) -> None:
    demo.write("DIR=sub\nBASE=base\n", ".env")
    demo.write("services: {one: {image: 'x:$A'}, base: {image: 'y:$B'}}", "sub/compose.yaml")
    demo.write("""
        include: ["${DIR}/compose.yaml"]
        services:
          two: {extends: {file: "${DIR}/compose.yaml", service: "${BASE}"}, user: $C}
    """)

    text = out("config", "--no-interpolate")
    assert "    image: x:$A\n" in text
    assert "  two:\n    image: y:$B\n" in text
    assert [line.split()[0] for line in out("config", "--variables").splitlines()[1:]] == list(
        "ABC"
    )


def test_relative_paths_of_other_files_begin_where_ours_do(demo: World, out: Run) -> None:
    demo.write("services: {one: {image: x, volumes: ['./a:/a']}}", "sub/compose.yaml")
    demo.write("services: {two: {build: ./b, volumes: ['./c:/c']}}", "sub/base.yaml")
    demo.write("""
        include: [sub/compose.yaml]
        services:
          two: {extends: {file: sub/base.yaml, service: two}}
    """)

    text = out("config", "--no-path-resolution")

    lines = [line.strip() for line in text.splitlines()]
    assert [line for line in lines if line.startswith(("source:", "context:"))] == [
        "source: sub/a",
        "context: sub/b",
        "source: sub/c",
    ]


def test_jobs_are_printed_complete_and_with_their_triggers(demo: World, out: Run) -> None:
    demo.write("""
        services: {db: {image: x}}
        jobs:
          clean:
            image: y
            command: rm -r /tmp
            depends_on: [db]
            networks: [back]
            triggers: {manual: true, schedule: [{cron: "0 * * * *"}]}
          later: {image: z, profiles: [off], triggers: {manual: true}}
        networks: {back: , unused: }
    """)

    assert out("config") == dedent("""
        name: demo
        services:
          db:
            image: x
            networks:
              default: null
        jobs:
          clean:
            command:
              - rm
              - -r
              - /tmp
            depends_on:
              db:
                condition: service_started
                required: true
            image: "y"
            networks:
              back: null
            triggers:
              manual: true
              schedule:
                - cron: 0 * * * *
        networks:
          back:
            name: demo_back
          default:
            name: demo_default
    """).lstrip("\n")
    assert json.loads(out("config", "--format", "json"))["jobs"]["clean"]["image"] == "y"
    assert "jobs" not in out("config", "db")
