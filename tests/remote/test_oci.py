"""Artifacts → files, and what a registry may say instead."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from composer.errors import FetchFailed
from composer.model.reference import ArtifactReference, Login
from composer.remote.cache import Cache
from composer.remote.oci import Artifact, pull
from composer.remote.registry import Registry
from support.registries import FakeRegistry, digest_of, fake_registry

NAME = "me/app"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    monkeypatch.setenv("no_proxy", "*")
    with fake_registry() as made:
        yield made


class Puller:
    """Pulls from a registry into a cache; every pull is a run of its own."""

    def __init__(self, registry: FakeRegistry, directory: Path) -> None:
        self.registry = registry
        self.cache = Cache({"XDG_CACHE_HOME": str(directory)})
        self.login: Login | None = None

    def pull(self, tag: str = "v1", *, plain: bool = True, digest: str = "") -> Artifact:
        reference = ArtifactReference(
            registry=self.registry.host,
            repository=NAME,
            tag="" if digest else tag,
            digest=digest,
        )
        return pull(
            reference, Registry(reference, lambda host: self.login, plain=plain), self.cache
        )

    def refusal(self, tag: str = "v1", **choices: Any) -> FetchFailed:
        with pytest.raises(FetchFailed) as caught:
            self.pull(tag, **choices)
        return caught.value


@pytest.fixture
def puller(registry: FakeRegistry, tmp_path: Path) -> Puller:
    return Puller(registry, tmp_path)


def files(artifact: Artifact) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(Path(artifact.directory).iterdir())}


def simple(registry: FakeRegistry, text: str = "services: {}") -> str:
    return registry.project(NAME, "v1", registry.layer(NAME, text, file="compose.yaml"))


def test_files_of_a_project_are_documents_and_the_others_stand_beside(
    registry: FakeRegistry, puller: Puller
) -> None:
    registry.project(
        NAME,
        "v1",
        registry.layer(NAME, "name: a\n", file="compose.yaml"),
        registry.layer(NAME, "name: b\n", file="over.yaml"),
        registry.layer(NAME, "services: {}\n", file="12ab.yaml", extends="true"),
        registry.layer(NAME, "A=1\n", "envfile", envfile="34cd.env"),
        registry.layer(NAME, "whatever", "something-new"),
    )

    assert files(puller.pull()) == {
        "12ab.yaml": "services: {}\n",
        "34cd.env": "A=1\n",
        "compose.yaml": "name: a\n\n---\nname: b\n",
    }


def test_content_in_the_manifest_is_not_asked_for(registry: FakeRegistry, puller: Puller) -> None:
    layer = registry.layer(NAME, "name: a\n", file="compose.yaml")
    embedded = {**layer, "data": base64.b64encode(b"name: a\n").decode()}
    registry.project(NAME, "v1", embedded)

    assert files(puller.pull()) == {"compose.yaml": "name: a\n"}
    assert [path for path, _ in registry.log] == [f"/v2/{NAME}/manifests/v1"]


def test_the_older_form_has_its_type_in_the_config(registry: FakeRegistry, puller: Puller) -> None:
    layer = registry.layer(NAME, "name: a\n", file="compose.yaml")
    kind = "application/vnd.docker.compose.config.empty.v1+json"
    registry.project(NAME, "v1", layer, artifactType="", config={"mediaType": kind})

    assert files(puller.pull()) == {"compose.yaml": "name: a\n"}


def test_a_project_is_found_in_an_index(registry: FakeRegistry, puller: Puller) -> None:
    inner = simple(registry, "name: a\n")
    kinds = {"artifactType": "application/vnd.docker.compose.project", "digest": inner}
    registry.manifest(NAME, "app", {"manifests": [{"digest": "sha256:0"}, kinds]})
    registry.manifest(NAME, "images", {"manifests": [{"digest": "sha256:0"}]})

    assert files(puller.pull("app")) == {"compose.yaml": "name: a\n"}
    assert puller.refusal("images").message.endswith("lists images, and no compose project")


def test_what_is_in_the_cache_is_not_fetched_again(registry: FakeRegistry, puller: Puller) -> None:
    digest = simple(registry)
    first = puller.pull()
    registry.log.clear()

    second = puller.pull()
    assert (first.new, second.new) == (True, False)
    assert [path for path, _ in registry.log] == [f"/v2/{NAME}/manifests/v1"]
    registry.log.clear()
    assert puller.pull(digest=digest) == second
    assert registry.log == []


def test_a_tag_that_moved_is_fetched_anew(registry: FakeRegistry, puller: Puller) -> None:
    simple(registry, "name: old")
    puller.pull()
    simple(registry, "name: new")

    assert files(puller.pull()) == {"compose.yaml": "name: new"}


def test_a_manifest_that_is_not_its_digest_is_refused(
    registry: FakeRegistry, puller: Puller
) -> None:
    digest = simple(registry)
    registry.content[f"/v2/{NAME}/manifests/{digest}"] = b"{}"

    refusal = puller.refusal(digest=digest)
    assert refusal.message == f"the registry sent something else than {digest}"
    assert refusal.help == "nothing of it was used"


@pytest.mark.parametrize("embedded", [True, False])
def test_content_that_is_not_its_digest_is_refused(
    registry: FakeRegistry, puller: Puller, embedded: bool
) -> None:
    layer = registry.layer(NAME, "name: a\n", file="compose.yaml")
    registry.content[f"/v2/{NAME}/blobs/{layer['digest']}"] = b"name: b\n"
    if embedded:
        layer["data"] = base64.b64encode(b"name: b\n").decode()
    registry.project(NAME, "v1", layer)

    refusal = puller.refusal()
    assert refusal.message == f"the registry sent something else than {layer['digest']}"
    assert puller.cache.find("oci", digest_of(registry.content[f"/v2/{NAME}/manifests/v1"])) is None


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "..", "", "compose.yaml"])
def test_a_file_may_stand_nowhere_but_beside_the_others(
    registry: FakeRegistry, puller: Puller, name: str
) -> None:
    registry.project(
        NAME,
        "v1",
        registry.layer(NAME, "name: a\n", file="compose.yaml"),
        registry.layer(NAME, "A=1\n", "envfile", envfile=name),
    )

    assert f"names a file {name!r}, which is not to be trusted" in puller.refusal().message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"artifactType": "application/vnd.docker.compose.project", "layers": [7]}',
        b'{"artifactType": "application/vnd.docker.compose.project", "layers": [{"mediaType": '
        b'"application/vnd.docker.compose.file+yaml", "annotations": [1]}]}',
        b'{"artifactType": "application/vnd.docker.compose.project", "layers": [{"mediaType": '
        b'"application/vnd.docker.compose.file+yaml", "digest": 1}]}',
        b'{"artifactType": "application/vnd.docker.compose.project", "layers": [{"mediaType": '
        b'"application/vnd.docker.compose.file+yaml", "digest": "x", "size": 1, "data": "a"}]}',
    ],
)
def test_a_manifest_out_of_shape_is_refused(
    registry: FakeRegistry, puller: Puller, content: bytes
) -> None:
    registry.content[f"/v2/{NAME}/manifests/v1"] = content

    assert (
        puller.refusal().message
        == f"the manifest of oci://{registry.host}/{NAME}:v1 cannot be read"
    )


def test_an_image_is_no_project(registry: FakeRegistry, puller: Puller) -> None:
    config = {"mediaType": "application/vnd.docker.container.image.v1+json"}
    registry.manifest(NAME, "v1", {"config": config, "layers": []})

    refusal = puller.refusal()
    assert refusal.message == (
        f"oci://{registry.host}/{NAME}:v1 is no compose project, "
        "but application/vnd.docker.container.image.v1+json"
    )
    assert refusal.help == "projects are made by docker compose publish"


def test_a_project_without_a_compose_file_is_refused(
    registry: FakeRegistry, puller: Puller
) -> None:
    registry.project(NAME, "v1")

    assert puller.refusal().message.endswith("has no compose file in it")


def test_more_than_was_announced_is_not_read(registry: FakeRegistry, puller: Puller) -> None:
    layer = registry.layer(NAME, "name: a\n", file="compose.yaml")
    registry.content[f"/v2/{NAME}/blobs/{layer['digest']}"] = b"x" * 100
    registry.project(NAME, "v1", layer)

    assert puller.refusal().message.endswith("it sent more than the 8 bytes that were announced")


def test_more_than_files_may_hold_is_not_asked_for(registry: FakeRegistry, puller: Puller) -> None:
    layer = registry.layer(NAME, "name: a\n", file="compose.yaml")
    registry.project(NAME, "v1", layer, {**layer, "size": 100 * 1024 * 1024 - 7})

    assert puller.refusal().message.endswith("are larger than 100 MB")


# --- who we are


def test_everybody_gets_a_token_for_what_is_public(registry: FakeRegistry, puller: Puller) -> None:
    simple(registry)
    registry.token = "t0ken"

    puller.pull()
    assert registry.log[:3] == [
        (f"/v2/{NAME}/manifests/v1", ""),
        ("/token?service=fake&scope=s", ""),
        (f"/v2/{NAME}/manifests/v1", "Bearer t0ken"),
    ]
    assert all(authorization == "Bearer t0ken" for _, authorization in registry.log[2:])


def test_each_scope_that_a_token_needs_is_asked_for_by_itself(
    registry: FakeRegistry, puller: Puller
) -> None:
    simple(registry)
    registry.token, registry.scope = "t0ken", "repository:a:pull,push repository:b:pull"

    puller.pull()
    wanted = "scope=repository%3Aa%3Apull%2Cpush&scope=repository%3Ab%3Apull"
    assert registry.log[1][0] == f"/token?service=fake&{wanted}"


@pytest.mark.parametrize(
    ("realm", "why"),
    [
        ("http://{}/none", "its server of tokens answered 404 Not Found"),
        ("http://127.0.0.1:1/token", "nobody answers there (its server of tokens, 127.0.0.1:1)"),
    ],
)
def test_a_server_of_tokens_that_fails_is_told_from_the_registry(
    registry: FakeRegistry, puller: Puller, realm: str, why: str
) -> None:
    simple(registry)
    registry.token, registry.realm = "t0ken", realm

    assert puller.refusal().message.endswith(f"registry {registry.host}: {why}")


@pytest.mark.parametrize(
    "login", [Login(username="me", password="s3cret"), Login(token="me:s3cret")]
)
def test_a_token_is_given_for_credentials(
    registry: FakeRegistry, puller: Puller, login: Login
) -> None:
    simple(registry)
    registry.token, registry.logins = "t0ken", ("me:s3cret",)
    puller.login = login

    assert puller.pull().new


def test_a_registry_may_take_credentials_themselves(registry: FakeRegistry, puller: Puller) -> None:
    simple(registry)
    registry.basic = "me:s3cret"
    puller.login = Login(username="me", password="s3cret")

    assert puller.pull().new


def test_of_several_ways_to_say_who_we_are_a_known_one_is_taken(
    registry: FakeRegistry, puller: Puller
) -> None:
    simple(registry)
    registry.basic, registry.ways = "me:s3cret", {"www-authenticate": "Negotiate"}
    puller.login = Login(username="me", password="s3cret")

    assert puller.pull().new


@pytest.mark.parametrize("wants", ["token", "basic"])
@pytest.mark.parametrize("login", [None, Login(username="me", password="wrong")])
def test_who_is_not_known_is_told_to_log_in(
    registry: FakeRegistry, puller: Puller, wants: str, login: Login | None
) -> None:
    simple(registry)
    registry.logins = ("me:s3cret",)
    setattr(registry, wants, "me:s3cret")
    puller.login = login

    refusal = puller.refusal()
    assert refusal.message == (
        f"oci://{registry.host}/{NAME}:v1: the registry refuses, or wants to know who asks"
    )
    assert refusal.help == f"docker login {registry.host}"


def test_a_place_to_log_in_that_is_not_safe_is_refused(
    registry: FakeRegistry, puller: Puller
) -> None:
    simple(registry)
    registry.token, registry.realm = "t0ken", "ftp://{}/token"
    puller.login = Login(username="me", password="s3cret")

    assert f"it names no safe place to log in: 'ftp://{registry.host}/token'" in str(
        puller.refusal()
    )


def test_another_host_is_not_told_who_we_are(
    registry: FakeRegistry, puller: Puller, tmp_path: Path
) -> None:
    layer = registry.layer(NAME, "name: a\n", file="compose.yaml")
    registry.project(NAME, "v1", layer)
    registry.basic = "me:s3cret"
    puller.login = Login(username="me", password="s3cret")
    path = f"/v2/{NAME}/blobs/{layer['digest']}"
    with fake_registry() as storage:
        storage.content["/storage"] = registry.content[path]
        registry.redirects[path] = f"http://{storage.host}/storage"

        assert files(puller.pull()) == {"compose.yaml": "name: a\n"}
    assert storage.log == [("/storage", "")]


# --- who answers


def test_a_registry_on_this_machine_may_speak_http(registry: FakeRegistry, puller: Puller) -> None:
    simple(registry)

    assert puller.pull(plain=False).new


def test_a_registry_elsewhere_may_not(registry: FakeRegistry, puller: Puller) -> None:
    simple(registry)
    registry.host = registry.host.replace("127.0.0.1", "0.0.0.0")  # as good as another machine

    refusal = puller.refusal(plain=False)
    assert refusal.message.endswith("it speaks no TLS that we understand")
    assert refusal.help == f"if it has none: --insecure-registry {registry.host}"
    assert puller.pull(plain=True).new


@pytest.mark.parametrize(
    ("status", "message", "help"),
    [
        (404, "does not exist", None),
        (403, "the registry refuses, or wants to know who asks", "docker login {}"),
        (429, "it has had too many requests from here", "try again later"),
        (500, "it answered 500 Internal Server Error", None),
    ],
)
def test_what_a_registry_answers_is_worded(
    registry: FakeRegistry, puller: Puller, status: int, message: str, help: str | None
) -> None:
    registry.status = status

    refusal = puller.refusal()
    assert refusal.message.endswith(message)
    assert refusal.help == (help and help.format(registry.host))


def test_nobody_there_is_said(puller: Puller, registry: FakeRegistry) -> None:
    registry.host = "127.0.0.1:1"
    assert puller.refusal().message == (
        "oci://127.0.0.1:1/me/app:v1 cannot be fetched from registry 127.0.0.1:1: "
        "nobody answers there"
    )
    registry.host = f"{'a' * 70}.example"
    assert f"'{registry.host}' is no address" in puller.refusal().message
    registry.host = "nowhere.invalid"
    assert puller.refusal(plain=False).message.endswith("its host is not known")
