from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from composer.errors import FetchFailed
from composer.model.reference import KnownRegistries
from composer.remote.images import ImageRegistries
from support.registries import MANIFEST, FakeRegistry, digest_of, fake_registry

INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as running:
        yield running


def image(registry: FakeRegistry, repository: str, tag: str, *sizes: int) -> str:
    """Publish an image of layers that are so large; return its digest."""
    config = {"rootfs": {"diff_ids": [f"sha256:{size}" for size in sizes]}, "created": "then"}
    manifest = {
        "mediaType": MANIFEST,
        "config": {"digest": registry.blob(repository, json.dumps(config).encode())},
        "layers": [{"size": size, "digest": f"sha256:blob{size}"} for size in sizes],
    }
    return registry.manifest(repository, tag, manifest)


def asking(*mirrors: FakeRegistry, **choices: Any) -> ImageRegistries:
    known = KnownRegistries(mirrors=tuple(f"http://{one.host}/" for one in mirrors))
    return ImageRegistries(lambda host: None, lambda: known, **choices)


def test_the_digest_is_that_of_the_registry(registry: FakeRegistry) -> None:
    digest = image(registry, "me/app", "v1", 1)

    assert asking().digest(f"{registry.host}/me/app:v1") == digest


def test_an_image_of_docker_hub_is_looked_for_at_the_mirror(registry: FakeRegistry) -> None:
    digest = image(registry, "library/nginx", "latest", 1)

    assert asking(registry).digest("nginx") == digest
    assert asking(registry).digest("docker.io/library/nginx:latest") == digest


def test_what_a_mirror_lacks_is_looked_for_at_the_next_one(registry: FakeRegistry) -> None:
    digest = image(registry, "library/nginx", "1", 1)
    with fake_registry() as empty:
        assert asking(empty, registry).digest("nginx:1") == digest


def test_an_image_that_is_not_there_is_told(registry: FakeRegistry) -> None:
    ref = f"{registry.host}/me/app:v1"

    with pytest.raises(FetchFailed, match=f"{ref} is not in its registry {registry.host}"):
        asking(otherwise=lambda ref: "never asked").digest(ref)


def test_the_engine_is_asked_about_a_registry_that_cannot_be_reached() -> None:
    assert asking(otherwise=lambda ref: f"of {ref}").digest("127.0.0.1:1/x:1") == (
        "of 127.0.0.1:1/x:1"
    )
    with pytest.raises(FetchFailed, match="nobody answers there"):
        asking().digest("127.0.0.1:1/x:1")


def test_layers_are_those_of_the_platform(registry: FakeRegistry) -> None:
    platforms = {"amd64": image(registry, "me/app", "a", 10, 20)}
    platforms["arm64"] = image(registry, "me/app", "b", 30)
    listed = [
        {"digest": digest, "platform": {"os": "linux", "architecture": machine}}
        for machine, digest in platforms.items()
    ]
    index = registry.manifest("me/app", "v1", {"mediaType": INDEX, "manifests": listed})
    ref = f"{registry.host}/me/app:v1"

    seen = asking().look(ref, "linux/amd64")

    assert (seen.digest, [layer.size for layer in seen.layers]) == (index, [10, 20])
    assert [layer.content for layer in seen.layers] == ["sha256:10", "sha256:20"]
    with pytest.raises(FetchFailed, match="is not there for windows/amd64"):
        asking().look(ref, "windows/amd64")


@pytest.mark.parametrize(
    "manifest",
    [
        {"schemaVersion": 1, "fsLayers": []},
        {"manifests": ["x"]},
        {"manifests": 5},
        {"manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]},
        {"config": "x", "layers": []},
        {"config": {"digest": "CONFIG"}, "layers": [{"size": "many"}]},
    ],
)
def test_what_a_registry_says_out_of_shape_is_told(registry: FakeRegistry, manifest: Any) -> None:
    config = registry.blob("me/app", b"{}")
    told = json.loads(json.dumps(manifest).replace("CONFIG", config))
    registry.manifest("me/app", "v1", told)
    ref = f"{registry.host}/me/app:v1"

    with pytest.raises(FetchFailed, match=f"what the registry says of {ref} cannot be read"):
        asking().look(ref, "linux/amd64")


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [(None, "linux/arm64/v8"), ("v8", "linux/arm64"), ("v8", "linux/arm64/v8")],
)
def test_the_eighth_variant_of_arm64_is_the_one_that_there_is(
    registry: FakeRegistry, listed: str | None, wanted: str
) -> None:
    platform = {"os": "linux", "architecture": "arm64", **({"variant": listed} if listed else {})}
    one = {"digest": image(registry, "me/app", "a", 10), "platform": platform}
    registry.manifest("me/app", "v1", {"mediaType": INDEX, "manifests": [one]})

    assert asking().look(f"{registry.host}/me/app:v1", wanted).layers[0].size == 10


@pytest.mark.parametrize("told", ["", "sha256:1", "md5:abc"])
def test_a_digest_that_is_none_is_not_believed(registry: FakeRegistry, told: str) -> None:
    digest = image(registry, "me/app", "v1", 1)
    registry.headers = {"Docker-Content-Digest": told}

    assert asking().digest(f"{registry.host}/me/app:v1") == digest


def test_a_digest_in_the_name_is_what_is_asked_for(registry: FakeRegistry) -> None:
    digest = image(registry, "me/app", "v1", 1)
    assert digest == digest_of(registry.content["/v2/me/app/manifests/v1"])

    assert asking().digest(f"{registry.host}/me/app:gone@{digest}") == digest


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(FetchFailed, match="'A B' is no name of an image"):
        asking().digest("A B")
