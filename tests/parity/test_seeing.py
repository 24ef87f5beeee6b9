"""What both programs print of one project: `ps`, `ls`, `images`, `volumes`, `port`, `top`, `stats`.

Both look at the same containers at almost the same moment.  Times, and what is in another
order each time that Docker Compose prints it, are brought to one form.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import pytest

from support.cli import Folder, Ran, free_port, run
from support.peer import docker_compose

pytestmark = [pytest.mark.parity, pytest.mark.docker]

STAYS = "[sh, -c, \"trap 'exit 0' TERM; while :; do sleep 0.1; done\"]"
FILE = """
name: {name}
services:
  web:
    image: busybox:latest
    command: [sleep, infinity]
    ports: ["127.0.0.1:{one}:80", "{two}:81/udp", "{three}:{three}"]
    expose: [9000]
    labels: {{a.b-c_d: "x<y&z>", plain: hello world}}
    volumes: [data:/data, /anonymous]
    networks: [front]
    mem_limit: 64m
    depends_on: [db]
  db:
    image: busybox:latest
    command: {stays}
    stop_grace_period: 0s
    healthcheck: {{test: 'true', interval: 100ms}}
  gone:
    image: busybox:latest
    command: [sh, -c, exit 7]
  pair:
    image: alpine:latest
    command: [sleep, infinity]
    scale: 2
networks: {{front: {{}}}}
volumes: {{data: {{labels: {{k: v}}}}}}
"""

TEMPLATE = "\n".join(
    [
        "{{.Name}} {{.Publishers}}",
        "{{json .Publishers}} {{json .Ports}} {{json .ExitCode}}",
        "{{range $i, $p := .Publishers}}{{if $i}},{{end}}{{$p.PublishedPort}}{{else}}none{{end}}",
        '{{if eq .State "running"}}up{{else if eq .ExitCode 7}}seven{{else}}down{{end}}',
        "{{with .Health}}H={{.}}{{else}}no health{{end}}",
        '{{.Label "a.b-c_d"}}|{{.Label "nix"}}|{{.Label "plain" | upper | printf "%q"}}',
        '{{index (split .Name "-") 1}} {{len .Name}} {{slice .ID 0 4}} {{pad .Service 2 3}}|',
        "{{- .Name -}}  x  {{- /* a comment */ -}} y",
        '{{$x := .Service}}{{$x}}{{printf "%-8s|%5d|%v|%T" .Service .ExitCode .Command .Name}}',
        "{{.LocalVolumes}} {{.Size}} {{.Project}} {{.Names}} {{.Image}} {{.CreatedAt}}",
    ]
)
TABLES = [
    "table {{.Name}}\\t{{.State}}\\t{{upper .Service}}",
    "table {{json .Service}}\\t{{pad .State 1 1}}\\t{{.Image}}",
    "table {{range .Publishers}}{{.PublishedPort}} {{end}}\\t{{.Service}}",
    "raw",
]

CASES = [
    *("ps", "ps -a", "ps -q", "ps -aq", "ps --services", "ps --services --status dead"),
    *("ps --status exited", "ps --filter status=exited -q", "ps --status running --status exited"),
    *("ps web db", "ps --no-trunc", "ps --orphans=false", "ps -a --format json", "ps nope"),
    *("ps --filter x=y", "ps --format {{.Nmae}}", "ps --format {{.Name", "ps --format {{nix}}"),
    *(f"ps -a --format {shlex.quote(template)}" for template in (TEMPLATE, *TABLES)),
    *("ls --filter name=NAME", "ls -a --filter name=NAME", "ls -q --filter name=NAME"),
    *("ls --format json --filter name=NAME", "ls -aq --filter name=^NAME$"),
    *("ls --filter name=no-such --format json", "ls --filter x=y", "ls --filter x"),
    *("ls --format yaml", "ls extra"),
    *("images", "images db pair", "images -q", "images nope", "images --format json web"),
    *("images --format x",),
    *("volumes", "volumes -q", "volumes web", "volumes db", "volumes nope"),
    *("volumes --format json", "volumes --format raw"),
    """volumes --format '{{.Name}} {{.Label "k"}} {{.Mountpoint}} {{.Size}} {{.Scope}}'""",
    *("port web 80", "port --protocol udp web 81", "port --protocol TCP web 80", "port web 9000"),
    *("port --index 1 web 80", "port --index 2 web 80", "port web 5", "port db 80", "port web x"),
    *("port gone 80", "port nope 80"),
    *("top pair web", "top nope", "top gone"),
    *("stats --no-stream -a --format '{{.Name}} {{.ID}} {{.PIDs}}' gone",),
    *("stats --no-stream web --format '{{.Name}} {{.Container}} {{.PIDs}} {{.NetIO}}'",),
    *("-p no-such-project ps", "-p no-such-project images", "-p no-such-project volumes"),
    *("-p no-such-project top", "-p no-such-project port web 80", "-p NAME ps --services"),
    *("alpha viz", "alpha viz --networks --ports --image --spaces --indentation-size 3"),
    "alpha viz --indentation-size=-1",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = Folder(tmp_path_factory.mktemp("seeing"))
    folder.environment = {}  # with a name in there Docker Compose does not read the file
    ports = {"one": free_port(), "two": free_port(), "three": free_port()}
    folder.write("compose.yaml", FILE.format(name=folder.name, stays=STAYS, **ports))
    both(folder, "up -d --wait db web pair")
    both(folder, "up -d --no-deps gone")
    run("docker", "wait", f"{folder.name}-gone-1")
    yield folder
    folder.remove()


def both(folder: Folder, words: str) -> Ran:
    return run(docker_compose(), *shlex.split(words), cwd=folder.path, env=folder.environment)


def in_one_form(words: str, text: str) -> list[str]:
    """Return the lines of an output without what differs between two looks."""
    text = re.sub(r"(About an? \w+|Less than a second|\d+ \w+) ago", "TIME", text)
    text = re.sub(r"Up (About an? \w+|Less than a second|\d+ \w+)", "Up TIME", text)
    lines = [re.sub(r" *TIME *", " TIME ", line) for line in text.splitlines()]
    if "--format json" in words:
        return [json.dumps(known(line)) if line else "" for line in lines]
    if words.startswith(("images", "alpha")):
        return sorted(lines)
    return [labels_sorted(line) for line in lines]


def known(line: str) -> object:
    """Return a line of JSON with its labels and networks sorted."""
    told = json.loads(line)
    for name in ("Labels", "Networks", "Mounts"):
        if name in told:
            told[name] = ",".join(sorted(told[name].split(",")))
    return told


def labels_sorted(line: str) -> str:
    head, separator, rest = line.partition("labels: ")
    return head + separator + ",".join(sorted(rest.split(","))) if separator else line


@pytest.mark.parametrize("words", CASES)
def test_both_programs_print_the_same(project: Folder, words: str) -> None:
    words = words.replace("NAME", project.name)

    for _ in range(3):  # a second may begin between two looks
        docker, ours = both(project, words), project.composer(*shlex.split(words))
        if in_one_form(words, ours.out) == in_one_form(words, docker.out):
            break

    assert in_one_form(words, ours.out) == in_one_form(words, docker.out)
    assert ours.code == docker.code
    assert "Traceback" not in ours.err


def test_percentages_and_amounts_of_stats_agree(project: Folder) -> None:
    words = "stats --no-stream --format json db"

    rans = both(project, words), project.composer(*words.split())
    docker, ours = (json.loads(ran.out) for ran in rans)

    assert list(ours) == list(docker)
    assert abs(float(ours["CPUPerc"][:-1]) - float(docker["CPUPerc"][:-1])) < 30
    assert ours["MemUsage"].partition(" / ")[2] == docker["MemUsage"].partition(" / ")[2]
    assert ours["NetIO"] == docker["NetIO"]
