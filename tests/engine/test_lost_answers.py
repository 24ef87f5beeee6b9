"""The engine did what it was asked for, or did not, and the answer never came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from composer.engine.docker.client import DockerEngine
from composer.engine.docker.wire import Wire
from composer.errors import AnswerLost, Conflict, EngineError, EngineUnavailable
from composer.model.names import Label
from composer.model.resources import (
    ContainerConfig,
    ContainerFile,
    ContainerSpec,
    Limits,
    NetworkSpec,
    VolumeSpec,
)
from composer.model.service import Mount, NetworkReference
from composer.model.units import Bytes
from composer.record import replace
from support.wire import HASTE, Handler, Script, chunks, hang_up, in_turn, lost, refused, scripted

NOW = "2026-01-01T00:01:00Z"
LONG_AGO = "2026-01-01T00:00:00Z"
NEVER = "0001-01-01T00:00:00Z"
LABELS = {str(Label.PROJECT): "demo", str(Label.SERVICE): "web", str(Label.CONFIG_HASH): "abc"}
VOLUME = Mount(type="volume", source="inherited", target="/data")
SPEC = ContainerSpec(
    service="web",
    number=1,
    name="demo-web-1",
    digest="abc",
    config=ContainerConfig(image="app:1", network_mode="none", mounts=(VOLUME,)),
    labels=LABELS,
)
TAKEN = refused(409, 'Conflict. The container name "/demo-web-1" is already in use')


def live(**changes: Any) -> dict[str, Any]:
    config = {"Image": "app:1", "Labels": {**LABELS, "more": "1"}, "Tty": False}
    return {
        "Id": "1",
        "Name": changes.pop("Name", "/demo-web-1"),
        "Config": {**config, **changes},
        "HostConfig": {"Binds": ["inherited:/data:rw"]},
        "State": {"Status": "created", "StartedAt": NEVER},
    }


def ran(status: str, started: str) -> dict[str, Any]:
    return {**live(), "State": {"Status": status, "StartedAt": started}}


@contextmanager
def engine(answers: dict[str, Handler | object]) -> Iterator[tuple[DockerEngine, Script]]:
    script = Script({"GET /info": {"SystemTime": NOW}, **answers})
    with scripted(script, HASTE) as wire:
        yield DockerEngine(wire, {}), script


def asked(script: Script, what: str) -> int:
    """Return how often the engine was asked for `what`."""
    return sum(f"{one.split('?')[0]}".replace("/v1.41", "") == what for one in script.seen)


def test_a_container_whose_create_was_not_answered_is_taken() -> None:
    with engine(
        {
            "POST /containers/create": in_turn(hang_up, TAKEN),
            "GET /containers/demo-web-1/json": live(),
        }
    ) as (docker, _):
        assert docker.create_container(SPEC) == "1"


def test_whom_a_container_replaces_and_why_does_not_make_it_another() -> None:
    reasons = {Label.REPLACE: "web", Label.REPLACED_BECAUSE: "its image changed"}
    spec = replace(SPEC, labels={**LABELS, **{str(k): v for k, v in reasons.items()}})
    with engine({"POST /containers/create": TAKEN, "GET /containers/demo-web-1/json": live()}) as (
        docker,
        _,
    ):
        assert docker.create_container(spec) == "1"


def test_a_container_that_runs_meanwhile_for_another_is_not_removed_by_force() -> None:
    files = (ContainerFile(path="/key", content=b"hunter2"),)
    with (
        engine(
            {
                "POST /containers/create": in_turn(hang_up, TAKEN),
                "GET /containers/demo-web-1/json": live(),
                "PUT /containers/1/archive": refused(500, "no space left on device"),
                "DELETE /containers/1": refused(409, "You cannot remove a running container"),
            }
        ) as (docker, script),
        pytest.raises(EngineError, match="no space left"),
    ):
        docker.create_container(replace(SPEC, files=files))

    assert "force=0" in script.seen[-1]


def test_a_create_that_never_arrived_is_repeated() -> None:
    with engine({"POST /containers/create": in_turn(hang_up, {"Id": "2"})}) as (docker, script):
        assert docker.create_container(SPEC) == "2"

    assert asked(script, "POST /containers/create") == 2


@pytest.mark.parametrize(
    "other",
    [
        live(Labels={**LABELS, Label.CONFIG_HASH: "def"}),
        live(Labels={**LABELS, Label.PROJECT: "other"}),
        live(Labels=None),
        live(Image="app:2"),
        live(Name="/abc_demo-web-1"),
        {**live(), "HostConfig": {"Binds": ["other:/data:rw"]}},
    ],
    ids=["config", "project", "no labels", "image", "name", "volume"],
)
def test_a_container_of_somebody_else_is_never_taken(other: dict[str, Any]) -> None:
    with (
        engine(
            {
                "POST /containers/create": in_turn(hang_up, TAKEN),
                "GET /containers/demo-web-1/json": other,
            }
        ) as (docker, script),
        pytest.raises(Conflict, match="already in use"),
    ):
        docker.create_container(SPEC)

    assert [one for one in script.seen if one.startswith("DELETE")] == []


def test_a_container_that_runs_already_is_not_started_again() -> None:
    with engine(
        {
            "POST /containers/job/start": hang_up,
            "GET /containers/job/json": ran("running", NOW),
        }
    ) as (docker, script):
        docker.start("job")

    assert asked(script, "POST /containers/job/start") == 1


def test_a_job_that_ran_to_its_end_meanwhile_is_not_run_twice() -> None:
    with engine(
        {
            "POST /containers/job/start": hang_up,
            "GET /containers/job/json": ran("exited", NOW),
        }
    ) as (docker, script):
        docker.start("job")

    assert asked(script, "POST /containers/job/start") == 1


@pytest.mark.parametrize(("status", "started"), [("created", NEVER), ("exited", LONG_AGO)])
def test_a_start_that_never_arrived_is_repeated(status: str, started: str) -> None:
    with engine(
        {
            "POST /containers/job/start": in_turn(hang_up, None),
            "GET /containers/job/json": ran(status, started),
        }
    ) as (docker, script):
        docker.start("job")

    assert asked(script, "POST /containers/job/start") == 2


def test_a_rename_that_was_done_is_not_asked_for_again() -> None:
    name = ["/abc_web"]

    with engine(
        {
            "GET /containers/abc_web/json": live(),
            "POST /containers/1/rename": lost(lambda: name.append("/web")),
            "GET /containers/1/json": lambda path, plug: in_turn(live(Name=name[-1]))(path, plug),
        }
    ) as (docker, script):
        docker.rename("abc_web", "web")

    assert asked(script, "POST /containers/1/rename") == 1


def test_a_rename_that_never_arrived_is_repeated() -> None:
    with engine(
        {
            "GET /containers/abc_web/json": live(),
            "POST /containers/1/rename": in_turn(hang_up, None),
            "GET /containers/1/json": live(Name="/abc_web"),
        }
    ) as (docker, script):
        docker.rename("abc_web", "web")

    assert asked(script, "POST /containers/1/rename") == 2


def test_a_container_that_joined_its_network_need_not_join_again() -> None:
    again = refused(403, "endpoint with name web already exists in network net")
    with engine(
        {
            "GET /containers/web/json": {**live(), "NetworkSettings": {}},
            "POST /networks/net/connect": in_turn(hang_up, again),
        }
    ) as (docker, script):
        docker.connect("web", "net", NetworkReference())

    assert asked(script, "POST /networks/net/connect") == 2


@pytest.mark.parametrize(
    ("aliases", "is_fine"), [(["demo-web-1", "web", "other"], True), (["demo-web-1", "web"], False)]
)
def test_to_find_a_container_connected_by_somebody_else_is_fine_if_it_is_so_as_well(
    aliases: list[str], is_fine: bool
) -> None:
    again = refused(403, "endpoint with name web already exists in network net")
    networks = {"net": {"Aliases": aliases}}
    with engine(
        {
            "GET /containers/web/json": {**live(), "NetworkSettings": {}},
            "GET /containers/1/json": {**live(), "NetworkSettings": {"Networks": networks}},
            "POST /networks/net/connect": again,
        }
    ) as (docker, _):
        expected = pytest.raises(Conflict, match="already exists in network")
        with nullcontext() if is_fine else expected:
            docker.connect("web", "net", NetworkReference(aliases=("other",)))


DATA = VolumeSpec(key="v", name="v")
NETWORK = NetworkSpec(key="net", name="demo_net", labels={str(Label.PROJECT): "demo"})


@pytest.mark.parametrize("labels", [NETWORK.labels, {}, None])
def test_a_network_whose_create_was_not_answered_is_taken_if_it_is_ours(labels: Any) -> None:
    with engine(
        {
            "POST /networks/create": in_turn(hang_up, refused(409, "already exists")),
            "GET /networks/demo_net": {"Labels": labels},
            "GET /networks": [],
        }
    ) as (docker, _):
        if labels:
            docker.create_network(NETWORK)
        else:
            with pytest.raises(Conflict):
                docker.create_network(NETWORK)


Do = Callable[[DockerEngine], object]


@pytest.mark.parametrize(
    ("request_line", "do"),
    [
        ("POST /containers/web/stop", lambda docker: docker.stop("web", 1)),
        ("POST /containers/web/kill", lambda docker: docker.kill("web")),
        ("DELETE /containers/web", lambda docker: docker.remove("web")),
        ("POST /networks/net/disconnect", lambda docker: docker.disconnect("web", "net")),
        ("DELETE /networks/net", lambda docker: docker.remove_network("net")),
        (
            "POST /volumes/create",
            lambda docker: docker.create_volume(DATA),
        ),
        ("DELETE /volumes/v", lambda docker: docker.remove_volume("v")),
        ("DELETE /images/app:1", lambda docker: docker.remove_image("app:1")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_no_harm_twice_is_repeated(request_line: str, do: Do) -> None:
    with engine({request_line: in_turn(hang_up, hang_up, None)}) as (docker, script):
        do(docker)

    assert asked(script, request_line) == 3


def test_a_volume_is_filled_though_the_create_of_its_writer_was_not_answered() -> None:
    file = ContainerFile(path="key", content=b"hunter2")
    with engine(
        {
            "POST /volumes/create": {"Name": "v"},
            "DELETE /containers/v-writer": None,
            "POST /containers/create": in_turn(hang_up, {"Id": "1"}),
            "PUT /containers/v-writer/archive": None,
        }
    ) as (docker, script):
        docker.create_volume(replace(DATA, files=(file,)))

    assert asked(script, "POST /containers/create") == 2
    assert script.seen[-1].startswith("DELETE")


def test_a_signal_is_sent_once() -> None:
    with (
        engine({"POST /containers/web/kill": hang_up}) as (docker, script),
        pytest.raises(AnswerLost),
    ):
        docker.kill("web", "SIGHUP")

    assert asked(script, "POST /containers/web/kill") == 1


def test_a_pull_that_is_cut_goes_on() -> None:
    def line(status: str) -> bytes:
        return json.dumps({"status": status}).encode() + b"\n"

    half = chunks(line("Downloading"), end=False)
    heard: list[str] = []
    with engine({"POST /images/create": in_turn(half, chunks(line("Done")))}) as (docker, _):
        docker.pull("app:1", None, lambda progress: heard.append(progress.text))

    assert heard == ["Downloading", "Done"]


def test_a_container_about_to_go_is_waited_for() -> None:
    busy = refused(409, "removal of container web is already in progress")
    with engine(
        {
            "DELETE /containers/web": busy,
            "POST /containers/web/wait": in_turn(hang_up, {"StatusCode": 0}),
        }
    ) as (docker, script):
        docker.remove("web")

    waits = [one for one in script.seen if "/containers/web/wait" in one]  # a ping may come late
    assert len(waits) == 2
    assert "condition=removed" in waits[-1]


def test_an_answer_that_is_lost_again_and_again_is_an_error() -> None:
    with (
        engine({"POST /containers/web/stop": hang_up}) as (docker, script),
        pytest.raises(AnswerLost, match="broke off the connection"),
    ):
        docker.stop("web")

    assert asked(script, "POST /containers/web/stop") == 6


def test_a_proxy_that_fails_says_nothing_of_what_became_of_the_request() -> None:
    def bad_gateway(path: str, plug: Any) -> None:
        plug.sendall(b"HTTP/1.1 502 X\r\nContent-Length: 11\r\n\r\nBad Gateway")

    with engine({"POST /containers/web/stop": in_turn(bad_gateway, None)}) as (docker, script):
        docker.stop("web")

    assert asked(script, "POST /containers/web/stop") == 2


def test_an_engine_that_is_gone_is_named_within_seconds() -> None:
    """The one that listens goes away together with its socket."""
    with engine({"POST /containers/web/stop": hang_up}) as (docker, script):
        wire: Wire = docker._wire
        script.gone = True
        with pytest.raises(EngineUnavailable, match=r"the engine at unix://.* went away: ") as told:
            docker.stop("web")

    assert told.value.help == "run the same command again when it is back: it goes on from there"
    assert wire.address.url in told.value.message


@pytest.mark.parametrize(
    ("request_line", "do", "message"),
    [
        (
            "POST /containers/web/stop",
            lambda docker: docker.stop("web"),
            "connection error: transport is closing: unavailable",
        ),
        (
            "DELETE /containers/web",
            lambda docker: docker.remove("web"),
            'driver "overlay2" failed to remove root filesystem: device or resource busy',
        ),
        (
            "POST /containers/create",
            lambda docker: docker.create_container(SPEC),
            "network net is ambiguous (2 matches found based on name)",
        ),
        *(
            (
                "POST /containers/web/update",
                lambda docker: docker.update_container("web", Limits(mem_limit=Bytes(2**26))),
                f"Cannot update container web: {why}: unknown",
            )
            for why in (
                "cannot update a stopped container",
                "cannot update a deleted process",
                "runc did not terminate successfully: exit status 1: container not running",
            )
        ),
    ],
    ids=[
        "containerd restarts",
        "a mount is in use",
        "a name is cleared up",
        *(f"it ends while it is updated {number}" for number in (1, 2, 3)),
    ],
)
def test_a_busy_engine_is_asked_again(request_line: str, do: Do, message: str) -> None:
    answers = {request_line: in_turn(refused(500, message), {"Id": "1"}), "GET /networks": []}
    with engine(answers) as (docker, script):
        do(docker)

    assert asked(script, request_line) == 2


def network(id: str, created: str, **labels: str) -> dict[str, Any]:
    found = {**NETWORK.labels, **labels}
    return {"Id": id, "Name": "demo_net", "Created": created, "Labels": found}


def test_of_two_networks_made_at_one_moment_the_older_one_stays() -> None:
    both = [
        network("younger", "2026-01-01T00:00:02Z"),
        network("older", "2026-01-01T00:00:01Z"),
        {**network("other", "2026-01-01T00:00:03Z"), "Name": "demo_net_2"},
        {**network("foreign", "2026-01-01T00:00:04Z"), "Labels": {}},
    ]
    with engine(
        {
            "POST /networks/create": {"Id": "younger"},
            "GET /networks": both,
            "DELETE /networks/younger": None,
        }
    ) as (docker, script):
        docker.create_network(NETWORK)

    assert [one for one in script.seen if one.startswith("DELETE")] == [
        "DELETE /v1.41/networks/younger"
    ]


def test_a_network_that_what_has_stopped_is_still_in_is_removed_a_moment_later() -> None:
    with engine(
        {
            "DELETE /networks/demo_net": in_turn(
                refused(403, "network demo_net has active endpoints"), None
            ),
            "GET /networks/demo_net": {"Containers": {"one": {}}},
            "GET /containers/json": [{"Id": "other"}],
        }
    ) as (docker, script):
        docker.remove_network("demo_net")

    methods = [one.split()[0] for one in script.seen if "_ping" not in one]
    assert methods == ["DELETE", "GET", "GET", "DELETE"]


def test_a_network_that_somebody_uses_is_refused_at_once() -> None:
    with engine(
        {
            "DELETE /networks/demo_net": refused(403, "network demo_net has active endpoints"),
            "GET /networks/demo_net": {"Containers": {"one": {}}},
            "GET /containers/json": [{"Id": "one"}],
        }
    ) as (docker, script):
        with pytest.raises(Conflict, match="active endpoints"):
            docker.remove_network("demo_net")

        assert len([one for one in script.seen if one.startswith("DELETE")]) == 1


def test_of_two_networks_made_at_one_moment_the_one_in_use_stays() -> None:
    both = [network("1", "2026-01-01T00:00:01Z"), network("2", "2026-01-01T00:00:02Z")]
    with engine(
        {
            "POST /networks/create": {"Id": "1"},
            "GET /networks": both,
            "DELETE /networks/2": refused(403, "network demo_net has active endpoints"),
            "DELETE /networks/1": None,
        }
    ) as (docker, script):
        docker.create_network(NETWORK)

    assert script.seen[-1] == "DELETE /v1.41/networks/1"


def test_the_older_of_two_networks_stays_when_another_has_removed_the_younger() -> None:
    both = [network("1", "2026-01-01T00:00:01Z"), network("2", "2026-01-01T00:00:02Z")]
    with engine(
        {
            "POST /networks/create": {"Id": "2"},
            "GET /networks": both,
            "DELETE /networks/2": in_turn(hang_up, refused(404, "network 2 not found")),
            "DELETE /networks/1": None,
        }
    ) as (docker, script):
        docker.create_network(NETWORK)

    assert not [one for one in script.seen if one.endswith("/networks/1")]


def test_networks_of_one_name_are_made_one_when_they_stand_in_the_way() -> None:
    both = [network("2", "2026-01-01T00:00:02Z"), network("1", "2026-01-01T00:00:01Z")]
    unclear = refused(400, "network demo_net is ambiguous (2 matches found based on name)")
    with engine(
        {
            "DELETE /networks/demo_net": in_turn(unclear, None),
            "GET /networks": both,
            "DELETE /networks/2": None,
        }
    ) as (docker, script):
        docker.remove_network("demo_net")

    deleted = [one.rpartition("/")[2] for one in script.seen if one.startswith("DELETE")]
    assert deleted == ["demo_net", "2", "demo_net"]
