from __future__ import annotations

import json
from typing import Any

import pytest

from composer.cli.build import build_args, ssh_keys
from composer.errors import EngineError
from support.engine import FakeEngine
from support.session import World

BUILT = """
    services:
      app:
        build: {context: ., args: {MODE: dev}}
        depends_on: [base]
      base:
        build: ./base
        image: example/base:1
      cache:
        image: redis:alpine
"""


@pytest.fixture
def built(demo: World) -> World:
    demo.write(BUILT)
    demo.engine.publish("redis:alpine")
    return demo


def images(world: World) -> list[str]:
    return sorted(world.engine.images)


def test_build_makes_the_image_of_every_service_that_has_a_build(built: World) -> None:
    assert built.run("build") == 0
    assert images(built) == ["demo-app:latest", "example/base:1"]


def test_build_makes_what_is_named_and_its_dependencies_when_asked(built: World) -> None:
    built.run("build", "app")
    assert images(built) == ["demo-app:latest"]

    built.run("build", "app", "--with-dependencies")
    assert images(built) == ["demo-app:latest", "example/base:1"]


def test_a_service_without_a_build_is_no_failure(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built.run("build", "cache") == 0
    assert capsys.readouterr().err == "demo: no service to build\n"


def test_a_dry_run_builds_nothing(built: World) -> None:
    assert built.run("build", "--dry-run") == 0
    assert images(built) == []


def test_images_that_are_nowhere_are_told_where_the_file_names_them(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("""
        services:
          web:
            image: nosuch:1
            volumes:
            - {type: image, source: neither, target: /x}
            pre_start:
            - {command: "true", image: nor}
    """)

    assert demo.run("pull") == 1

    said = capsys.readouterr().err
    for name, place in (("nosuch:1", "3:12"), ("neither", "5:29"), ("nor", "7:32")):
        message = f"error: image {name} does not exist, or asks for a login\n"
        assert f"{message}  --> compose.yaml:{place}\n" in said


def test_a_build_that_fails_is_named(built: World, capsys: pytest.CaptureFixture[str]) -> None:
    built.engine.failing_builds["app"] = "exit code 1"

    assert built.run("build") == 1
    assert "error: build image demo-app: " in capsys.readouterr().err


def test_a_bake_file_can_be_printed_instead(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built.run("build", "--print", "--build-arg", "MODE=prod", "--no-cache") == 0

    target = json.loads(capsys.readouterr().out)["target"]["app"]
    assert target["args"] == {"MODE": "prod"}
    assert target["no-cache"] is True
    assert target["tags"] == ["demo-app"]
    assert images(built) == []


def test_without_a_build_no_bake_file_is_printed(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("build", "--print") == 0

    assert capsys.readouterr().out == ""


def test_a_check_builds_nothing_and_pushes_nothing(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built.run("build", "--check", "--push") == 0

    assert images(built) == []
    assert "Dockerfile of app  Checked" in capsys.readouterr().err


def test_a_check_that_finds_something_is_a_failure(built: World) -> None:
    built.engine.failing_builds["app"] = "Check complete, 1 warning has been found!"

    assert built.run("build", "--check") == 1


@pytest.mark.parametrize(
    ("argv", "variables", "said"),
    [
        ("build", {}, " app | Step 1/1"),
        ("build --progress json", {}, '{"id":"Image demo-app"'),
        ("build", {"BUILDKIT_PROGRESS": "quiet"}, ""),
        ("build -q", {"BUILDKIT_PROGRESS": "plain"}, ""),
        ("--progress plain build", {"BUILDKIT_PROGRESS": "quiet"}, " app | Step 1/1"),
        ("build", {"BUILDKIT_PROGRESS": "quiet", "COMPOSE_PROGRESS": "plain"}, " app | Step 1/1"),
        ("build", {"BUILDKIT_PROGRESS": "rawjson"}, " app | Step 1/1"),
    ],
)
def test_builds_are_shown_in_the_style_asked_for(
    built: World,
    capsys: pytest.CaptureFixture[str],
    argv: str,
    variables: dict[str, str],
    said: str,
) -> None:
    for name, value in variables.items():
        built.setenv(name, value)

    assert built.run(*argv.split()) == 0

    err = capsys.readouterr().err
    assert said in err if said else err == ""


def test_old_flags_of_build_are_accepted(built: World) -> None:
    assert built.run("build", "--compress", "--force-rm", "--parallel", "--no-rm=false") == 0


def test_build_arguments_without_a_value_take_the_shells() -> None:
    assert build_args(["A=1", "B", "C", "A=2="], {"B": "shell"}) == {"A": "2=", "B": "shell"}


def test_ssh_keys_are_paths_or_the_agent() -> None:
    assert ssh_keys(["default", "key=/k"]) == {"default": None, "key": "/k"}


def test_pull_brings_what_is_not_only_built_here(built: World) -> None:
    built.engine.publish("example/base:1")

    assert built.run("pull") == 0
    assert images(built) == ["example/base:1", "redis:alpine"]


def test_an_image_that_can_be_built_need_not_be_in_a_registry(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built.run("pull") == 0

    said = capsys.readouterr().err
    assert "warning: pull image example/base:1: " in said
    assert "help: build it: composer build base" in said
    assert images(built) == ["redis:alpine"]


def test_buildable_services_can_be_left_out(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built.run("pull", "--ignore-buildable") == 0
    assert "example/base" not in capsys.readouterr().err


def test_a_pull_that_fails_is_a_failure_unless_ignored(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    class Refusing(FakeEngine):
        def pull(self, ref: str, platform: str | None, *given: Any, **more: Any) -> None:
            if ref == "nowhere":
                raise EngineError("nowhere: not there", help="look elsewhere")
            super().pull(ref, platform, *given, **more)

    built.write("services: {a: {image: nowhere}, b: {image: redis:alpine}}")
    built.engine = Refusing()
    built.engine.publish("redis:alpine")

    told = "pull image nowhere: not there\n   = help: look elsewhere\n"
    assert built.run("pull") == 1
    assert f"error: {told}" in capsys.readouterr().err
    assert built.run("pull", "--ignore-pull-failures") == 0
    assert f"warning: {told}" in capsys.readouterr().err
    assert images(built) == ["redis:alpine"]


def test_what_is_here_is_not_pulled_under_the_policy_missing(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    built.run("pull", "cache")
    capsys.readouterr()

    assert built.run("pull", "cache", "--policy", "missing") == 0
    assert capsys.readouterr().err == "demo: no image to pull\n"
    assert built.run("pull", "cache", "--policy", "missing", "-q") == 0
    assert capsys.readouterr().err == ""


def test_latest_is_pulled_even_if_missing_is_the_policy(built: World) -> None:
    built.write("services: {a: {image: one, pull_policy: missing}}")
    built.engine.publish("one", "old")
    built.run("pull")
    built.engine.publish("one", "new")
    before = built.engine.images["one:latest"].id

    assert built.run("pull") == 0
    assert built.engine.images["one:latest"].id != before


def test_a_policy_of_the_command_line_replaces_that_of_the_file(built: World) -> None:
    built.write("services: {a: {image: redis:alpine, pull_policy: never}}")

    assert built.run("pull") == 0
    assert images(built) == []
    assert built.run("pull", "--policy", "missing") == 0
    assert images(built) == ["redis:alpine"]


def test_images_that_are_mounted_are_pulled_too(built: World) -> None:
    built.write(
        """
        services:
          a:
            image: redis:alpine
            volumes: [{type: image, source: example/assets:1, target: /assets}]
        """
    )
    built.engine.publish("example/assets:1")

    assert built.run("pull") == 0
    assert images(built) == ["example/assets:1", "redis:alpine"]


def test_one_image_is_pulled_once_however_it_is_spelt(
    built: World, capsys: pytest.CaptureFixture[str]
) -> None:
    built.write("services: {a: {image: one}, b: {image: 'one:latest'}}")
    built.engine.publish("one")

    assert built.run("pull") == 0
    assert capsys.readouterr().err.count("Pulled") == 1


PUSHED = """
    services:
      app:
        build: {context: ., tags: [example/app:also]}
        image: example/app:1
        depends_on: [base]
      base:
        build: ./base
        image: example/base:1
      unnamed: {build: .}
      cache: {image: "redis:alpine"}
"""


@pytest.fixture
def pushed(demo: World) -> World:
    demo.write(PUSHED)
    demo.run("build")
    return demo


def in_the_registry(world: World) -> list[str]:
    return sorted(ref for ref in world.engine.pullable if ref.startswith("example/"))


def test_push_takes_what_is_built_and_has_a_name(pushed: World) -> None:
    assert pushed.run("push") == 0
    assert in_the_registry(pushed) == ["example/app:1", "example/app:also", "example/base:1"]


def test_push_takes_what_is_named_and_its_dependencies_when_asked(pushed: World) -> None:
    assert pushed.run("push", "app") == 0
    assert in_the_registry(pushed) == ["example/app:1", "example/app:also"]

    assert pushed.run("push", "--include-deps", "app") == 0
    assert "example/base:1" in in_the_registry(pushed)


def test_nothing_is_pushed_when_an_image_is_not_built_yet(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write(PUSHED)
    demo.run("build", "app")
    capsys.readouterr()

    assert demo.run("push") == 1
    assert in_the_registry(demo) == []
    said = capsys.readouterr().err
    assert "image 'example/base:1' of service 'base' is not on this engine" in said
    assert "help: composer build base" in said


def test_what_is_not_built_yet_is_left_out_when_failures_are_ignored(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write(PUSHED)
    demo.run("build", "app")

    assert demo.run("push", "--ignore-push-failures") == 0
    assert in_the_registry(demo) == ["example/app:1", "example/app:also"]
    assert "warning: image 'example/base:1' of service 'base'" in capsys.readouterr().err


def test_a_dry_run_pushes_nothing(pushed: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert pushed.run("push", "--dry-run") == 0
    assert in_the_registry(pushed) == []
    assert "push image example/app:1" in capsys.readouterr().out


def test_quiet_pushes_say_nothing(pushed: World, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert pushed.run("push", "-q") == 0
    assert capsys.readouterr().err == ""


def test_a_project_without_anything_to_push_says_so(
    demo: World, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.write("services: {a: {image: redis:alpine}}")

    assert demo.run("push") == 0
    assert capsys.readouterr().err == "demo: no service to push\n"


def test_quiet_pulls_say_nothing(built: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert built.run("pull", "-q", "cache") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("argv", ["pull --policy never", "build --memory x"])
def test_what_has_no_meaning_is_refused(built: World, argv: str) -> None:
    assert built.run(*argv.split()) == 1
