"""Command lines that make no sense: Docker Compose refuses them, and so does composer."""

from __future__ import annotations

DETACHED = ("-d", "--wait")
ATTACHED = (
    *("--abort-on-container-exit", "--abort-on-container-failure", "--attach web"),
    *("--attach-dependencies", "--watch", "--exit-code-from web"),
)

REFUSED = [
    "up --build --no-build",
    "create --build --no-build",
    "up --force-recreate --no-recreate",
    "create --force-recreate --no-recreate",
    "up --no-recreate --renew-anon-volumes",
    "up --no-recreate -V",
    "up --always-recreate-deps --no-recreate",
    *(f"up {first} {second}" for first in DETACHED for second in ATTACHED),
    "up --abort-on-container-exit --abort-on-container-failure",
    "up --no-build --watch",
    "up --attach web --attach-dependencies",
    "up --wait-timeout -1",
    "up --wait-timeout=-1",
    "up --pull sometimes",
    "up --scale web",
    "up --scale web=x",
    "up --scale nosuch=2",
    "up --timeout=",
    "up nosuch",
    "run --service-ports --publish 1:1 web",
    "run --tty --no-tty web",
    "exec --tty --no-tty web ls",
    "exec web",
    "exec",
    "down --rmi some",
    "scale",
    "scale web",
    "scale web=x",
    "scale nosuch=1",
    "ps --all=maybe",
    "ps --filter name=x",
    "logs --tail x",
    "config --format xml",
    "config --hash nosuch",
    "version x",
    "--ansi never --progress tty ps",
    "--ansi always --progress plain ps",
    "--progress loud ps",
    "--no-ansi --ansi always ps",
    "--workdir . --project-directory . ps",
    "--parallel x ps",
    "-p UPPER ps",
    "nosuch",
    "up --nosuch",
    "ps -z",
    "logs -n",
]

NOT_BY_DOCKER = {
    "-p UPPER ps",
    "exec --tty --no-tty web ls",
    "up --wait-timeout -1",
    "up --wait-timeout=-1",
    "ps --filter name=x",
    "logs --tail x",
}
"""Those that Docker Compose takes, and makes something of."""
