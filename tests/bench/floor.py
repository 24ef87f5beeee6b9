"""The floor: the engine calls that a command cannot do without, from a bare script.

    python -I -S floor.py WORK PROJECT SERVICES

Nothing is loaded, compared, planned or shown.  A raw connection for each of four
threads; what the engine takes beyond that is the engine's.
"""

import json
import os
import socket
import sys
from _thread import allocate_lock, start_new_thread

AT_ONCE = 4
STAYS = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait"]
PROBE = {"Test": ["CMD", "true"], "Interval": 100_000_000}


class Connection:
    """One question at a time, over one socket."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        self.socket.connect(address.removeprefix("unix://"))
        self.buffer = b""

    def ask(self, method, path, body=None):
        """Return the answer's JSON; what is there already, or gone already, is fine."""
        self.send(method, path, body)
        status, headers = self.head()
        if b"chunked" in headers:
            content = b"".join(iter(self.chunk, b""))
        else:
            content = self.take(
                int(headers.partition(b"content-length:")[2].split(b"\r", 1)[0] or 0)
            )
        if status >= 400 and status not in (404, 409):
            sys.exit(f"{method} {path}: {status} {content.decode()}")
        return json.loads(content) if content else None

    def send(self, method, path, body=None):
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /v1.41{path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
        self.socket.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)

    def head(self):
        head = self.until(b"\r\n\r\n").lower()
        return int(head.split()[1]), head if b" 204 " not in head[:14] else b""

    def chunk(self):
        size = int(self.until(b"\r\n"), 16)
        content = self.take(size)
        self.take(2)
        return content

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        found, _, self.buffer = self.buffer.partition(mark)
        return found

    def take(self, size):
        while len(self.buffer) < size:
            self.more()
        found, self.buffer = self.buffer[:size], self.buffer[size:]
        return found

    def more(self):
        arrived = self.socket.recv(1 << 16)
        if not arrived:
            sys.exit("the engine hung up")
        self.buffer += arrived


def filters(**wanted):
    text = json.dumps(wanted)
    return "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in text)


def at_once(work, items):
    """Do `work(connection, item)` for each item, a few at a time."""
    items = list(items)[::-1]
    done = []
    end = allocate_lock()
    end.acquire()
    threads = min(AT_ONCE, len(items))

    def run():
        connection = Connection()
        while items:
            try:
                item = items.pop()
            except IndexError:
                break
            work(connection, item)
        done.append(True)
        if len(done) == threads:
            end.release()

    for _ in range(threads):
        start_new_thread(run, ())
    if threads:
        end.acquire()


def look(project):
    """Ask what there is, all at once, and wait for the answers."""
    own = filters(label=[f"com.docker.compose.project={project}"])
    asked = [f"/containers/json?all=1&filters={own}", "/networks", "/volumes"]
    asked.append("/images/busybox:latest/json")
    connections = [Connection() for _ in asked]
    for connection, path in zip(connections, asked, strict=True):
        connection.send("GET", path)
    answers = []
    for connection in connections:
        _, headers = connection.head()
        if b"chunked" in headers:
            content = b"".join(iter(connection.chunk, b""))
        else:
            content = connection.take(
                int(headers.partition(b"content-length:")[2].split(b"\r", 1)[0])
            )
        answers.append(json.loads(content))
    return answers[0]


def network(project):
    labels = {"com.docker.compose.project": project, "com.docker.compose.network": "default"}
    body = {"Name": f"{project}_default", "CheckDuplicate": True, "Labels": labels}
    Connection().ask("POST", "/networks/create", body)


def create(connection, project, number, name=None, **more):
    name = name or f"{project}-s{number}-1"
    labels = {"com.docker.compose.project": project, "com.docker.compose.service": f"s{number}"}
    body = {"Image": "busybox:latest", "Cmd": STAYS, "Labels": labels, **more}
    body["HostConfig"] = {"NetworkMode": f"{project}_default"}
    connection.ask("POST", f"/containers/create?name={name}", body)


def up(project, services):
    look(project)
    network(project)

    def one(connection, number):
        create(connection, project, number)
        connection.ask("POST", f"/containers/{project}-s{number}-1/start")

    at_once(one, range(1, services + 1))


def health(project, services):
    chain(project, services, "health_status: healthy", lambda number: {"Healthcheck": PROBE})


def completion(project, services):
    chain(project, services, "die", lambda number: {} if number == services else {"Cmd": ["true"]})


def chain(project, services, awaited, more):
    look(project)
    network(project)
    at_once(
        lambda connection, number: create(connection, project, number, **more(number)),
        range(1, services + 1),
    )
    own = filters(label=[f"com.docker.compose.project={project}"], type=["container"])
    events, connection = Connection(), Connection()
    events.send("GET", f"/events?filters={own}")
    events.head()
    for number in range(1, services + 1):
        connection.ask("POST", f"/containers/{project}-s{number}-1/start")
        while number < services:
            event = json.loads(events.chunk())
            name = event["Actor"]["Attributes"]["name"]
            if event["Action"] == awaited and name == f"{project}-s{number}-1":
                break


def change(project, services):
    look(project)
    connection, name = Connection(), f"{project}-s1-1"
    create(connection, project, 1, f"new_{name}")
    connection.ask("POST", f"/containers/{name}/stop")
    connection.ask("DELETE", f"/containers/{name}")
    connection.ask("POST", f"/containers/new_{name}/rename?name={name}")
    connection.ask("POST", f"/containers/{name}/start")


def nothing(project, services):
    look(project)


def ps(project, services):
    own = filters(label=[f"com.docker.compose.project={project}"])
    Connection().ask("GET", f"/containers/json?all=1&filters={own}")


def down(project, services):
    names = [one["Names"][0] for one in look(project)]

    def one(connection, name):
        connection.ask("POST", f"/containers{name}/stop?t=0")
        connection.ask("DELETE", f"/containers{name}")

    at_once(one, names)
    Connection().ask("DELETE", f"/networks/{project}_default")


def down_chain(project, services):
    look(project)
    connection = Connection()
    for number in range(services, 0, -1):
        connection.ask("POST", f"/containers/{project}-s{number}-1/stop")
        connection.ask("DELETE", f"/containers/{project}-s{number}-1")
    connection.ask("DELETE", f"/networks/{project}_default")


if __name__ == "__main__":
    _, work, project, services = sys.argv
    globals()[work](project, int(services))
