"""Files that change, and what containers have of them, on the real engine."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tarfile
import termios
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.cli import Folder, docker, fetch, free_port, run
from support.lab import eventually
from support.watch_process import STAY, watching, write

pytestmark = pytest.mark.docker


def inside(container: str, path: str) -> dict[str, bytes]:
    """Return the files below a directory of a container, by their path below it."""
    found = subprocess.run(
        ["docker", "cp", f"{container}:{path}", "-"], capture_output=True, check=False
    )
    if found.returncode:
        return {}
    try:
        with tarfile.open(fileobj=io.BytesIO(found.stdout)) as archive:
            files = {entry.name: archive.extractfile(entry) for entry in archive if entry.isreg()}
            return {name.partition("/")[2]: file.read() for name, file in files.items() if file}
    except tarfile.ReadError:  # an engine cuts it short where something goes meanwhile
        return {}


def here(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_500_files_that_change_in_a_burst_arrive_in_every_replica(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services: {{web: {{image: busybox, scale: 2, command: {STAY}, "
        "develop: {watch: [{path: ./src, action: sync, target: /app}]}}}",
    )
    random, source = Random(1), folder.path / "src"
    names = [f"d{number % 20}/e{number % 3}/f{number}" for number in range(500)]
    for name in names[:250]:
        write(source / name, b"old")
    web = [f"{folder.name}-web-{number}" for number in (1, 2)]

    with watching(folder):
        for name in names:
            write(source / name, random.randbytes(random.randrange(20_000)))
        write(source / "last", b"1")
        for container in web:
            seen = eventually(lambda name=container: inside(name, "/app"), lambda at: "last" in at)
            assert seen == here(source)

        for name in names[:400]:
            (source / name).unlink()
        os.rename(source / "d7", source / "moved")
        for container in web:
            eventually(lambda name=container: inside(name, "/app"), lambda at: at == here(source))


def test_files_come_as_they_are_here(folder: Folder) -> None:
    """Modes, links, owners, and editors that put another file in the place of the old one."""
    folder.write(
        "compose.yaml",
        f"services: {{web: {{image: busybox, user: '1000:100', command: {STAY}, "
        "develop: {watch: [{path: ./src, action: sync, target: /tmp/app}]}}}",
    )
    source = folder.path / "src"
    write(source / "run.sh", b"one")

    def listed() -> str:
        shown = run("docker", "exec", f"{folder.name}-web-1", "ls", "-ln", "/tmp/app").out
        rows = (line.split() for line in shown.splitlines()[1:])
        return "\n".join(sorted(f"{row[0]} {row[2]}:{row[3]} {' '.join(row[8:])}" for row in rows))

    with watching(folder):
        write(folder.path / "new", b"two")
        os.chmod(folder.path / "new", 0o751)
        os.rename(folder.path / "new", source / "run.sh")
        (source / "link").symlink_to("nowhere")
        (source / "x.swp~").write_bytes(b"an editor's")
        eventually(
            listed,
            lambda text: text == "-rwxr-x--x 1000:100 run.sh\nlrwxrwxrwx 1000:100 link -> nowhere",
        )
        (source / "link").unlink()
        (source / "link").mkdir()
        eventually(listed, lambda text: "drwxr-xr-x 1000:100 link" in text)


def test_a_container_without_any_other_program_gets_files_and_loses_nothing(folder: Folder) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        program = run("sh", "-c", "command -v busybox").out.strip()
        archive.add(os.path.realpath(program), "busybox")
    image = f"{folder.name}-bare"
    subprocess.run(["docker", "import", "-", image], input=packed.getvalue(), check=True)
    folder.write(
        "compose.yaml",
        f"services: {{web: {{image: {image}, command: [/busybox, sleep, '1000'], "
        "stop_signal: SIGKILL, "
        "develop: {watch: [{path: ./src, action: sync, target: /app}]}}}",
    )
    source, web = folder.path / "src", f"{folder.name}-web-1"
    try:
        with watching(folder) as watch:
            for name in ("a", "d/c"):
                write(source / name, name.encode())
            eventually(lambda: inside(web, "/app"), lambda at: at == here(source))
            (source / "a").unlink()
            (source / "d" / "c").unlink()
            watch.until("no rm in the container")
            write(source / "b", b"b")
            kept = {"a": b"a", "d/c": b"d/c", "b": b"b"}
            eventually(lambda: inside(web, "/app"), lambda at: at == kept)
    finally:
        folder.remove()
        docker("rmi", "-f", image)


def test_read_only_containers_get_files_in_their_volumes_and_others_are_told(
    folder: Folder,
) -> None:
    folder.write(
        "compose.yaml",
        f"services: {{web: {{image: busybox, read_only: true, command: {STAY}, volumes: ['v:/v'], "
        "develop: {watch: [{path: ./in, action: sync, target: /v/in},"
        " {path: ./out, action: sync, target: /out}]}}}\nvolumes: {v: {}}\n",
    )
    with watching(folder) as watch:
        write(folder.path / "in" / "a", b"1")
        web = f"{folder.name}-web-1"
        eventually(lambda: inside(web, "/v/in"), lambda at: at == {"a": b"1"})
        write(folder.path / "out" / "b", b"1")
        watch.until("read-only")
        write(folder.path / "in" / "c", b"2")
        eventually(lambda: inside(web, "/v/in"), lambda at: at == {"a": b"1", "c": b"2"})


def test_what_is_mounted_below_a_rule_is_left_alone(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services: {{web: {{image: busybox, command: {STAY}, "
        "volumes: ['v:/app/v', './b:/app/b'], "
        "develop: {watch: [{path: ., action: sync, target: /app},"
        " {path: ./one, action: sync, target: /etc}]}}}\nvolumes: {v: {}}\n",
    )
    web = f"{folder.name}-web-1"
    write(folder.path / "b" / "mine", b"1")
    (folder.path / "v").mkdir()
    with watching(folder) as watch:
        docker("exec", web, "sh", "-c", "echo rows >/app/v/rows")
        (folder.path / "v").rmdir()
        watch.until("/app/v is a volume")
        write(folder.path / "v", b"a file")
        write(folder.path / "one", b"1")
        watch.until("/etc is a directory")
        (folder.path / "b" / "mine").unlink()
        write(folder.path / "b" / "mine", b"2")
        write(folder.path / "last", b"1")
        at = eventually(lambda: inside(web, "/app"), lambda at: "last" in at)
        assert at["v/rows"] == b"rows\n"
        assert (folder.path / "b" / "mine").read_bytes() == b"2"
        assert docker("exec", web, "test", "-f", "/etc/passwd") == ""


def test_the_sample_shows_what_is_changed(folder: Folder) -> None:
    folder.copy("watch")
    port = free_port()
    folder.write(".env", f"PORT={port}\n")
    url = f"http://127.0.0.1:{port}"

    def replaced(name: str, old: str, new: str) -> None:
        folder.write(name, (folder.path / name).read_text().replace(old, new))

    def shown(text: str) -> None:
        eventually(page, lambda seen: text in seen)

    def page() -> str:
        try:
            return fetch(url)
        except (AssertionError, OSError):
            return ""

    with watching(folder) as watch:
        shown("Change me")
        first = folder.ids()
        replaced("pages/index.html", "Change me", "Changed")
        shown("Changed")
        folder.write("pages/new.draft.html", "not yet")
        replaced("server.py", "the first server", "another server")
        shown("another server")
        assert folder.ids() == first

        replaced("Dockerfile", 'edition="1"', 'edition="2"')
        watch.until("successfully built")
        shown("another server")
        second = folder.ids()
        assert second.keys() == first.keys()
        assert second != first

        replaced("Dockerfile", "FROM", "FRM")
        watch.until("Build failed, what ran runs on")
        assert folder.ids() == second

        replaced("compose.yaml", "GREETING: Hello", "GREETING: Bonjour")
        shown("Bonjour")
        shown("Changed")
        replaced("compose.yaml", "services:", "service:")
        watch.until("compose.yaml:4:1")
        assert folder.running() == [f"{folder.name}-web-1"]
    label = f"label=com.docker.compose.project={folder.name}"
    assert docker("images", "-q", "--filter", "dangling=true", "--filter", label) == ""


def test_up_with_a_menu_watches_when_asked_and_gives_the_terminal_back(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        f"services: {{web: {{image: busybox, command: {STAY}, "
        "develop: {watch: [{path: ./src, action: sync+restart, target: /app}]}}}",
    )
    (folder.path / "src").mkdir()
    web = f"{folder.name}-web-1"
    terminal = folder.on_terminal("up")
    terminal.await_screen("w Enable Watch")
    terminal.type("w")
    terminal.await_screen("w Disable Watch")
    write(folder.path / "src" / "a", b"1")
    terminal.await_text("restarted")
    assert inside(web, "/app") == {"a": b"1"}
    assert "exited with code" not in terminal.text
    terminal.type("w")
    terminal.await_screen("w Enable Watch")
    terminal.type("v")
    terminal.await_screen(web)
    terminal.type("d")

    assert terminal.end() == 0
    assert folder.running() == [web]


def test_a_terminal_that_cannot_move_its_cursor_has_no_menu(folder: Folder) -> None:
    folder.environment["TERM"] = "dumb"
    folder.write("compose.yaml", "services: {web: {image: busybox, command: 'sh -c \"sleep 2\"'}}")
    terminal = folder.on_terminal("up", "--menu")

    assert terminal.end() == 0
    assert "web-1 exited with code 0" in terminal.text
    assert "\x1b" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_terminal_is_given_back_whatever_ends_up(folder: Folder, number: int) -> None:
    folder.write("compose.yaml", f"services: {{web: {{image: busybox, command: {STAY}}}}}")
    terminal = folder.on_terminal("up", "--menu")
    before = {"echo": True, "lines": True}
    terminal.await_screen("d Detach")
    eventually(lambda: modes(terminal.far), lambda seen: seen == {"echo": False, "lines": False})

    terminal.process.send_signal(number)

    eventually(lambda: modes(terminal.far), lambda seen: seen == before)
    terminal.process.wait(60)
    os.close(terminal.far)


def modes(terminal: int) -> dict[str, bool]:
    flags: Any = termios.tcgetattr(terminal)[3]
    return {"echo": bool(flags & termios.ECHO), "lines": bool(flags & termios.ICANON)}
