"""The project that is brought up and down: a database with rows that must stay, and its users."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaos.private_engine import PrivateEngine

IMAGES = ["busybox:latest", "postgres:16-alpine"]
NAME = "chaos"

COMPOSE = """
services:
  db:
    image: postgres:16-alpine
    environment: {POSTGRES_PASSWORD: secret, REVISION: "${DB:-0}"}
    volumes: ["data:/var/lib/postgresql/data"]
    networks: [back]
    healthcheck:
      test: [CMD, pg_isready, -q, -h, 127.0.0.1, -U, postgres]
      interval: 200ms
      timeout: 5s
      retries: 100
  migrate:
    image: postgres:16-alpine
    environment: {PGPASSWORD: secret}
    command: >
      psql -q -h db -U postgres -c "create table if not exists rows (n bigint primary key)"
    networks: [back]
    depends_on: {db: {condition: service_healthy}}
  app:
    image: busybox:latest
    init: true
    command: [sleep, infinity]
    environment: {REVISION: "${APP:-0}"}
    scale: ${REPLICAS:-2}
    networks: [back, front]
    healthcheck: {test: ["CMD", "true"], interval: 200ms}
    depends_on:
      db: {condition: service_healthy, restart: true}
      migrate: {condition: service_completed_successfully}
  side:
    image: busybox:latest
    init: true
    command: [sleep, infinity]
    mem_limit: ${MEMORY:-64}m
    configs: [notes]
    networks: [front]
networks: {back: {}, front: {labels: {revision: "${NETWORK:-0}"}}}
volumes: {data: {}}
configs: {notes: {content: "revision ${APP:-0}"}}
"""

_HEALTHY_SECONDS = 15
"""For how long probes may take to say so, once everything is started."""

PLAIN = ("db", "app", "side")
"""The services that run on; the job runs again with every `up`, as it does with Docker Compose."""


@dataclass
class Stack:
    """The project on a private engine.  `settings` are the variables of its file."""

    engine: PrivateEngine
    directory: Path
    text: str = COMPOSE
    name: str = NAME
    settings: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def __post_init__(self) -> None:
        (self.directory / "compose.yaml").write_text(self.text)

    def begin(
        self, *arguments: str, host: str | None = None, runtime: str = ""
    ) -> subprocess.Popen[str]:
        """Run composer without waiting for it, by way of `host`, with locks below `runtime`."""
        environment = {
            **os.environ,
            **self.settings,
            "COMPOSE_PROJECT_NAME": self.name,
            "DOCKER_HOST": host or self.engine.host,
            "XDG_RUNTIME_DIR": runtime or str(self.directory / "run"),
        }
        return subprocess.Popen(
            (sys.executable, "-m", "composer", "--progress", "plain", *arguments),
            cwd=self.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def composer(self, *arguments: str, seconds: float = 120) -> tuple[int, str]:
        """Return the exit code of a command line, and what it said."""
        with self.begin(*arguments) as process:
            try:
                said, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                said = f"it hangs: {process.communicate()[0]}"
            return process.returncode, said

    def _by_service(self) -> dict[str, list[str]]:
        """Return the states of the containers with proper names, by service."""
        found: dict[str, list[str]] = {}
        for name, state in self.states().items():
            proper = re.fullmatch(rf"{self.name}-(\w+)-\d+", name)
            found.setdefault(proper[1] if proper else name, []).append(state)
        return {service: found[service] for service in sorted(found)}

    def states(self) -> dict[str, str]:
        return {one["Name"].lstrip("/"): _state(one["State"]) for one in self.containers()}

    def containers(self) -> list[dict[str, Any]]:
        ours = f"label=com.docker.compose.project={self.name}"
        ids = self.engine.docker("ps", "-aq", "--filter", ours).split()
        found: list[dict[str, Any]] = json.loads(self.engine.docker("inspect", *ids)) if ids else []
        return found

    def insert(self) -> None:
        """Add one more row; it must never be missing from now on."""
        self._sql(f"insert into rows values ({self.rows + 1})")
        self.rows += 1

    def assert_converged(self) -> None:
        """Assert that everything is there, runs, and is there once."""
        expected = {
            "app": ["healthy"] * int(self.settings.get("REPLICAS", "2")),
            "db": ["healthy"],
            "migrate": ["exited 0"],
            "side": ["running"],
        }
        end = time.monotonic() + _HEALTHY_SECONDS
        while (found := self._by_service()) != expected and time.monotonic() < end:
            time.sleep(0.1)
        assert found == expected, f"found {self.states()}"
        for kind in ("network", "volume"):
            listed = self.engine.docker(kind, "ls", "--format", "{{.Name}}").split()
            ours = sorted(name for name in listed if name.startswith(NAME))
            wanted = {"network": ["back", "front"], "volume": ["data"]}[kind]
            assert ours == [f"{NAME}_{name}" for name in wanted]
        code, said = self.composer("plan", "--exit-code", "--no-deps", *PLAIN)
        assert code == 0, said

    def assert_rows(self) -> None:
        numbers = [int(line) for line in self._sql("select n from rows order by n").split()]
        assert numbers == list(range(1, self.rows + 1))

    def _sql(self, text: str) -> str:
        return self.engine.docker(
            "exec", f"{NAME}-db-1", "psql", "-qAt", "-h", "127.0.0.1", "-U", "postgres", "-c", text
        )


def _state(state: dict[str, Any]) -> str:
    if state["Status"] == "exited":
        return f"exited {state['ExitCode']}"
    return str((state.get("Health") or {}).get("Status") or state["Status"])
