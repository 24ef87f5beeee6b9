"""Output that was shown is not shown again when its container is started again."""

from __future__ import annotations

import pytest

from composer.actions.attach import Stopped
from composer.actions.logs import follow
from composer.model.names import Label
from composer.model.options import LogOptions
from composer.model.resources import ContainerConfig, ContainerSpec
from support.engine import FakeEngine


@pytest.fixture
def engine() -> FakeEngine:
    """`web` and `db` run and are silent; `job` has said two lines and ended."""
    engine = FakeEngine(images=["busybox"])
    engine.behave("demo-job-1", output=["one", "two"], exits=0)
    for service in ("web", "db", "job"):
        config = ContainerConfig(image="busybox", command=("sleep", "9"))
        labels = {Label.PROJECT: "demo", Label.SERVICE: service, Label.NUMBER: "1"}
        name = f"demo-{service}-1"
        engine.create_container(
            ContainerSpec(
                service=service, number=1, name=name, digest="", config=config, labels=labels
            )
        )
        engine.start(name)
    return engine


@pytest.mark.parametrize(
    ("options", "before"),
    [
        (LogOptions(follow=True), [b"one", b"two"]),
        (LogOptions(follow=True, tail=1), [b"two"]),
        (LogOptions(follow=True, tail=1, sifted=True), [b"two"]),
        (LogOptions(follow=True, tail=0), []),
    ],
)
def test_a_container_that_comes_again_says_only_what_is_new(
    engine: FakeEngine, options: LogOptions, before: list[bytes]
) -> None:
    said = follow(
        "demo",
        engine,
        options,
        lambda container, service, batch: batch,
        lambda container, error: pytest.fail(str(error)),
        lambda containers: engine.become("demo-db-1", exits=0),
    )
    texts: list[bytes] = []
    for news in said:
        if not isinstance(news, Stopped):
            texts += news
        elif news.container == "demo-db-1":  # all that was said before has been told by now
            engine.behave("demo-job-1", output=["three"], exits=0)
            engine.start("demo-job-1")
        elif news.container == "demo-job-1":
            engine.become("demo-web-1", exits=0)

    assert [text for text in texts if text != b"three"] == before
    assert b"three" in texts
