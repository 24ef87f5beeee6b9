from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from composer.engine.bake import is_remote
from composer.engine.docker.build import classic_build
from composer.engine.under_way import UnderWay
from composer.errors import EngineError
from composer.model.build import Build, BuildSecret, BuildUlimit
from composer.model.events import Progress
from composer.model.resources import BuildSpec
from composer.model.units import Bytes
from composer.source import SourceFile, SourceMark
from support.wire import Script, chunks, refused, scripted

PROXIES = {"HTTP_PROXY": "http://p", "http_proxy": "http://p"}


def lines(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\r\n" for entry in entries)


def build(context: str, *answer: dict[str, Any], **fields: Any) -> tuple[dict[str, Any], list[str]]:
    """Build against an engine that answers with `answer`; return its parameters, and the output."""
    sent: dict[str, Any] = {}
    heard: list[Progress] = []

    def engine(path: str, plug: socket.socket) -> None:
        sent.update(parse_qs(urlsplit(path).query))
        chunks(lines(*answer))(path, plug)

    others = ("labels", "quiet", "marks")
    spec_fields = {name: fields.pop(name) for name in others if name in fields}
    spec = BuildSpec(
        service="web",
        tags=("demo-web", "two"),
        build=Build(context=context, **fields),
        **spec_fields,
    )
    with scripted(Script({"POST /build": engine})) as wire:
        wire.address = replace(wire.address, proxies=PROXIES)
        classic_build(wire, spec, heard.append, UnderWay())
    return sent, [progress.text for progress in heard]


@pytest.fixture
def context(tmp_path: Path) -> str:
    (tmp_path / "Dockerfile").write_text("FROM x\n")
    return str(tmp_path)


def test_a_build_becomes_parameters(context: str) -> None:
    sent, _ = build(
        context,
        args={"A": "1", "B": None, "http_proxy": "own"},
        cache_from=("x",),
        extra_hosts=("a=1.2.3.4", "b=::1"),
        network="host",
        no_cache=True,
        pull=True,
        shm_size=Bytes(64),
        target="final",
        ulimits={"nofile": BuildUlimit(soft=1, hard=2)},
        platforms=("linux/amd64",),
        labels={"l": "m"},
    )

    assert sent == {
        "t": ["demo-web", "two"],
        "buildargs": ['{"HTTP_PROXY": "http://p", "http_proxy": "own", "A": "1"}'],
        "cachefrom": ['["x"]'],
        "dockerfile": ["Dockerfile"],
        "extrahosts": ["a:1.2.3.4", "b:::1"],
        "forcerm": ["1"],
        "labels": ['{"l": "m"}'],
        "networkmode": ["host"],
        "nocache": ["1"],
        "platform": ["linux/amd64"],
        "pull": ["1"],
        "rm": ["1"],
        "shmsize": ["64"],
        "target": ["final"],
        "ulimits": ['[{"Name": "nofile", "Soft": 1, "Hard": 2}]'],
        "version": ["1"],
    }


def test_a_remote_context_is_left_to_the_engine() -> None:
    sent, _ = build("https://github.com/a/b.git#main", dockerfile="sub/Dockerfile")

    assert sent["remote"] == ["https://github.com/a/b.git#main"]
    assert sent["dockerfile"] == ["sub/Dockerfile"]


@pytest.mark.parametrize(
    ("context", "remote"),
    [
        ("/app", False),
        ("./app.git", False),
        ("https://x/y.tar.gz", True),
        ("git@github.com:a/b.git", True),
        ("ssh://git@x/y", True),
        ("github.com/a/b", True),
    ],
)
def test_addresses_are_told_from_directories(context: str, remote: bool) -> None:
    assert is_remote(context) is remote


def test_each_line_is_reported(context: str) -> None:
    _, heard = build(
        context,
        {"stream": "Step 1/2 : FROM x\n"},
        {"status": "Downloading", "progressDetail": {"current": 1}, "id": "a"},
        {"stream": " ---> 123\n"},
        {"aux": {"ID": "sha256:1"}},
        {"stream": "Successfully built 1\n"},
    )

    assert heard == ["Step 1/2 : FROM x", " ---> 123", "Successfully built 1"]


def test_what_the_builder_cannot_read_is_told_at_its_line(context: str) -> None:
    said = "dockerfile parse error line 1: unknown instruction: FRO"
    spec = BuildSpec(service="web", tags=("x",), build=Build(context=context))

    script = Script({"POST /build": refused(400, said)})
    with scripted(script) as wire, pytest.raises(EngineError) as caught:
        classic_build(wire, spec, lambda told: None, UnderWay())

    assert caught.value.message == f"the build of 'web' failed: {said}"
    assert caught.value.mark is not None
    assert str(caught.value.mark).endswith("Dockerfile:1:1")


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("no", "no' is not a directory", "create it, or correct the path"),
        ("-", "-' is not a directory", "contexts are not read from standard input"),
        ("", "Nope': no such file", "write one, or name another with 'dockerfile'"),
    ],
)
def test_what_is_not_there_is_told_at_its_line(
    context: str, name: str, message: str, hint: str
) -> None:
    mark = SourceMark(SourceFile("compose.yaml", "x\n"), 1, 1)
    fields = {"marks": {"context": mark}, "dockerfile": "Nope"}

    with pytest.raises(EngineError, match=message) as caught:
        build(f"{context}/{name}".rstrip("/"), **fields)

    assert caught.value.mark == mark
    assert caught.value.help == hint


def test_what_goes_to_stderr_is_told_as_it_was_written(context: str) -> None:
    assert build(context, {"stream": "\x1b[91mno rule\n\x1b[0m"})[1] == ["no rule"]


def test_a_quiet_build_reports_nothing(context: str) -> None:
    assert build(context, {"stream": "Step 1/2 : FROM x\n"}, quiet=True)[1] == []


def test_a_failure_names_the_step_and_shows_its_last_lines(context: str) -> None:
    with pytest.raises(EngineError) as caught:
        build(
            context,
            {"stream": "Step 1/2 : FROM x\n"},
            {"stream": "Step 2/2 : RUN make\n"},
            {"stream": "no rule to make\n"},
            {"error": "ignored", "errorDetail": {"message": "The command returned 2"}},
        )

    assert caught.value.message == "the build of 'web' failed at 'RUN make': the command returned 2"
    assert caught.value.help == (
        "last lines of the build:\n  Step 2/2 : RUN make\n  no rule to make"
    )


def test_who_has_left_out_from_is_told_so(context: str) -> None:
    fault = "dockerfile parse error line 1: no build stage in current context"
    with pytest.raises(EngineError) as caught:
        build(context, {"errorDetail": {"message": fault}})

    assert caught.value.help == "a Dockerfile begins with FROM and the name of an image"


def test_a_failure_is_shown_at_its_line_in_the_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x\n\n  RUN make \\\n    all\n")

    with pytest.raises(EngineError) as caught:
        build(
            str(tmp_path),
            {"stream": "Step 2/2 : RUN make     all\n"},
            {"errorDetail": {"message": "The command returned 2"}},
        )

    assert caught.value.mark is not None
    assert (caught.value.mark.line, caught.value.mark.column) == (3, 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("additional_contexts", {"a": "b"}),
        ("cache_to", ("x",)),
        ("entitlements", ("x",)),
        ("no_cache_filter", ("x",)),
        ("privileged", True),
        ("provenance", "true"),
        ("sbom", "true"),
        ("secrets", (BuildSecret(source="x"),)),
        ("ssh", {"default": None}),
    ],
)
def test_what_only_buildkit_can_do_is_named(context: str, field: str, value: object) -> None:
    with pytest.raises(EngineError, match=f"the build of 'web' uses {field}, which needs BuildKit"):
        build(context, **{field: value})
