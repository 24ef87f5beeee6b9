"""What `docker build` sends of a context, and what we send, header by header.

For the classic builder both talk to an engine that keeps the archive and builds nothing.
BuildKit asks for what it wants: it copies all that it gets into a directory.  What we take
to be sent to it is what `build --why` compares.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import socketserver
import stat
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from composer.engine.context import entries
from composer.engine.context import ignored as ignored_by
from composer.engine.docker.context import Context
from composer.errors import EngineError
from composer.model.build import Build
from support.peer import with_buildx

pytestmark = pytest.mark.parity

TREE = (
    "Dockerfile", "README.md", "README-secret.md", "a", "a.txt", "A.TXT", "b.go", "ab", "a b",
    "#x", "!y", "x y.txt", "back\\slash", "[z]", "zz", "dot.", ".hidden", ".env", "é.txt", "a+b(1)",
    "$v{1}|^", "temp", "tempa", "tempb1",
    "dir/a.txt", "dir/keep.txt", "dir/sub/keep.txt", "dir/sub/deep/keep.txt", "dir/sub/deep/z",
    "dir/.hidden/x", "dir2/a.txt", "src/dir/a.txt", "src/temp/x", "src/tempa", "one/two/three/four",
    "node_modules/m/index.js", "packages/p/node_modules/m/index.js", "build/out.o", "src/build/x.o",
    "docs/a.md", "docs/b/a.md", "docker/Dockerfile", "docker/x",
)  # fmt: skip

FILES = {
    "nothing": "",
    "a name": "a\n",
    "no newline at the end": "a",
    "a name in a directory": "dir/a.txt\n",
    "a directory": "dir\n",
    "a directory with a slash": "dir/\n",
    "a slash before": "/dir\n",
    "two slashes before": "//dir\n",
    "a dot before": "./dir\n",
    "dots within": "dir/../src\n",
    "dots out and in": "../a\n../ctx/a\n",
    "the root": ".\n",
    "the root with a slash": "./\n",
    "a slash alone": "/\n",
    "a comment": "#x\n",
    "a comment after blanks": "  #x\n",
    "a comment escaped": "\\#x\n",
    "blanks around": "  a.txt  \n\tb.go\t\n",
    "a blank within": "a b\nx y.txt\n",
    "carriage returns": "a.txt\r\nb.go\r\n",
    "an empty line and blanks": "\n   \na\n",
    "a byte order mark": "\ufeffa\n",
    "a byte order mark before a comment": "\ufeff# a\nb.go\n",
    "a star": "*\n",
    "a star with an end": "*.txt\n",
    "a star with a beginning": "a*\n",
    "a star in the middle": "t*a\n",
    "a star for a directory": "*/a.txt\n",
    "two stars for directories": "*/*/keep.txt\n",
    "a star below": "dir/*\n",
    "question marks": "temp?\n?\n",
    "a question mark is no slash": "dir?a.txt\n",
    "anywhere": "**\n",
    "anywhere with an end": "**/*.txt\n",
    "anywhere a name": "**/keep.txt\n",
    "anywhere a directory": "**/node_modules\n",
    "anywhere below": "dir/**\n",
    "anywhere in between": "dir/**/keep.txt\n",
    "anywhere in between nothing": "one/**/four\n",
    "anywhere without a slash": "**.txt\n",
    "anywhere in a name": "src/**mpa\n",
    "three stars": "***/a.txt\n",
    "stars at both ends": "**/sub/**\n",
    "a set": "[ab].*\n",
    "a range": "temp[a-b]*\n",
    "a set that is not": "[^ab]\n",
    "a set with a bracket": "[[]z]\n",
    "brackets escaped": "\\[z\\]\n",
    "a backslash escaped": "back\\\\slash\n",
    "signs of regular expressions": "a+b(1)\n$v{1}|^\n",
    "a dot is a dot": "a.txt\n.env\n",
    "a dot at the end": "dot.\n",
    "hidden ones": ".*\n",
    "hidden ones anywhere": "**/.hidden\n",
    "small is not large": "A.txt\nREADME.MD\n",
    "large": "A.TXT\n",
    "other letters": "é.txt\n",
    "one letter of two bytes": "?.txt\n",
    "an exception": "*\n!a.txt\n",
    "an exception and again": "*.md\n!README*.md\nREADME-secret.md\n",
    "an exception before": "!README*.md\n*.md\nREADME-secret.md\n",
    "an exception after all": "*.md\nREADME-secret.md\n!README*.md\n",
    "an exception below": "dir\n!dir/keep.txt\n",
    "an exception deep below": "dir\n!dir/sub/deep/keep.txt\n",
    "an exception anywhere": "dir\n!**/keep.txt\n",
    "an exception for a directory": "*\n!src\n",
    "an exception with stars": "dir/*\n!dir/sub/**\n",
    "an exception with a star for a directory": "*\n!*/keep.txt\n",
    "an exception of an exception": "dir\n!dir/sub\ndir/sub/deep\n!dir/sub/deep/z\n",
    "an exception with blanks": "*\n! a.txt \n",
    "an exception with a slash": "*\n!/a.txt\n",
    "an exception escaped": "\\!y\n",
    "exceptions of nothing": "!a\n!b\n",
    "the Dockerfile": "Dockerfile\n",
    "the ignore file": ".dockerignore\n",
    "both": "*\n",
    "the Dockerfile anywhere": "**/Dockerfile\n",
    "all but one": "**\n!src/dir/a.txt\n",
    "the same twice": "a\na\n",
    "many": "a\nb.go\ndir\ntemp?\n**/*.o\n!build\n",
}


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Takes contexts."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__(address, _Request)
        self.archive = b""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Engine

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(b"{}" if "_ping" not in self.path else b"OK")

    def do_POST(self) -> None:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.server.archive = body
        self._answer(b"")

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Api-Version", "1.41")
        self.send_header("OSType", "linux")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def address_string(self) -> str:
        return "docker"

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def engine(directory: Path) -> Iterator[Engine]:
    server = Engine(str(directory / "docker.sock"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    (directory / "docker.sock").unlink()


def docker_sends(directory: Path, *words: str) -> dict[str, str] | str:
    """Return what `docker build` sends, or why it does not."""
    with engine(directory) as server:
        environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
        environment["DOCKER_HOST"] = f"unix://{directory}/docker.sock"
        done = subprocess.run(
            ["docker", "build", *words, str(directory / "ctx")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return headers(server.archive) if server.archive else done.stderr


def we_send(directory: Path, dockerfile: str | None = None) -> dict[str, str]:
    return we_send_of(Build(context=str(directory / "ctx"), dockerfile=dockerfile))


def we_send_of(build: Build) -> dict[str, str]:
    context = Context(build)
    archive = b""
    while block := context.read(1 << 20):
        archive += block
    return headers(archive)


def headers(archive: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            entry.name: f"{entry.type!r} {entry.mode:o} {entry.uid}:{entry.gid} {entry.size}"
            f" {int(entry.mtime)} {entry.linkname}"
            for entry in tar
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sent")
    for name in TREE:
        path = directory / "ctx" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    (directory / "ctx/dir/a.txt").chmod(0o755)
    (directory / "ctx/dir2").chmod(0o700)
    (directory / "ctx/to_a").symlink_to("a")
    (directory / "ctx/to_dir").symlink_to("dir")
    (directory / "ctx/nowhere").symlink_to("/no/such")
    os.link(directory / "ctx/a", directory / "ctx/hard")
    (directory / "ctx/empty").mkdir()
    return directory


@pytest.mark.parametrize("name", FILES)
def test_we_send_what_docker_sends(place: Path, name: str) -> None:
    (place / "ctx/.dockerignore").write_text(FILES[name], newline="")

    theirs = docker_sends(place)

    assert isinstance(theirs, dict), theirs
    assert len(theirs) > 0
    assert we_send(place) == theirs


CLASSIC_LACKS = {
    "an exception anywhere": {"dir/keep.txt", "dir/sub/keep.txt", "dir/sub/deep/keep.txt"},
    "an exception with a star for a directory": {"dir/keep.txt"},
}
"""What only BuildKit sends: the classic builder does not look into a directory that is left out
for an exception that begins with a wildcard."""


def test_there_are_enough_of_them() -> None:
    lines = {line for text in FILES.values() for line in text.splitlines() if line.strip()}

    assert len(FILES) >= 60
    assert len(lines) >= 60


@pytest.mark.docker
@pytest.mark.slow
def test_buildkit_gets_the_same_files(place: Path, tmp_path: Path) -> None:
    builds = {}
    for number, (name, ignored) in enumerate(FILES.items()):
        context = tmp_path / f"context{number}"
        shutil.copytree(place / "ctx", context, symlinks=True)
        (context / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        (context / ".dockerignore").write_text(ignored, newline="")
        builds[name] = Build(context=str(context))

    bake_into(tmp_path, builds)

    differences = {}
    for name, build in builds.items():
        out = tmp_path / f"{Path(build.context).name}.out"
        theirs = {str(path.relative_to(out)) for path in out.rglob("*") if not is_directory(path)}
        ours = {
            entry.name
            for entry in entries(build.context, ignored_by(build).matcher())
            if not stat.S_ISDIR(entry.status.st_mode)
        }
        left_out = ignored_by(build).matcher()
        classic = {
            path
            for path in we_send_of(build)
            if not left_out.select(f"{build.context}/{path}") and not is_directory(out / path)
        }
        if not theirs == ours == classic | CLASSIC_LACKS.get(name, set()):
            differences[name] = (theirs ^ ours, theirs ^ classic)
    assert differences == {}


def is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def bake_into(directory: Path, builds: dict[str, Build]) -> None:
    """Have BuildKit copy each context into a directory of its own, beside it."""
    targets = {
        Path(build.context).name: {
            "context": build.context,
            "output": [f"type=local,dest={build.context}.out"],
        }
        for build in builds.values()
    }
    done = subprocess.run(
        ["docker", "buildx", "bake", "--file=-", "--progress=plain", *targets],
        input=json.dumps({"target": targets}),
        env={**os.environ, **with_buildx(directory / "docker"), "BUILDX_BAKE_ENTITLEMENTS_FS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_so_it_is_with_a_dockerfile_that_is_elsewhere_in_the_context(place: Path) -> None:
    (place / "ctx/.dockerignore").write_text("docker\n")

    theirs = docker_sends(place, "-f", str(place / "ctx/docker/Dockerfile"))

    assert we_send(place, "docker/Dockerfile") == theirs
    assert "docker/Dockerfile" in theirs
    assert "docker/x" not in theirs


@pytest.mark.parametrize("line", ["!", "[a", "a\\"])
def test_what_docker_refuses_we_refuse(place: Path, line: str) -> None:
    (place / "ctx/.dockerignore").write_text(f"{line}\n")

    assert isinstance(docker_sends(place), str)
    with pytest.raises(EngineError):
        we_send(place)
