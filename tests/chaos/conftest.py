"""One private engine for all tests of this directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos.private_engine import PrivateEngine
from chaos.proxy import Fate, Proxy
from chaos.stack import IMAGES


@pytest.fixture(scope="session")
def private_engine() -> Iterator[PrivateEngine]:
    with PrivateEngine(IMAGES) as engine:
        yield engine


@pytest.fixture
def engine(private_engine: PrivateEngine) -> PrivateEngine:
    """The engine, as whole after a test as before."""
    if not private_engine.answers():
        private_engine.start()
    return private_engine


@pytest.fixture
def proxy(engine: PrivateEngine) -> Iterator[Proxy]:
    proxy = Proxy(engine.socket, engine.directory / "proxy.sock")
    yield proxy
    proxy.fates = lambda request: Fate()
    proxy.close()
