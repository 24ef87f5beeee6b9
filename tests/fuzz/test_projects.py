"""Random projects: composer answers each in words, and as Docker Compose does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from fuzz.mutate import changed
from fuzz.oracle import examine
from fuzz.projects import project

from support.parity import Case

APP = b"X=1\nY=$SET\nZ='q'\n"
PART = b"services: {web: {image: part}}\n"


def files(random: Random) -> dict[str, bytes]:
    """Return a random project, in four of ten cases with an override."""
    made = {"app.env": APP, "part.yml": PART, "compose.yaml": yaml.dump(project(random)).encode()}
    if random.random() < 0.4:
        over = project(random)
        for service in over["services"].values():
            if random.random() < 0.7:
                service.pop("image", None)
        made["over.yaml"] = yaml.dump(over).encode()
    return made


@pytest.mark.parametrize("first", range(0, 400, 20))
def test_a_random_project_is_a_model_or_refused_in_words(first: int) -> None:
    answers = Counter(examine(files(Random(seed))) for seed in range(first, first + 20))

    assert answers[True], "not one of them is sound: the generator tries nothing"


@pytest.mark.parametrize("first", range(0, 600, 20))
def test_a_changed_project_is_a_model_or_refused_in_words(first: int) -> None:
    for seed in range(first, first + 20):
        random = Random(seed)
        made = files(random)
        examine({**made, "compose.yaml": changed(made["compose.yaml"], random)})


def _case(folder: Path, seed: int) -> Case:
    folder.mkdir()
    made = files(Random(seed))
    for name, content in made.items():
        (folder / name).write_bytes(content)
    flags = [word for name in made if name.endswith(".yaml") for word in ("-f", name)]
    given = (("SET", "a value"),)
    return Case(folder / "compose.yaml", str(seed), ("-p", "fuzz", *flags), given, folder, None)


_REFUSED_ON_PURPOSE = ("is neither a number nor a range",)
"""What Docker Compose leaves for the engine to find, as docs/compatibility.md says."""


@pytest.mark.parity
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 300, 20))
def test_a_random_project_means_what_it_means_to_docker_compose(first: int, tmp_path: Path) -> None:
    compared = 0
    for seed in range(first, first + 20):
        case = _case(tmp_path / str(seed), seed)
        theirs = case.docker("config", "--format", "json")
        ours = case.composer("config", "--format", "json")
        if theirs.code != 0 or any(why in ours.err for why in _REFUSED_ON_PURPOSE):
            continue
        assert ours.code == 0, f"seed {seed}: refused by composer alone\n{ours.err}"
        assert _known(json.loads(ours.out)) == _known(json.loads(theirs.out)), f"seed {seed}"
        compared += 1

    assert compared, "Docker Compose refuses all of them: the generator tries nothing"


def _known(node: Any) -> Any:
    """Return `node` without what 2.40 leaves out: models, options of ipam, a false of binds."""
    if isinstance(node, list):
        return [_known(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _known(value)
        for key, value in node.items()
        if key != "models" and (key, value) != ("create_host_path", False) and not _pools(key, node)
    }


def _pools(key: str, node: Mapping[str, Any]) -> bool:
    """Whether `key` is `options` of an ipam, which has none of the keys of its neighbours."""
    return key == "options" and not node.keys() - {"driver", "config", "options"}
