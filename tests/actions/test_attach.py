from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from composer.actions.attach import Following, News, Output, Stopped
from composer.actions.last_words import last_words
from composer.model.names import Label
from composer.model.observed import ContainerState, Interest, ObservedContainer
from composer.model.resources import ContainerConfig, ContainerSpec
from support.engine import FakeEngine


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(images=["busybox"])


def create(engine: FakeEngine, name: str, service: str = "web", **labels: str) -> None:
    engine.create_container(
        ContainerSpec(
            service=service,
            number=1,
            name=name,
            digest="",
            config=ContainerConfig(image="busybox", command=("sleep", "9")),
            labels={Label.PROJECT: "demo", Label.SERVICE: service, **labels},
        )
    )


def observed(engine: FakeEngine) -> tuple[ObservedContainer, ...]:
    return engine.observe(Interest(project="demo")).containers


def words(news: Iterator[News]) -> list[str]:
    """Return news as text: what was said, and who stopped with which code."""
    return [text(one) for one in news]


def text(one: News) -> str:
    match one:
        case Output(container, _, batch):
            return f"{container}: {batch.texts[0].decode()}"
        case Stopped(container, _, code, again):
            return f"{container} stopped with {code}{', comes again' if again else ''}"


def test_a_container_that_starts_later_is_heard_from_its_first_line(engine: FakeEngine) -> None:
    following = Following(engine, "demo")
    engine.behave("demo-web-1", output=["one", "two"])
    create(engine, "demo-web-1")
    engine.start("demo-web-1")

    assert words(islice(following, 2)) == ["demo-web-1: one", "demo-web-1: two"]
    following.close()


def test_it_ends_when_nothing_runs_any_more(engine: FakeEngine) -> None:
    following = Following(engine, "demo")
    following.expect("demo-web-1")
    following.finish()
    engine.behave("demo-web-1", output=["bye"], exits=3)
    create(engine, "demo-web-1")
    engine.start("demo-web-1")

    assert words(iter(following)) == ["demo-web-1: bye", "demo-web-1 stopped with 3"]


def test_what_is_expected_to_start_is_waited_for(engine: FakeEngine) -> None:
    following = Following(engine, "demo")
    create(engine, "demo-web-1")
    following.expect("demo-web-1")
    following.finish()
    news = iter(following)
    engine.behave("demo-web-1", output=["late"], exits=0)
    engine.start("demo-web-1")

    assert words(news) == ["demo-web-1: late", "demo-web-1 stopped with 0"]


def test_a_container_that_runs_already_is_heard_from_now_on(engine: FakeEngine) -> None:
    engine.behave("demo-web-1", output=["old"])
    create(engine, "demo-web-1")
    engine.start("demo-web-1")
    following = Following(engine, "demo", lasting=False)
    following.read(observed(engine)[0], tail=0)
    news = iter(following)
    engine.say("demo-web-1", "new")

    assert text(next(news)) == "demo-web-1: new"
    following.close()


def test_a_container_that_comes_again_is_followed_again(engine: FakeEngine) -> None:
    class Restarting(FakeEngine):
        """Says of a container that has stopped that it is about to come again, once."""

        restarts = 1

        def state(self, container: str) -> ContainerState:
            if self.restarts:
                self.restarts -= 1
                return ContainerState(status="restarting")
            return super().state(container)

    engine = Restarting(images=["busybox"])
    following = Following(engine, "demo")
    following.expect("demo-web-1")
    following.finish()
    engine.behave("demo-web-1", output=["first"], exits=1)
    create(engine, "demo-web-1")
    engine.start("demo-web-1")
    news = iter(following)

    assert words(islice(news, 2)) == ["demo-web-1: first", "demo-web-1 stopped with 1, comes again"]
    engine.behave("demo-web-1", output=["second"], exits=0)
    engine.start("demo-web-1")
    assert words(news)[-2:] == ["demo-web-1: second", "demo-web-1 stopped with 0"]


def test_services_that_nobody_wants_are_not_waited_for(engine: FakeEngine) -> None:
    following = Following(engine, "demo", wants=lambda service, number: service == "web")
    create(engine, "demo-db-1", service="db")
    engine.start("demo-db-1")
    following.finish()

    assert words(iter(following)) == []


def test_services_that_are_not_shown_are_waited_for_in_silence(engine: FakeEngine) -> None:
    following = Following(engine, "demo", shows=lambda service: False)
    following.expect("demo-web-1")
    following.finish()
    engine.behave("demo-web-1", output=["secret"], exits=0)
    create(engine, "demo-web-1")
    engine.start("demo-web-1")

    assert words(iter(following)) == ["demo-web-1 stopped with 0"]


def test_one_off_containers_are_somebody_elses(engine: FakeEngine) -> None:
    following = Following(engine, "demo")
    engine.behave("demo-web-run-1", output=["hello"], exits=0)
    create(engine, "demo-web-run-1", **{Label.ONEOFF: "True"})
    engine.start("demo-web-run-1")
    following.finish()

    assert words(iter(following)) == []


def test_last_words_are_those_of_containers_that_spoke(engine: FakeEngine) -> None:
    for name in ("demo-web-1", "demo-web-2"):
        create(engine, name)
    engine.start("demo-web-1")
    engine.say("demo-web-1", "bye")
    spoke, silent = observed(engine)

    since = last_words(engine, [spoke, silent])

    assert set(since) == {spoke.id}
    assert since[spoke.id].endswith(".000000001")


def test_what_was_created_is_waited_for_when_asked_for(engine: FakeEngine) -> None:
    create(engine, "demo-old-1")
    engine.start("demo-old-1")
    following = Following(engine, "demo", lasting=False, awaits_created=True)
    following.read(observed(engine)[0])
    create(engine, "demo-web-1")
    create(engine, "demo-never-1")
    engine.become("demo-old-1", exits=0)
    news = iter(following)

    assert text(next(news)) == "demo-old-1 stopped with 0"
    engine.behave("demo-web-1", output=["here"], exits=0)
    engine.start("demo-web-1")
    engine.remove("demo-never-1")
    assert words(news) == ["demo-web-1: here", "demo-web-1 stopped with 0"]


def restarting(engine: FakeEngine) -> Following:
    """Follow a container that has stopped for a restart, and another one that runs."""
    for name in ("demo-web-1", "demo-web-2"):
        create(engine, name)
        engine.start(name)
    following = Following(engine, "demo", lasting=False)
    for container in observed(engine):
        following.read(container)
    following.restarting("demo-web-1")
    following.restarting("demo-web-2")
    return following


def test_a_restart_that_fails_half_way_ends_its_container(engine: FakeEngine) -> None:
    following = restarting(engine)
    news = iter(following)
    engine.become("demo-web-1", exits=3)
    following.restarting("demo-web-2", begins=False)
    engine.become("demo-web-2", exits=4)
    assert text(next(news)) == "demo-web-2 stopped with 4"

    following.restarting("demo-web-1", begins=False)

    assert words(news) == ["demo-web-1 stopped with 3"]
