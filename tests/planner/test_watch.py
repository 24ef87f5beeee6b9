from __future__ import annotations

from collections.abc import Mapping

import pytest

from composer.model.build import Build, Develop, Watch, WatchExec
from composer.model.service import Mount, Service
from composer.model.watch import IgnoreFile
from composer.planner.watch import Rules, react, watch_rules
from support.plans import project, service


def watching(*watch: Watch, **fields: object) -> Service:
    return service("web", develop=Develop(watch=watch), **fields)


def rules(one: Service, ignored: Mapping[str, IgnoreFile] | None = None) -> Rules:
    return watch_rules(project(one), [one], ignored or {})


SYNC = Watch(path="/p/src", action="sync", target="/app")


def sent(found: Rules, *paths: str) -> dict[str, str]:
    return {
        target: source
        for reaction in react(found.rules, paths).values()
        for target, source in reaction.sent.items()
    }


def test_a_path_below_that_of_a_rule_goes_below_its_target() -> None:
    found = rules(watching(SYNC))
    assert sent(found, "/p/src/a/b.py", "/p/srcs/x", "/p/other") == {"/app/a/b.py": "/p/src/a/b.py"}


def test_a_rule_for_a_file_sends_it_to_its_target() -> None:
    found = rules(watching(Watch(path="/p/conf", action="sync", target="/etc/conf")))
    assert sent(found, "/p/conf", "/p/conf.bak") == {"/etc/conf": "/p/conf"}


def test_of_what_is_included_what_is_ignored_is_left_out() -> None:
    watch = Watch(path="/p/src", action="sync", target="/app", include=("**/*.py",), ignore=("t",))
    found = rules(watching(watch))
    assert list(sent(found, "/p/src/a.py", "/p/src/a.txt", "/p/src/t/a.py")) == ["/app/a.py"]


@pytest.mark.parametrize(
    "name", [".git/index", "sub/.git/HEAD", "a.py~", ".a.py.swp", ".#a.py", "4913", ".idea/x.xml"]
)
def test_what_git_and_editors_keep_for_themselves_is_ignored(name: str) -> None:
    assert sent(rules(watching(SYNC)), f"/p/src/{name}") == {}


def test_what_the_ignore_file_of_the_context_names_is_ignored_within_the_context() -> None:
    ignored = {"web": IgnoreFile(root="/p", path="/p/.dockerignore", patterns=("src/dist",))}
    one = watching(SYNC, build=Build(context="/p"))
    assert list(sent(rules(one, ignored), "/p/src/dist/a", "/p/src/a")) == ["/app/a"]


def test_an_ignore_file_that_names_what_a_build_may_see_ignores_nothing() -> None:
    ignored = {"web": IgnoreFile(root="/p", path="/p/.dockerignore", patterns=("*", "!dist"))}
    one = watching(SYNC, build=Build(context="/p"))
    assert list(sent(rules(one, ignored), "/p/src/a")) == ["/app/a"]


def test_what_follows_is_said_once_for_a_batch() -> None:
    found = rules(
        watching(
            Watch(path="/p/a", action="sync+restart", target="/a"),
            Watch(path="/p/b", action="sync+exec", target="/b", exec=WatchExec(command=("x",))),
            Watch(path="/p/c", action="rebuild"),
            Watch(path="/p/d", action="restart"),
            build=Build(context="/p"),
        )
    )

    def follows(*paths: str) -> tuple[bool, bool, list[int]]:
        one = react(found.rules, paths)["web"]
        return one.rebuild, one.restart, list(one.commands)

    assert follows("/p/a/1", "/p/a/2") == (False, True, [])
    assert follows("/p/b/1", "/p/b/2") == (False, False, [1])
    assert follows("/p/c/1", "/p/d/1") == (True, True, [])


def test_the_file_that_changed_last_is_sent_last() -> None:
    found = rules(watching(SYNC))
    assert list(sent(found, "/p/src/a", "/p/src/b", "/p/src/a")) == ["/app/b", "/app/a"]


def test_what_is_mounted_already_is_not_watched_and_that_is_said() -> None:
    mount = Mount(type="bind", source="/p", target="/app")
    found = rules(watching(SYNC, volumes=(mount,)))
    assert found.rules == ()
    assert [one.message for one in found.warnings] == [
        "/p/src is mounted into 'web' already: it is not watched"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"tmpfs": ("/app:size=1m",)},
        {"volumes": (Mount(type="tmpfs", target="/app"),)},
    ],
)
def test_what_would_go_into_a_tmpfs_is_not_watched_and_that_is_said(
    fields: dict[str, object],
) -> None:
    found = rules(watching(SYNC, **fields))
    assert found.rules == ()
    assert [one.message for one in found.warnings] == [
        "/app of 'web' is in a tmpfs, /app: it is not watched for that"
    ]


def test_a_command_is_run_for_what_is_mounted_and_nothing_is_sent() -> None:
    mount = Mount(type="bind", source="/p", target="/app")
    watch = Watch(path="/p/s", action="sync+exec", target="/a", exec=WatchExec(command=("x",)))
    found = rules(watching(watch, volumes=(mount,)))
    reaction = react(found.rules, ["/p/s/a"])["web"]
    assert (reaction.sent, list(reaction.commands)) == ({}, [0])


def test_what_cannot_be_done_is_refused() -> None:
    found = rules(
        watching(
            Watch(path="/p", action="rebuild"),
            Watch(path="/p", action="sync+exec", target="/a"),
            Watch(path="/p", action="sync", target="/a", ignore=("[",)),
        )
    )
    assert [one.message for one in found.errors] == [
        "can't watch service 'web' with action rebuild without a build context",
        "can't watch with action 'sync+exec' on service 'web' without a command",
        "'[' is not a pattern: a [ is not closed as it should be",
    ]


def test_a_directory_that_is_ignored_as_a_whole_is_passed_by() -> None:
    found = rules(watching(Watch(path="/p", action="sync", target="/a", ignore=("node_modules",))))
    assert found.pass_by("/p/node_modules")
    assert found.pass_by("/p/.git")
    assert not found.pass_by("/p/src")
    assert found.pass_by("/elsewhere")
    assert not found.pass_by("/")


def test_the_old_word_for_an_initial_sync_is_understood() -> None:
    watch = Watch(path="/p", action="sync", target="/a", extensions={"x-initialSync": True})
    found = rules(watching(watch))
    assert found.rules[0].initial
    assert [one.message for one in found.warnings] == ["'x-initialSync' is deprecated"]


def test_an_initial_sync_leaves_out_what_builds_and_composes() -> None:
    watch = Watch(path="/p", action="sync", target="/a", initial_sync=True)
    rule = rules(watching(watch)).rules[0]
    names = ("a.py", "Dockerfile", "compose.yaml", "sub/docker-compose.override.yml")
    assert [name for name in names if rule.begins_with(f"/p/{name}")] == ["a.py"]
    assert rule.concerns("/p/Dockerfile")
