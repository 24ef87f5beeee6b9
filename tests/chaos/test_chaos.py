"""The short form of `make chaos`: one run of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.private_engine import PrivateEngine
from chaos.proxy import Proxy
from chaos.runs import KINDS, prepared, run
from chaos.stack import Stack

pytestmark = pytest.mark.docker

SEED = "short"


@pytest.fixture(scope="module")
def stack(
    private_engine: PrivateEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    directory: Path = tmp_path_factory.mktemp("chaos")
    stack = prepared(Stack(private_engine, directory))
    yield stack
    stack.composer("down", "-v")


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_up_mends_what_was_disturbed(stack: Stack, proxy: Proxy, kind: str) -> None:
    record = run(stack, proxy, list(KINDS).index(kind), SEED, kind)

    assert record.failure == ""
