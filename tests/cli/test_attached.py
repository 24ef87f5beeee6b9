from __future__ import annotations

import os
import signal
from argparse import Namespace
from collections.abc import Callable
from threading import Event, Thread

import pytest

from composer.cli.attached import shown_services
from composer.executor.ctrl_c import ONE_PRESS
from composer.model.observed import Interest, Observed
from composer.model.project import Project
from composer.model.service import Service
from support.engine import FakeEngine
from support.session import World

PAIR = """
    services:
      web: {image: nginx:alpine, command: sleep 9, depends_on: [db]}
      db: {image: postgres:16-alpine, command: sleep 9}
"""


@pytest.fixture
def pair(demo: World) -> World:
    demo.write(PAIR)
    return demo


def test_output_is_shown_until_all_have_stopped(
    pair: World, capfd: pytest.CaptureFixture[str]
) -> None:
    pair.engine.behave("demo-db-1", output=["db up"], exits=0)
    pair.engine.behave("demo-web-1", output=["web up"], exits=3)

    assert pair.run("up") == 0

    captured = capfd.readouterr()
    assert sorted(captured.out.splitlines()) == [
        "db-1   | db up",
        "db-1 exited with code 0",
        "web-1  | web up",
        "web-1 exited with code 3",
    ]
    assert "Attaching to db-1, web-1\n" in captured.err
    assert captured.err.index("Attaching") < captured.err.index("Container demo-db-1  Started")


def test_dependencies_of_a_named_service_run_in_silence(
    pair: World, capfd: pytest.CaptureFixture[str]
) -> None:
    pair.engine.behave("demo-db-1", output=["db up"], exits=0)
    pair.engine.behave("demo-web-1", output=["web up"], exits=0)

    assert pair.run("up", "web", "--no-log-prefix") == 0
    out = capfd.readouterr().out
    assert "web up\n" in out
    assert "db" not in out


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ("--abort-on-container-exit", 7),
        ("--abort-on-container-failure", 7),
        ("--exit-code-from web", 7),
        ("--exit-code-from db", 137),
    ],
)
def test_one_that_exits_takes_the_others_along(pair: World, flags: str, code: int) -> None:
    pair.engine.behave("demo-web-1", exits=7)

    assert pair.run("up", "-t", "0", *flags.split()) == code
    assert pair.states == {"demo-db-1": "exited", "demo-web-1": "exited"}


def test_success_is_no_failure(pair: World) -> None:
    pair.engine.behave("demo-web-1", exits=0)
    pair.engine.behave("demo-db-1", exits=0)

    assert pair.run("up", "--abort-on-container-failure") == 0


def test_containers_that_run_already_are_heard_from_now_on(
    pair: World, capfd: pytest.CaptureFixture[str]
) -> None:
    class Ending(FakeEngine):
        """Once `up` has seen that there is nothing to do, everything ends with a last line."""

        looks = -2

        def observe(
            self, interest: Interest, meanwhile: Callable[[], object] | None = None
        ) -> Observed:
            self.looks += 1
            seen = super().observe(interest, meanwhile)
            if self.looks == 2:
                for name in list(self.containers):
                    self.say(name, "last")
                    self.become(name, exits=0)
            return seen

    pair.engine = Ending(pullable=["nginx:alpine", "postgres:16-alpine"])
    pair.run("up", "-d")
    pair.engine.looks = 0
    pair.engine.say("demo-db-1", "old")
    capfd.readouterr()

    assert pair.run("up") == 0
    out = capfd.readouterr().out
    assert "db-1   | last" in out
    assert "old" not in out


def test_ctrl_c_stops_everything(pair: World, capfd: pytest.CaptureFixture[str]) -> None:
    class Interrupting(FakeEngine):
        """The user presses Ctrl-C once the last container has started."""

        def start(self, container: str) -> None:
            super().start(container)
            if container == "demo-web-1":
                Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

    pair.engine = Interrupting(pullable=["nginx:alpine", "postgres:16-alpine"])

    assert pair.run("up", "-t", "0") == 130
    assert pair.states == {"demo-db-1": "exited", "demo-web-1": "exited"}
    assert "Gracefully Stopping... press Ctrl+C again to force\n" in capfd.readouterr().err


def test_a_second_ctrl_c_kills(pair: World, capfd: pytest.CaptureFixture[str]) -> None:
    class Stubborn(FakeEngine):
        """No container stops before it is killed; the user loses patience with the first."""

        def start(self, container: str) -> None:
            super().start(container)
            if container == "demo-web-1":
                Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

        def stop(self, container: str, timeout: float | None = None) -> None:
            if container == "demo-web-1":
                Event().wait(ONE_PRESS * 1.5)  # a second press, not the echo of the first
                os.kill(os.getpid(), signal.SIGINT)
            with self.changed:
                self.changed.wait_for(lambda: not self.find(container).running, timeout=10)

    pair.engine = Stubborn(pullable=["nginx:alpine", "postgres:16-alpine"])

    assert pair.run("up") == 130
    assert pair.states == {"demo-db-1": "exited", "demo-web-1": "exited"}
    assert "Container demo-web-1  Killed" in capfd.readouterr().err


def test_one_press_that_arrives_twice_stops_gracefully(
    pair: World, capfd: pytest.CaptureFixture[str]
) -> None:
    class Echoing(FakeEngine):
        def stop(self, container: str, timeout: float | None = None) -> None:
            if container == "demo-web-1":
                os.kill(os.getpid(), signal.SIGINT)
            super().stop(container, timeout)

        def start(self, container: str) -> None:
            super().start(container)
            if container == "demo-web-1":
                Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()

    pair.engine = Echoing(pullable=["nginx:alpine", "postgres:16-alpine"])

    assert pair.run("up") == 130
    assert pair.states == {"demo-db-1": "exited", "demo-web-1": "exited"}
    assert "Killed" not in capfd.readouterr().err


def project(**attach: bool | None) -> Project:
    services = {name: Service(name=name, attach=value) for name, value in attach.items()}
    return Project(name="demo", directory="/", services=services)


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        ({}, "a b"),
        ({"services": ("a",)}, "a"),
        ({"services": ("a",), "attach_dependencies": True}, "a b"),
        ({"attach": ["b"]}, "b"),
        ({"attach": ["quiet"]}, "quiet"),
        ({"no_attach": ["a"]}, "b"),
        ({"services": ("a",), "attach": ["b"]}, "b"),
    ],
)
def test_flags_and_file_decide_who_is_shown(flags: dict[str, object], shown: str) -> None:
    given = {"services": (), "attach": [], "no_attach": [], "attach_dependencies": False, **flags}
    demo = project(a=None, b=True, quiet=False)

    assert " ".join(sorted(shown_services(Namespace(**given), demo, demo.services))) == shown
