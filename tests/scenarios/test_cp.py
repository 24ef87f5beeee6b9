"""`cp`, `export` and `commit` on a real engine, `cp` beside Docker Compose."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cli import Folder, Ran, docker, run
from support.peer import docker_compose

pytestmark = pytest.mark.docker

PAIR = """
x-one: &one
  image: busybox
  command: sleep infinity
  stop_grace_period: 0s
services:
  ours: *one
  theirs: *one
"""

INSIDE = r"""
mkdir -p /t/dir/sub '/t/odd  name' /t/empty
echo file > /t/file; echo deep > /t/dir/sub/deep; printf 'x' > "/t/odd  name/a
b"
ln -s file /t/link; ln -s dir /t/dirlink; ln -s /t/none /t/broken; ln -s ../../../etc /t/dir/out
ln /t/file /t/dir/twin; chown 1234:567 /t/file; chmod 711 /t/dir/sub/deep
touch -d @1000000000 /t/dir
"""

Copy = Callable[..., Ran]


def inside(service: str, folder: Folder) -> dict[str, object]:
    """Return all that is in /t of a container, as docker says."""
    command = ["docker", "cp", f"{folder.name}-{service}-1:/t", "-"]
    packed = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return {
            entry.name.removeprefix("t/"): (
                *(entry.type, oct(entry.mode), entry.uid, entry.gid, entry.linkname),
                tar.extractfile(entry).read() if entry.isreg() else None,  # type: ignore[union-attr]
            )
            for entry in tar
        }


def tree(top: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in sorted(top.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        link = os.readlink(path) if path.is_symlink() else None
        found[str(path.relative_to(top))] = (oct(status.st_mode), content, link)
    return found


@pytest.fixture
def pair(folder: Folder) -> Folder:
    folder.write("compose.yaml", PAIR)
    folder.composer("up", "-d").ok()
    for service in ("ours", "theirs"):
        docker("exec", f"{folder.name}-{service}-1", "sh", "-c", INSIDE)
    return folder


def theirs(folder: Folder, *arguments: str) -> Ran:
    return run(docker_compose(), *arguments, cwd=folder.path, env=folder.environment)


INTO = [
    "h/file {}:/t/new",
    "h/file {}:/t/none/new",
    "h/file {}:/t/none/",
    "h/file {}:/t/file",
    "h/file {}:/t/dir",
    "h/file {}:/t/dir/",
    "h/file {}:/t/dir/.",
    "h/file {}:/t/link",
    "h/file {}:/t/dirlink",
    "h/file {}:/t/broken",
    "h/dir {}:/t/file",
    "h/dir {}:/t/newdir",
    "h/dir {}:/t/newdir2/",
    "h/dir/. {}:/t/newdir3",
    "h/dir {}:/t/empty",
    "h/dir/. {}:/t/dir",
    "h/dir/ {}:/t/dirlink",
    "h/link {}:/t/linkcopy",
    "-L h/link {}:/t/followed",
    "-L h/link {}:/t/empty",
    "h/dirlink {}:/t/dirlinkcopy",
    "h/dirlink/ {}:/t/dirlinkcopy2",
    "h/dirlink/. {}:/t/dirlinkcopy3",
    "-L h/dirlink {}:/t/dirfollowed",
    "-L h/dirlink {}:/t/empty",
    "h/file/ {}:/t/never",
    "h/none {}:/t/never",
    "h/broken {}:/t/brokencopy",
    "-L h/broken {}:/t/never",
    "h/odd {}:/t/odd2",
    "h/dir {}:/dev/null",
    "h/file {}:t/relative",
]


def test_into_containers_things_land_where_docker_compose_puts_them(pair: Folder) -> None:
    h = pair.path / "h"
    (h / "dir" / "sub").mkdir(parents=True)
    (h / "odd").mkdir()
    (h / "file").write_text("of the host\n")
    os.chown(h / "file", 4321, 765)
    (h / "dir" / "sub" / "deep").write_text("of the host\n")
    (h / "dir" / "sub" / "deep").chmod(0o600)
    os.link(h / "dir" / "sub" / "deep", h / "dir" / "twin")
    os.mkfifo(h / "dir" / "pipe")
    (h / "odd" / "a \udcff\nb").write_text("x")
    for name, leads in (("link", "file"), ("dirlink", "dir"), ("broken", "nowhere")):
        (h / name).symlink_to(leads)

    for case in INTO:
        ours = pair.composer("cp", *case.format("ours").split())
        peer = theirs(pair, "cp", *case.format("theirs").split())
        assert ours.code == peer.code, f"{case}: {ours.err} {peer.err}"

    assert inside("ours", pair) == inside("theirs", pair)


OUT = [
    "{}:/t/file new",
    "{}:/t/file none/new",
    "{}:/t/file none/",
    "{}:/t/file file",
    "{}:/t/file dir",
    "{}:/t/file link",
    "{}:/t/file dirlink",
    "{}:/t/file broken",
    "{}:/t/dir file",
    "{}:/t/dir/sub newdir",
    "{}:/t/dir/sub newdir2/",
    "{}:/t/dir/sub/. newdir3",
    "{}:/t/dir/sub dir",
    "{}:/t/dir/sub/. dir",
    "{}:/t/link linkcopy",
    "-L {}:/t/link followed",
    "-L {}:/t/link dir",
    "{}:/t/dirlink dirlinkcopy",
    "-L {}:/t/dirlink/sub dirfollowed",
    "{}:/t/odd\u00a0 .",
    "{}:/t/none never",
    "-L {}:/t/broken never",
    "{}:/t/empty .",
    "{}:/t/file /dev/null",
]


def test_out_of_containers_things_land_where_docker_compose_puts_them(pair: Folder) -> None:
    def prepared(name: str) -> Path:
        top = pair.path / name
        (top / "dir" / "kept").mkdir(parents=True)
        (top / "file").write_text("old\n")
        for link, leads in (("link", "file"), ("dirlink", "dir"), ("broken", "nowhere")):
            (top / link).symlink_to(leads)
        return top

    mine, peers = prepared("mine"), prepared("peers")
    which = ("-f", str(pair.path / "compose.yaml"))
    for case in OUT:
        words = [word.replace("\u00a0", " name") for word in case.format("ours").split(" ")]
        command = (sys.executable, "-m", "composer", *which, "cp", *words)
        ours = run(*command, cwd=mine, env=pair.environment)
        peer = run(docker_compose(), *which, "cp", *words, cwd=peers, env=pair.environment)
        assert ours.code == peer.code, f"{case}: {ours.err} {peer.err}"

    assert tree(mine) == tree(peers)


def test_a_tree_with_links_that_lead_out_is_copied_with_them(pair: Folder) -> None:
    """Docker Compose refuses `../../../etc`; nothing is ever written through a link here."""
    pair.composer("cp", "ours:/t", "whole").ok()

    assert os.readlink(pair.path / "whole" / "dir" / "out") == "../../../etc"
    assert (pair.path / "whole" / "dir" / "twin").read_text() == "file\n"
    assert (pair.path / "whole" / "dir").stat().st_mtime == 1_000_000_000
    assert (pair.path / "whole" / "odd  name" / "a\nb").read_text() == "x"


def test_owners_are_kept_with_archive_and_are_the_users_without(pair: Folder) -> None:
    pair.composer("cp", "ours:/t/file", "plain").ok()
    pair.composer("cp", "-a", "ours:/t/file", "kept").ok()
    pair.composer("cp", "-a", "kept", "theirs:/t/kept").ok()

    owner = os.getuid()
    assert (pair.path / "plain").stat().st_uid == owner
    if owner == 0:
        assert (pair.path / "kept").stat().st_uid == 1234
        assert inside("theirs", pair)["kept"][2:4] == (1234, 567)  # type: ignore[index]


def test_archives_go_through_standard_input_and_output(pair: Folder) -> None:
    copy = f"{sys.executable} -m composer cp"
    script = f"{copy} ours:/t/dir/sub - | {copy} - theirs:/t/empty"
    run("sh", "-c", script, cwd=pair.path,
        env=pair.environment).ok()  # fmt: skip

    assert inside("theirs", pair)["empty/sub/deep"][1] == "0o100711"  # type: ignore[index]
    refused = run("sh", "-c", f"echo | {copy} - theirs:/t/file",
                  cwd=pair.path, env=pair.environment)  # fmt: skip
    assert refused.code == 1
    assert "must be a directory" in refused.err


STATES = """
services:
  still: {image: busybox, command: 'true'}
  shut: {image: busybox, command: sleep infinity, read_only: true, stop_grace_period: 0s,
         volumes: [data:/data]}
  many: {image: busybox, command: sleep infinity, stop_grace_period: 0s, scale: 2}
volumes: {data: }
"""


def test_stopped_read_only_and_several_containers(folder: Folder) -> None:
    folder.write("compose.yaml", STATES)
    folder.write("file", "x\n")
    folder.composer("up", "-d").ok()

    folder.composer("cp", "file", "still:/tmp/").ok()
    folder.composer("cp", "still:/tmp/file", "back").ok()
    assert (folder.path / "back").read_text() == "x\n"

    refused = folder.composer("cp", "file", "shut:/tmp/")
    assert (refused.code, "read-only" in refused.err) == (1, True)
    folder.composer("cp", "file", "shut:/data/").ok()
    assert docker("exec", f"{folder.name}-shut-1", "cat", "/data/file") == "x\n"

    folder.composer("cp", "file", "many:/tmp/").ok()
    for number in (1, 2):
        assert docker("exec", f"{folder.name}-many-{number}", "cat", "/tmp/file") == "x\n"
    docker("exec", f"{folder.name}-many-2", "sh", "-c", "echo second > /tmp/file")
    folder.composer("cp", "--index", "2", "many:/tmp/file", "second").ok()
    assert (folder.path / "second").read_text() == "second\n"

    once = "com.docker.compose.oneoff=True"
    labels = [f"com.docker.compose.{key}" for key in ("project", "service")]
    docker("run", "-d", "--name", f"{folder.name}-many-run-1", "--label", once,
           "--label", f"{labels[0]}={folder.name}", "--label", f"{labels[1]}=many",
           "busybox", "sleep", "infinity")  # fmt: skip
    folder.composer("cp", "back", "many:/tmp/").ok()
    folder.composer("cp", "--all", "second", "many:/tmp/").ok()
    found = docker("exec", f"{folder.name}-many-run-1", "ls", "/tmp").split()
    assert found == ["second"]


def test_what_is_large_is_not_held_in_memory(pair: Folder) -> None:
    size = 256 * 1024 * 1024
    with open(pair.path / "large", "wb") as file:
        file.truncate(size)
    program = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-m', 'composer', *sys.argv[1:]])\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(done.returncode)\n"
    )
    for words in (("large", "ours:/t/"), ("ours:/t/large", "back")):
        ran = run(sys.executable, "-c", program, "cp", *words, cwd=pair.path, env=pair.environment)
        assert int(ran.ok().out) < 100_000, "kilobytes"

    assert (pair.path / "back").stat().st_size == size
    assert (pair.path / "back").stat().st_blocks < 1000


def test_a_copy_that_is_interrupted_leaves_what_was_there(pair: Folder) -> None:
    pair.write("target", "old")
    large = "dd if=/dev/zero of=/t/large bs=1 count=0 seek=2G"
    docker("exec", f"{pair.name}-ours-1", "sh", "-c", large)
    command = (sys.executable, "-u", "-m", "composer", "cp", "ours:/t/large", "target")
    with subprocess.Popen(command, cwd=pair.path, env=os.environ | pair.environment) as process:
        while not any(name.startswith(".composer-") for name in os.listdir(pair.path)):
            assert process.poll() is None
        process.send_signal(2)

    assert process.returncode == 130
    assert (pair.path / "target").read_text() == "old"
    assert sorted(os.listdir(pair.path)) == ["compose.yaml", "target"]


def test_a_container_is_exported_and_made_into_an_image(pair: Folder) -> None:
    pair.composer("export", "ours", "-o", "ours.tar").ok()
    with tarfile.open(pair.path / "ours.tar") as tar:
        assert tar.extractfile("t/dir/sub/deep").read() == b"deep\n"  # type: ignore[union-attr]

    image = f"{pair.name}-saved:1"
    made = pair.composer(
        "commit", "ours", image, "-a", "Ada", "-m", "why", "-c", 'CMD ["cat", "/t/file"]',
        "-c", "ENV A=1", "--pause=false",
    )  # fmt: skip
    found = json.loads(docker("inspect", image))[0]
    assert made.ok().out == found["Id"] + "\n"
    assert (found["Author"], found["Comment"]) == ("Ada", "why")
    assert "A=1" in found["Config"]["Env"]
    assert docker("run", "--rm", image) == "file\n"
    docker("rmi", "-f", image)

    pair.composer("stop", "ours").ok()
    pair.composer("export", "ours", "-o", "stopped.tar").ok()
    assert pair.composer("export", "--index", "7", "ours", "-o", "x").code == 1
    terminal = pair.on_terminal("export", "ours")
    assert terminal.end() == 1
    assert "not written to a terminal" in terminal.text
