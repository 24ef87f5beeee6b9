"""Registries: one of our own making, for what a real one does not do on demand, and a real one."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.certificates import key_of
from support.cli import eventually, free_port
from support.sockets import web_server

PROJECT = "application/vnd.docker.compose.project"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


class FakeRegistry:
    """Answers from `content`, by path; `log` is who asked for what, with which authorization.

    With `token` it wants that, and gives it away at /token to those of `logins`,
    or to everybody when there are none.  One that `takes_uploads` notes the paths of blobs;
    what has `refuses` in it is not taken, and `root` stands before the places that it names.
    `headers` go with what is there, `ways` before Basic as the way to say who asks.
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.log: list[tuple[str, str]] = []
        self.token = ""
        self.basic = ""
        self.logins: tuple[str, ...] = ()
        self.status = 0
        self.host = ""
        self.realm = "http://{}/token"
        self.scope = "s"
        self.takes_uploads = False
        self.uploads: list[str] = []
        self.refuses = b""
        self.root = ""
        self.headers: dict[str, str] = {}
        self.ways: dict[str, str] = {}

    def blob(self, repository: str, content: bytes) -> str:
        digest = digest_of(content)
        self.content[f"/v2/{repository}/blobs/{digest}"] = content
        return digest

    def manifest(self, repository: str, tag: str, manifest: dict[str, Any]) -> str:
        content = json.dumps(manifest).encode()
        digest = digest_of(content)
        for name in (tag, digest):
            self.content[f"/v2/{repository}/manifests/{name}"] = content
        return digest

    def project(self, repository: str, tag: str, *layers: dict[str, Any], **fields: Any) -> str:
        """Publish a project of layers, as `docker compose publish` does."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": PROJECT,
            "config": {"mediaType": "application/vnd.oci.empty.v1+json"},
            "layers": layers,
            **fields,
        }
        return self.manifest(repository, tag, manifest)

    def layer(self, repository: str, text: str, kind: str = "file+yaml", **notes: str) -> Any:
        content = text.encode()
        return {
            "mediaType": f"application/vnd.docker.compose.{kind}",
            "digest": self.blob(repository, content),
            "size": len(content),
            "annotations": {f"com.docker.compose.{key}": note for key, note in notes.items()},
        }

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        authorization = request.headers.get("Authorization", "")
        self.log.append((request.path, authorization))
        if request.path.startswith("/token"):
            return self._token(request, authorization)
        if request.path.startswith("/none"):
            return 404, {}, b""
        if self.status:
            return self.status, {}, b""
        if self.token and authorization != f"Bearer {self.token}":
            realm = self.realm.format(self.host)
            challenge = f'Bearer realm="{realm}",service="fake",scope="{self.scope}"'
            return 401, {"WWW-Authenticate": challenge}, b""
        if self.basic and authorization != basic(self.basic):
            return 401, {**self.ways, "WWW-Authenticate": 'Basic realm="fake"'}, b""
        if self.takes_uploads and request.command in ("POST", "PUT"):
            return self._upload(request)
        if request.path in self.redirects:
            return 307, {"Location": self.redirects[request.path]}, b""
        if request.path not in self.content:
            return 404, {}, b"{}"
        return 200, self.headers, self.content[request.path]

    def _upload(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        content = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        path, _, query = request.path.partition("?")
        if request.command == "POST":
            return 202, {"Location": f"{self.root}{path}1?state=x"}, b""
        if self.refuses and self.refuses in content:
            return 400, {}, b'{"errors": [{"message": "manifest invalid"}]}'
        if path.endswith("/blobs/uploads/1"):
            path = path.removesuffix("uploads/1") + parse_qs(query)["digest"][0]
            self.uploads.append(path)
        self.content[path] = content
        return 201, {}, b""

    def _token(
        self, request: BaseHTTPRequestHandler, authorization: str
    ) -> tuple[int, dict[str, str], bytes]:
        form = parse_qs(request.rfile.read(int(request.headers.get("Content-Length", 0))).decode())
        asked = parse_qs(urlsplit(request.path).query) or form
        known = [basic(login) for login in self.logins]
        given = form.get("refresh_token", [""])[0]
        if asked["service"] != ["fake"] or (
            known and authorization not in known and given not in self.logins
        ):
            return 401, {}, b""
        return 200, {}, json.dumps({"token": self.token}).encode()


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


@contextmanager
def fake_registry(certificate: Path | None = None) -> Iterator[FakeRegistry]:
    """Serve a registry on this machine, over http; over https if it has a `certificate`."""
    registry = FakeRegistry()
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key_of(certificate))
    with web_server(registry.answer, tls) as registry.host:
        yield registry


LOGIN = "me:s3cret"
_HASHED = "me:$2b$05$composercomposercompoebJ9tAbHXZv/hVc/HB7oHuDHkEym5tty\n"
"""The same, as a registry wants to have it in a file."""


def log_in(config: Path, *registries: str, **settings: Any) -> None:
    """Write what `docker login` leaves in a directory of Docker's, beside other `settings`."""
    config.mkdir(parents=True, exist_ok=True)
    auth = {"auth": base64.b64encode(LOGIN.encode()).decode()}
    auths = dict.fromkeys(registries, auth)
    (config / "config.json").write_text(json.dumps({**settings, "auths": auths}))


def manifests_of(storage: Path, name: str) -> set[str]:
    """Return the digests of the manifests that a repository has."""
    directory = storage / "docker/registry/v2/repositories" / name / "_manifests/revisions/sha256"
    return {f"sha256:{path.name}" for path in directory.iterdir()}


def upload(registry: str, repository: str, tag: str, manifest: bytes, blobs: list[bytes]) -> str:
    """Put an image into a closed registry, without an engine; return its digest."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    root = f"http://{registry}/v2/{repository}"

    def send(method: str, url: str, content: bytes, kind: str) -> str:
        headers = {"Authorization": basic(LOGIN), "Content-Type": kind}
        request = urllib.request.Request(url, content, headers, method=method)
        with opener.open(request, timeout=30) as answer:
            return str(answer.headers.get("Location", ""))

    for blob in blobs:
        place = send("POST", f"{root}/blobs/uploads/", b"", "")
        send("PUT", f"{place}&digest={digest_of(blob)}", blob, "application/octet-stream")
    kind = json.loads(manifest)["mediaType"]
    send("PUT", f"{root}/manifests/{tag}", manifest, kind)
    return digest_of(manifest)


def ask_a_helper(config: Path, programs: Path, registry: str, *, for_all: bool = False) -> None:
    """Have a credential helper know the login, a program in the directory `programs`.

    It is asked about this registry, or, as a store, `for_all`.
    """
    user, _, secret = LOGIN.partition(":")
    answer = json.dumps({"ServerURL": registry, "Username": user, "Secret": secret})
    programs.mkdir(parents=True, exist_ok=True)
    helper = programs / "docker-credential-tests"
    helper.write_text(
        f"""#!/bin/sh
        read -r asked
        case "$1 $asked" in
          "get {registry}") echo '{answer}' ;;
          "list"*) echo '{json.dumps({registry: user})}' ;;
          *) echo 'credentials not found in native keychain'; exit 1 ;;
        esac
        """
    )
    helper.chmod(0o755)
    config.mkdir(parents=True, exist_ok=True)
    settings = {"credsStore": "tests"} if for_all else {"credHelpers": {registry: "tests"}}
    (config / "config.json").write_text(json.dumps(settings))


@contextmanager
def real_registry(
    directory: Path,
    certificate: Path | None = None,
    *,
    closed: bool = False,
    auth: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Run the registry that the lab installs, else its image, on a directory; yield its address.

    `certificate` is a file with certificate and key; without it, it speaks http.  A `closed`
    one wants LOGIN; `auth` is another way to know people, in the registry's own words.
    """
    port = free_port()
    tls = {"certificate": str(certificate), "key": str(certificate)} if certificate else {}
    settings: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory)}},
        "http": {"addr": f"127.0.0.1:{port}", "tls": tls},
    }
    if auth:
        settings["auth"] = auth
    if closed:
        users = directory.parent / f"users-{port}"
        users.write_text(_HASHED)
        settings["auth"] = {"htpasswd": {"realm": "tests", "path": str(users)}}
    file = directory.parent / f"registry-{port}.json"
    file.write_text(json.dumps(settings))
    shared = f"{directory.parent}:{directory.parent}"
    in_container = ("docker", "run", "--rm", "--network", "host", "-v", shared, "registry:2")
    program = ("docker-registry",) if shutil.which("docker-registry") else in_container
    process = subprocess.Popen(
        [*program, "serve", str(file)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)
        yield f"localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def make_certificate(directory: Path) -> Path:
    """Make a certificate for localhost, in one file with its key."""
    file = directory / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(file), "-out", str(directory / "only.pem")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    with file.open("a") as both:
        both.write((directory / "only.pem").read_text())
    return file
