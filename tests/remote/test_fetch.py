"""From the text of a reference to a directory, with what is said on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import FetchFailed
from composer.remote.fetch import Fetcher
from support.registries import fake_registry
from support.repositories import ENVIRONMENT, Repository, serve


class Run:
    """One run of composer, as far as fetching goes."""

    def __init__(self, directory: Path, **variables: str) -> None:
        self.said: list[str] = []
        environment = {**ENVIRONMENT, "XDG_CACHE_HOME": str(directory / "cache"), **variables}
        self.fetch = Fetcher(environment, self.said.append, lambda registry: None)

    def refusal(self, text: str) -> FetchFailed:
        with pytest.raises(FetchFailed) as caught:
            self.fetch(text)
        return caught.value


def test_what_was_fetched_is_said_once(tmp_path: Path) -> None:
    commit = Repository(tmp_path / "x.git").commit({"app/compose.yaml": "services: {}"})

    with serve(tmp_path) as address:
        first = Run(tmp_path)
        fetched = first.fetch(f"{address}/x.git#main:app")
        first.fetch(f"{address}/x.git#main:app")
        first.fetch(f"{address}/x.git#main")
        second = Run(tmp_path)
        second.fetch(f"{address}/x.git#main:app")
    directory = f"{tmp_path}/cache/composer/git/{commit}"
    assert first.said == [
        f"fetched {address}/x.git#main:app → commit {commit[:7]} (cached in {directory})"
    ]
    assert second.said == []
    assert (fetched.directory, fetched.path) == (directory, "app")
    assert fetched.name == f"{address}/x.git#main"
    assert fetched.called("app/compose.yaml") == f"{address}/x.git#main:app/compose.yaml"


def test_an_artifact_is_said_too(tmp_path: Path) -> None:
    with fake_registry() as registry:
        layer = registry.layer("app", "services: {}", file="compose.yaml")
        digest = registry.project("app", "v1", layer)
        run = Run(tmp_path)
        fetched = run.fetch(f"oci://{registry.host}/app:v1")

    hexadecimal = digest.removeprefix("sha256:")
    assert fetched.directory == f"{tmp_path}/cache/composer/oci/{hexadecimal}"
    assert fetched.called("compose.yaml") == f"oci://{registry.host}/app:v1#compose.yaml"
    assert run.said == [
        f"fetched oci://{registry.host}/app:v1 → sha256:{hexadecimal[:12]} "
        f"(cached in {fetched.directory})"
    ]


def test_nothing_is_asked_twice_for_what_it_refused(tmp_path: Path) -> None:
    with fake_registry() as registry:
        run = Run(tmp_path)
        refusals = [run.refusal(f"oci://{registry.host}/app:v1").message for _ in range(3)]

    assert refusals == [f"oci://{registry.host}/app:v1 does not exist"] * 3
    assert len(registry.log) == 1


@pytest.mark.parametrize(
    ("variable", "reference"),
    [
        ("COMPOSE_EXPERIMENTAL_GIT_REMOTE", "git@host:x.git"),
        ("COMPOSE_EXPERIMENTAL_OCI_REMOTE", "oci://localhost/x:v1"),
    ],
)
def test_each_kind_can_be_switched_off(tmp_path: Path, variable: str, reference: str) -> None:
    assert (
        Run(tmp_path, **{variable: "0"}).refusal(reference).message
        == f"{reference} is not fetched: {variable} is 0"
    )
    refusal = Run(tmp_path, **{variable: "maybe"}).refusal(reference)
    assert (refusal.message, refusal.help) == (f"{variable} is 'maybe'", "write true or false")
    switched_on = Run(
        tmp_path, **{variable: "true", "PATH": "", "HTTPS_PROXY": "http://127.0.0.1:1"}
    )
    assert variable not in switched_on.refusal(reference).message


def test_what_is_no_reference_is_refused_without_its_password(tmp_path: Path) -> None:
    assert Run(tmp_path).refusal("https://me:s3cret@host/x").message == (
        "'https://me:***@host/x' is no reference to a compose file: "
        "the path of a git repository must end in .git"
    )
