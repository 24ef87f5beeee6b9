from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from composer.errors import FetchFailed
from composer.model.reference import ArtifactReference, Login
from composer.remote.publish import Layer, copy, manifest, publish
from composer.remote.registry import Registry
from support.certificates import Authority
from support.registries import FakeRegistry, digest_of, fake_registry

FILES = (
    Layer(name="compose.yaml", content=b"services: {}"),
    Layer(name="x.yaml", content=b"a", named=True),
    Layer(name="y.env", content=b"B=<&>", variables=True),
)
CREATED = "2026-01-01T00:00:00Z"


@pytest.fixture
def registry() -> Any:
    with fake_registry() as running:
        running.takes_uploads = True
        yield running


def publish_to(registry: FakeRegistry, *, plain: bool = True, **choices: Any) -> str:
    reference = ArtifactReference(registry=registry.host, repository="me/app", tag="v1")
    login = Login(username="me", password="secret")
    client = Registry(reference, lambda host: login, plain=plain)
    return publish(reference, client, FILES, CREATED, **choices).digest


def test_files_are_blobs_and_stand_in_the_manifest_too(registry: FakeRegistry) -> None:
    digest = publish_to(registry)

    stored = json.loads(registry.content["/v2/me/app/manifests/v1"])
    blobs = "/v2/me/app/blobs/"
    for layer, file in zip(stored["layers"], FILES, strict=True):
        assert registry.content[blobs + layer["digest"]] == file.content
        assert base64.b64decode(layer["data"]) == file.content
    assert digest == digest_of(registry.content["/v2/me/app/manifests/v1"])


def test_what_is_there_already_is_not_sent_again(registry: FakeRegistry) -> None:
    publish_to(registry)
    uploads = len(registry.uploads)

    publish_to(registry)

    assert (uploads, len(registry.uploads)) == (4, 4)  # three files, and an empty config


def test_a_registry_that_knows_no_artifacts_gets_the_older_form(registry: FakeRegistry) -> None:
    registry.refuses = b"artifactType"

    publish_to(registry)

    stored = json.loads(registry.content["/v2/me/app/manifests/v1"])
    assert "artifactType" not in stored
    assert stored["config"]["mediaType"] == "application/vnd.docker.compose.config.empty.v1+json"


def test_a_version_that_was_asked_for_is_not_replaced(registry: FakeRegistry) -> None:
    registry.refuses = b"artifactType"

    with pytest.raises(FetchFailed, match=r"published to registry .* it answered 400"):
        publish_to(registry, version="1.1")


def test_who_publishes_logs_in(registry: FakeRegistry) -> None:
    registry.token, registry.logins = "t", ("me:secret",)

    publish_to(registry)

    assert "/v2/me/app/manifests/v1" in registry.content


def test_who_may_not_publish_is_told_to_log_in(registry: FakeRegistry) -> None:
    registry.basic = "somebody:else"

    with pytest.raises(FetchFailed, match="the registry refuses") as refused:
        publish_to(registry)

    assert refused.value.help == f"docker login {registry.host}"
    assert registry.content == {}


def test_who_we_are_is_never_told_in_the_clear_though_the_registry_names_such_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.certificate))
    with fake_registry(ours.issue("server")) as registry:
        registry.takes_uploads, registry.basic = True, "me:secret"
        registry.root = f"http://{registry.host}"  # as behind a proxy that speaks TLS for it

        publish_to(registry, plain=False)

    assert "/v2/me/app/manifests/v1" in registry.content


def test_a_place_to_log_in_that_is_not_trusted_is_told(
    registry: FakeRegistry, tmp_path: Path
) -> None:
    with fake_registry(Authority(tmp_path).issue("server")) as tokens:
        registry.token, registry.realm = "t", f"https://{tokens.host}/token"

        with pytest.raises(FetchFailed, match="its certificate is not trusted"):
            publish_to(registry)


@pytest.mark.parametrize(
    "manifest",
    [
        {"manifests": ["x"]},
        {"manifests": 5},
        {"config": {"digest": "sha256:1"}, "layers": []},
        {"config": {"digest": "sha256:1", "size": "x"}, "layers": []},
        {"config": {}},
    ],
)
def test_an_image_out_of_shape_is_told(registry: FakeRegistry, manifest: Any) -> None:
    registry.manifest("me/app", "v1", manifest)
    reference = ArtifactReference(registry=registry.host, repository="me/app", tag="v1")
    client = Registry(reference, lambda host: None, plain=True)

    with pytest.raises(FetchFailed, match="the manifest of an image cannot be read"):
        copy(client, "v1", client)


def test_json_is_written_as_go_writes_it() -> None:
    named = Layer(name="<a&b>.yaml", content=b"")

    text = manifest([named], CREATED, "1.1").content.decode()

    assert '"com.docker.compose.file":"\\u003ca\\u0026b\\u003e.yaml"' in text
