"""The stream of events is cut while containers are followed: no news is lost or told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from threading import Event as Flag
from typing import Any

import pytest

from composer.actions.attach import Following, News, Output, Stopped
from composer.errors import EngineError, EngineUnavailable
from composer.model.events import LogBatch
from composer.model.names import Label
from composer.model.observed import Interest
from composer.model.resources import ContainerConfig, ContainerSpec
from support.engine import FakeEngine
from support.streams import FakeEvents, FakeLogs


class Watched:
    """A stream of logs that tells when it has been read to its end."""

    def __init__(self, logs: FakeLogs, ended: Flag) -> None:
        self._logs = logs
        self._ended = ended
        self.close = logs.close

    def batches(self) -> Iterator[LogBatch]:
        yield from self._logs.batches()
        self._ended.set()


class Deafening(FakeEngine):
    """`meanwhile` happens after a stream was cut, and before the next one stands."""

    def __init__(self) -> None:
        super().__init__(images=["busybox"])
        self.meanwhile: Callable[[], None] = lambda: None
        self.opened = 0
        self.read_to_the_end = Flag()

    def logs(self, container: str, **options: Any) -> Watched:
        return Watched(super().logs(container, **options), self.read_to_the_end)

    def changes(self, project: str) -> FakeEvents:
        self.opened += 1
        if self.opened > 1:
            self.meanwhile()
        return super().changes(project)


@pytest.fixture
def engine() -> Deafening:
    return Deafening()


WEB = "demo-web-1"


def create(engine: FakeEngine, name: str = WEB) -> None:
    config = ContainerConfig(image="busybox", command=("sleep", "9"))
    labels = {Label.PROJECT: "demo", Label.SERVICE: "web"}
    engine.create_container(
        ContainerSpec(service="web", number=1, name=name, digest="", config=config, labels=labels)
    )


def running(engine: Deafening, *output: str) -> Following:
    """Follow a container that runs and has said `output`, which was heard."""
    engine.behave(WEB, output=output)
    create(engine)
    engine.start(WEB)
    following = Following(engine, "demo", lasting=False)
    following.read(engine.observe(Interest(project="demo")).containers[0])
    return following


def words(news: Iterator[News]) -> list[str]:
    return [text(one) for one in news]


def text(one: News) -> str:
    match one:
        case Output(container, _, batch):
            return f"{container}: {batch.texts[0].decode()}"
        case Stopped(container, _, code, _):
            return f"{container} stopped with {code}"


def test_what_starts_after_the_cut_is_heard(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    assert text(next(news)) == "demo-web-1: one"

    engine.break_streams()
    engine.behave("demo-web-2", output=["two"])
    create(engine, "demo-web-2")
    engine.start("demo-web-2")

    assert text(next(news)) == "demo-web-2: two"
    following.close()


def test_what_stopped_during_the_cut_is_told(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    next(news)

    engine.meanwhile = lambda: engine.become(WEB, exits=3)
    engine.break_streams()

    assert words(news) == ["demo-web-1 stopped with 3"]


def test_what_was_removed_during_the_cut_is_told(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    next(news)

    engine.meanwhile = lambda: engine.remove(WEB, force=True)
    engine.break_streams()

    assert words(news) == ["demo-web-1 stopped with 137"]


def test_what_started_during_the_cut_is_heard_from_its_first_line(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    next(news)

    def start_another() -> None:
        engine.behave("demo-web-2", output=["two", "more"])
        create(engine, "demo-web-2")
        engine.start("demo-web-2")

    engine.meanwhile = start_another
    engine.break_streams()

    assert words(islice(news, 2)) == ["demo-web-2: two", "demo-web-2: more"]
    following.close()


def test_what_was_started_anew_during_the_cut_is_followed_on(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    next(news)

    def restart() -> None:
        engine.stop(WEB)
        assert engine.read_to_the_end.wait(10)
        engine.behave(WEB, output=["again"])
        engine.start(WEB)

    engine.meanwhile = restart
    engine.break_streams()

    assert text(next(news)) == "demo-web-1: again"
    engine.say(WEB, "more")
    assert text(next(news)) == "demo-web-1: more"
    engine.become(WEB, exits=0)
    assert words(news) == ["demo-web-1 stopped with 0"]


def test_what_was_expected_and_is_over_already_is_not_waited_for(engine: Deafening) -> None:
    following = Following(engine, "demo")
    following.expect(WEB)

    def run() -> None:
        engine.behave(WEB, output=["quick"], exits=0)
        create(engine)
        engine.start(WEB)
        following.finish()

    engine.meanwhile = run
    engine.break_streams()

    assert words(iter(following)) == ["demo-web-1: quick", "demo-web-1 stopped with 0"]


def test_a_stream_that_breaks_again_and_again_is_an_error(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    next(news)

    class Broken(FakeEvents):
        def __iter__(self) -> Iterator[object]:  # type: ignore[override]
            raise EngineError("the engine ended its stream of events")

    engine.changes = lambda project: Broken(project, lambda stream: None)  # type: ignore[method-assign]
    engine.break_streams()

    with pytest.raises(EngineError, match="ended its stream"):
        list(news)


def test_an_engine_that_is_gone_is_named(engine: Deafening) -> None:
    following = running(engine, "one")
    news = iter(following)
    next(news)

    def gone() -> None:
        raise EngineUnavailable("the engine at fake:// went away: refused")

    engine.meanwhile = gone
    engine.break_streams()

    with pytest.raises(EngineUnavailable, match="went away"):
        list(news)
