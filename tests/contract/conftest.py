"""One suite, two engines: the fake and the real one.

Without an engine to talk to, the tests of the real one fail; they are not skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from composer.engine.docker.client import connect
from composer.engine.port import Engine
from support.engine import FakeEngine
from support.lab import IMAGE, Bench

ENGINES = ["fake", pytest.param("docker", marks=pytest.mark.docker)]


@pytest.fixture(scope="session")
def real_engine() -> Iterator[Engine]:
    engine = connect(os.environ)
    if engine.image(IMAGE) is None:
        engine.pull(IMAGE, None, lambda progress: None)
    yield engine
    engine.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "fake":
        return FakeEngine(images=[IMAGE], pullable=["alpine", IMAGE])
    real: Engine = request.getfixturevalue("real_engine")
    return real


@pytest.fixture
def bench(engine: Engine) -> Iterator[Bench]:
    bench = Bench(engine)
    yield bench
    bench.clear()
