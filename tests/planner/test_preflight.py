"""What stands in the way outside of the project, and what only looks like it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from composer.engine.vicinity import look_around
from composer.errors import EngineError, InvalidProject, LoginRequired, NotFound, Problem
from composer.model.build import Build
from composer.model.events import Event
from composer.model.names import Label
from composer.model.observed import (
    ContainerState,
    Observed,
    ObservedContainer,
    ObservedNetwork,
    Pool,
    PublishedPort,
)
from composer.model.options import ImageOptions, Recreate, UpOptions
from composer.model.plan import Plan
from composer.model.project import Ipam, IpamPool, Network, Project
from composer.model.service import BindOptions, Dependency, Mount, NetworkReference, Port, Service
from composer.model.vicinity import Listener, Vicinity, Wants
from composer.planner.images import plan_images
from composer.planner.preflight import doubts, obstacles, wants
from composer.planner.up import plan_up
from composer.reconciler import bring_up
from support.engine import FakeEngine
from support.loading import project_of
from support.plans import live, project, service, world
from support.problems import assert_problems

UP = UpOptions()
NOTHING = Plan()


def found(
    whole: Project,
    around: Vicinity,
    *own: ObservedContainer,
    options: UpOptions = UP,
    observed: Observed | None = None,
) -> list[Problem]:
    """Return the obstacles; the project's own containers that run are around too."""
    observed = observed or world(whole, *own)
    running = tuple(one for one in own if one.state.status == "running")
    around = replace(around, containers=(*running, *around.containers))
    plan = plan_up(whole, observed, options)
    return list(obstacles(whole, observed, NOTHING, plan, around))


def messages(
    whole: Project, around: Vicinity, *own: ObservedContainer, options: UpOptions = UP
) -> list[str]:
    return [problem.message for problem in found(whole, around, *own, options=options)]


def publishing(name: str, *ports: str, **attributes: object) -> Service:
    """Return a service with ports such as "80", "127.0.0.1:80", "53/udp" or "80-82"."""
    return service(name, ports=tuple(map(_port, ports)), **attributes)


def _port(text: str) -> Port:
    rest, _, protocol = text.partition("/")
    host, _, published = rest.rpartition(":")
    return Port(
        target=1, host_ip=host or None, published=published or None, protocol=protocol or "tcp"
    )


def stranger(*held: str, labels: dict[str, str] | None = None) -> Vicinity:
    """A container of project shop that has ports such as "0.0.0.0:80"."""
    ports = [_port(text) for text in held]
    return Vicinity(
        containers=(
            ObservedContainer(
                id="s" * 64,
                name="shop-db-1",
                image="db",
                image_id="db",
                state=ContainerState(status="running"),
                labels={Label.PROJECT: "shop"} if labels is None else labels,
                ports=tuple(
                    PublishedPort(
                        target=1,
                        protocol=port.protocol or "tcp",
                        host_ip=port.host_ip or "0.0.0.0",
                        published=int(port.published or 0),
                    )
                    for port in ports
                ),
            ),
        )
    )


def process(held: str, *, name: str = "postgres", container: str = "") -> Vicinity:
    port = _port(held)
    listener = Listener(
        port=int(port.published or 0),
        protocol=port.protocol or "tcp",
        address=port.host_ip or "0.0.0.0",
        process=name,
        pid=812 if name else 0,
        container=container,
    )
    return Vicinity(listeners=(listener,))


TAKEN = ["port 80 is taken by container shop-db-1 of project shop"]


# -- ports ----------------------------------------------------------------------------


def test_who_has_another_port_by_a_variable_is_told_its_name(tmp_path: Path) -> None:
    whole = project_of(
        tmp_path,
        """
        services:
          web:
            image: web
            ports: ["${ADDRESS:-0.0.0.0}:${WEB_PORT:-8080}:80"]
        """,
    )
    (problem,) = found(whole, stranger("8080"))
    assert problem.help == (
        "stop it with 'docker stop shop-db-1', or publish another port: set WEB_PORT"
    )


def test_a_port_in_use_is_shown_in_the_file_with_who_has_it(tmp_path: Path) -> None:
    whole = project_of(
        tmp_path,
        """
        services:
          web:
            image: web
            ports: ["8080:80", "5432:5432"]
        """,
    )
    around = replace(stranger("8080"), listeners=process("127.0.0.1:5432").listeners)
    assert_problems(
        found(whole, around),
        """
        error: port 8080 is taken by container shop-db-1 of project shop
          --> compose.yaml:4:13
           |
         4 |     ports: ["8080:80", "5432:5432"]
           |             ^^^^^^^^^
           = help: stop it with 'docker stop shop-db-1', or publish another port

        error: port 5432 is taken by process postgres (pid 812)
          --> compose.yaml:4:24
           |
         4 |     ports: ["8080:80", "5432:5432"]
           |                        ^^^^^^^^^^^
           = help: stop it, or publish another port
        """,
    )


@pytest.mark.parametrize(
    ("wanted", "held", "meet"),
    [
        ("80", "0.0.0.0:80", True),
        ("80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "0.0.0.0:80", True),
        ("127.0.0.1:80", "127.0.0.1:80", True),
        ("127.0.0.1:80", "192.168.1.4:80", False),
        ("80", "81", False),
        ("80", "80/udp", False),
        ("80/udp", "80/udp", True),
        ("80", ":::80", True),
        ("127.0.0.1:80", ":::80", False),
        ("[::1]:80", ":::80", True),
        ("[::1]:80", "0.0.0.0:80", False),
        ("80", "::1:80", False),
    ],
)
def test_ports_meet_where_address_protocol_and_number_do(
    wanted: str, held: str, meet: bool
) -> None:
    whole = project(publishing("web", wanted))
    assert bool(messages(whole, stranger(held))) is meet
    assert bool(messages(whole, process(held))) is meet


def test_a_container_of_no_project_is_called_by_its_name() -> None:
    [message] = messages(project(publishing("web", "80")), stranger("80", labels={}))
    assert message == "port 80 is taken by container shop-db-1"


def test_a_process_that_nobody_may_look_into_is_of_another_user() -> None:
    [message] = messages(project(publishing("web", "80")), process("80", name=""))
    assert message == "port 80 is taken by a process of another user"


def test_what_runs_already_holds_its_own_port() -> None:
    whole = project(publishing("web", "80"))
    assert messages(whole, Vicinity(), live(whole, "web")) == []


def test_a_replaced_container_leaves_its_port_to_its_successor() -> None:
    whole = project(publishing("web", "80"))
    old = live(whole, "web", as_it_was=publishing("web", "80", environment={"A": "b"}))
    assert messages(whole, Vicinity(), old) == []


def test_an_orphan_holds_its_port_until_it_is_removed() -> None:
    old, whole = project(publishing("old", "80")), project(publishing("web", "80"))
    orphan = live(old, "old")
    taken = ["port 80 is taken by container demo-old-1 of this project"]
    [problem] = found(whole, Vicinity(), orphan)
    assert [problem.message] == taken
    assert problem.help == (
        "remove it with --remove-orphans: service 'old' is not in the file, or publish another port"
    )
    options = replace(UP, remove_orphans=True)
    assert messages(whole, Vicinity(), orphan, options=options) == []


def test_a_leftover_that_is_renamed_and_restarted_holds_no_port_against_itself() -> None:
    web = publishing("web", "80", depends_on={"db": Dependency(restart=True)})
    whole = project(web, service("db"))
    odd = live(whole, "web", container="0123456789ab_demo-web-1")
    old = live(whole, "db", as_it_was=service("db", environment={"COLOUR": "red"}))
    assert messages(whole, Vicinity(), odd, old) == []


def test_a_stopped_container_that_starts_again_wants_its_port() -> None:
    whole = project(publishing("web", "80"))
    stopped = live(whole, "web", status="exited")
    assert messages(whole, stranger("80"), stopped) == TAKEN


def test_so_does_one_whose_hash_is_another_and_that_is_what_its_service_says() -> None:
    whole = project(publishing("web", "80"))
    changed = live(whole, "web", status="exited", labels={Label.CONFIG_HASH: "of before"})
    assert messages(whole, stranger("80"), changed) == TAKEN


def test_what_is_only_created_takes_no_port() -> None:
    whole = project(publishing("web", "80"))
    assert messages(whole, stranger("80"), options=replace(UP, start=False)) == []


def test_only_what_is_started_is_looked_at() -> None:
    whole = project(publishing("web", "80", depends_on={"db": Dependency()}), service("db"))
    only_db = replace(UP, services=("db",))
    assert messages(whole, stranger("80"), options=only_db) == []
    only_web = replace(UP, services=("web",), no_deps=True)
    assert messages(whole, stranger("80"), options=only_web) == TAKEN
    assert messages(whole, stranger("80"), options=replace(UP, scale={"web": 0})) == []


def test_what_stays_though_it_differs_is_not_asked_for_the_ports_of_the_file() -> None:
    whole = project(publishing("web", "80"))
    stopped = live(whole, "web", status="exited", as_it_was=publishing("web", "81"))
    options = replace(UP, recreate=Recreate.NEVER)
    assert messages(whole, stranger("80"), stopped, options=options) == []


def test_a_port_that_the_engine_chooses_is_always_free() -> None:
    whole = project(service("web", ports=(Port(target=80),)))
    assert messages(whole, stranger("80")) == []


def test_one_free_port_of_a_range_is_enough_for_one_container() -> None:
    whole = project(publishing("web", "80-82"))
    assert messages(whole, stranger("80", "81")) == []
    assert messages(whole, stranger("80", "81"), options=replace(UP, scale={"web": 2})) == [
        f"no port of 80-82 is free: {TAKEN[0]}"
    ]


def test_replicas_cannot_share_a_port_and_can_share_a_range() -> None:
    several = replace(UP, scale={"web": 3})
    assert messages(project(publishing("web", "80")), Vicinity(), options=several) == [
        "port 80 can be published by one container of 'web' only, not by several"
    ]
    assert messages(project(publishing("web", "80-82")), Vicinity(), options=several) == []


def test_who_scales_what_has_one_port_is_not_told_to_stop_it() -> None:
    whole, several = project(publishing("web", "80")), replace(UP, scale={"web": 3})
    [problem] = found(whole, Vicinity(), live(whole, "web"), options=several)
    assert problem.message == "port 80 is taken by container demo-web-1 of this project"
    assert problem.help == (
        "containers of one service cannot share a port: publish a range such as "
        "'80-89:1', or only '1', and the engine chooses"
    )


def test_who_scales_beyond_a_range_is_told_to_publish_a_wider_one() -> None:
    whole, several = project(publishing("web", "80-81")), replace(UP, scale={"web": 3})
    own = [
        replace(live(whole, "web", number=number), ports=stranger(port).containers[0].ports)
        for number, port in ((1, "80"), (2, "81"))
    ]
    [problem] = found(whole, Vicinity(), *own, options=several)
    assert problem.help == (
        "each container of the service takes one port of the range: publish a wider one"
    )


def test_two_services_cannot_publish_one_port() -> None:
    assert messages(project(publishing("a", "80"), publishing("b", "80")), Vicinity()) == [
        "services 'a' and 'b' both publish port 80"
    ]
    apart = project(publishing("a", "127.0.0.1:80"), publishing("b", "192.168.1.4:80"))
    assert messages(apart, Vicinity()) == []


def test_a_port_is_free_once_what_had_it_has_completed() -> None:
    completed = {"a": Dependency(condition="service_completed_successfully")}
    whole = project(publishing("a", "80"), publishing("b", "80", depends_on=completed))
    assert messages(whole, Vicinity()) == []
    assert messages(whole, Vicinity(), live(whole, "a")) == []


@pytest.mark.parametrize("mode", ["host", "none", "container:x"])
def test_without_a_network_of_its_own_a_container_publishes_nothing(mode: str) -> None:
    whole = project(publishing("web", "80", networks={}, network_mode=mode))
    assert messages(whole, stranger("80")) == []


def test_an_internal_network_publishes_nothing() -> None:
    whole = project(publishing("web", "80"))
    whole = replace(whole, networks={"default": Network(name="demo_default", internal=True)})
    inside = Observed(images=world(whole).images)
    assert found(whole, stranger("80"), observed=inside) == []


def test_a_network_may_publish_at_an_address_of_its_own() -> None:
    binding = {"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"}
    whole = project(publishing("web", "80"))
    whole = replace(whole, networks={"default": Network(name="demo_default", driver_opts=binding)})
    new = Observed(images=world(whole).images)
    assert found(whole, stranger("192.168.1.4:80"), observed=new) == []
    assert found(whole, stranger("127.0.0.1:80"), observed=new) != []


def test_the_engines_own_listener_for_a_replaced_container_is_in_nobodys_way() -> None:
    whole = project(publishing("web", "80"))
    old = live(whole, "web", as_it_was=publishing("web", "80", environment={"A": "b"}))
    for name in ("dockerd", ""):
        assert messages(whole, process("80", name=name), old) == []


def test_a_process_in_a_container_of_the_host_network_is_that_container() -> None:
    whole = project(service("web", networks={}, network_mode="host"))
    old = replace(live(whole, "web"), networks={"host": "id"})
    outside = project(publishing("web", "80"))
    inside = process("80", container=old.id)
    assert messages(outside, inside, old) == []  # it is replaced
    assert messages(outside, process("80", name=""), old) == []  # it may well be this one
    other = replace(stranger(), listeners=process("80", container="s" * 64).listeners)
    assert messages(outside, other, old) == TAKEN


def test_nobody_is_asked_about_ports_when_nothing_starts() -> None:
    whole = project(publishing("web", "80"))
    observed = world(whole, live(whole, "web"))
    assert wants(whole, observed, NOTHING, plan_up(whole, observed, UP)) == Wants()
    empty = world(whole)
    assert wants(whole, empty, NOTHING, plan_up(whole, empty, UP)) == Wants(
        ports=frozenset({(80, "tcp")})
    )


# -- address pools --------------------------------------------------------------------


def with_subnets(*subnets: str) -> Project:
    keys = [f"n{number}" for number in range(len(subnets))]
    whole = project(service("web", networks=dict.fromkeys(keys)), networks=keys)
    return replace(
        whole,
        networks={
            key: Network(name=f"demo_{key}", ipam=Ipam(config=(IpamPool(subnet=subnet),)))
            for key, subnet in zip(keys, subnets, strict=True)
        },
    )


def overlapping(whole: Project, *pools: Pool, **networks: ObservedNetwork) -> list[str]:
    observed = Observed(images=world(whole).images, pools=pools, networks=networks)
    return [problem.message for problem in found(whole, Vicinity(), observed=observed)]


SHOP = Pool(network="shop_default", project="shop", subnet="10.9.0.0/16")


def test_a_subnet_in_use_is_shown_with_the_network_that_has_it(tmp_path: Path) -> None:
    whole = project_of(
        tmp_path,
        """
        services:
          web: {image: web, networks: [front]}
        networks:
          front:
            ipam:
              config: [{subnet: 10.9.8.0/24}]
        """,
    )
    observed = Observed(images=world(whole).images, pools=(SHOP,))
    assert_problems(
        found(whole, Vicinity(), observed=observed),
        """
        error: subnet 10.9.8.0/24 overlaps 10.9.0.0/16 of network shop_default of project shop
          --> compose.yaml:6:25
           |
         6 |       config: [{subnet: 10.9.8.0/24}]
           |                         ^^^^^^^^^^^
           = help: choose another subnet, or leave it out: the engine finds a free one
        """,
    )


@pytest.mark.parametrize("subnet", ["10.10.0.0/16", "fd00::/64", "nonsense"])
def test_another_subnet_is_in_nobodys_way(subnet: str) -> None:
    assert overlapping(with_subnets(subnet), SHOP) == []


def test_a_network_that_is_there_keeps_its_subnet() -> None:
    whole = with_subnets("10.9.0.0/16")
    own = Pool(network="demo_n0", project="demo", subnet="10.9.0.0/16")
    there = ObservedNetwork(id="id", name="demo_n0", labels={Label.PROJECT: "demo"})
    assert overlapping(whole, own, demo_n0=there) == []
    changed = {Label.PROJECT: "demo", Label.CONFIG_HASH: "old"}
    assert overlapping(whole, own, demo_n0=replace(there, labels=changed)) == []


def test_two_new_networks_cannot_overlap() -> None:
    assert overlapping(with_subnets("10.1.0.0/16", "10.1.2.0/24")) == [
        "subnet 10.1.2.0/24 overlaps 10.1.0.0/16 of network 'n0'"
    ]
    assert overlapping(with_subnets("10.1.0.0/16", "10.2.0.0/16")) == []


# -- files ----------------------------------------------------------------------------


SECRETIVE = """
services:
  web: {image: web, secrets: [key]}
  db: {image: db, secrets: [key]}
secrets:
  key: {file: ./key.txt}
"""


def test_a_secret_whose_file_is_gone_is_told_once(tmp_path: Path) -> None:
    whole = project_of(tmp_path, SECRETIVE)
    key = str(tmp_path / "key.txt")
    problems = found(whole, Vicinity(unusable={key: "does not exist"}))
    shown = [replace(one, message=one.message.replace(str(tmp_path), "/demo")) for one in problems]
    assert_problems(
        shown,
        """
        error: secret 'key' is the file '/demo/key.txt', which does not exist
          --> compose.yaml:5:15
           |
         5 |   key: {file: ./key.txt}
           |               ^^^^^^^^^
           = help: create it, or correct the path
        """,
    )
    running = [live(whole, "web"), live(whole, "db")]
    assert found(whole, Vicinity(unusable={key: "does not exist"}), *running) == []


def bound(**options: object) -> Project:
    bind = BindOptions(**options)  # type: ignore[arg-type]
    mount = Mount(type="bind", source="/demo/src", target="/src", bind=bind)
    return project(service("web", volumes=(mount,)))


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ({}, False),
        ({"create_host_path": True}, False),
        ({"create_host_path": False}, True),
        ({"create_host_path": False, "selinux": "z"}, False),
    ],
)
def test_a_bind_must_exist_where_the_engine_does_not_make_it(
    options: dict[str, object], refused: bool
) -> None:
    gone = Vicinity(unusable={"/demo/src": "does not exist"})
    expected = ["service 'web' mounts '/demo/src', which does not exist"]
    assert messages(bound(**options), gone) == (expected if refused else [])


def test_a_bind_of_this_machine_is_doubted_when_the_engine_is_on_another() -> None:
    whole = bound()
    plan = plan_up(whole, world(whole), UP)
    remote = Vicinity(remote="ssh://server")
    [doubt] = doubts(whole, world(whole), plan, remote)
    assert doubt.severity == "warning"
    assert doubt.message == (
        "service 'web' mounts '/demo/src' as the engine's machine has it, not as this one has it"
    )
    assert list(doubts(whole, world(whole), plan, Vicinity())) == []
    socket = Mount(type="bind", source="/var/run/docker.sock", target="/s")
    shared = project(service("web", volumes=(socket,)))
    plan = plan_up(shared, world(shared), UP)
    assert list(doubts(shared, world(shared), plan, remote)) == []


# -- images ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unusable", "expected"),
    [
        ({}, []),
        (
            {"/demo/app": "does not exist", "/demo/app/Dockerfile": "does not exist"},
            ["service 'web' is built from '/demo/app', which does not exist"],
        ),
        (
            {"/demo/app/Dockerfile": "does not exist"},
            ["service 'web' is built by '/demo/app/Dockerfile', which does not exist"],
        ),
    ],
)
def test_a_build_needs_its_directory_and_its_dockerfile(
    unusable: dict[str, str], expected: list[str]
) -> None:
    whole = project(service("web", image=None, build=Build(context="/demo/app")))
    images = plan_images(whole, whole.services.values(), {}, ImageOptions())
    problems = obstacles(whole, Observed(), images, NOTHING, Vicinity(unusable=unusable))
    assert [problem.message for problem in problems] == expected


def test_an_image_that_is_here_is_not_built_and_its_directory_not_looked_for() -> None:
    whole = project(service("web", image=None, build=Build(context="/demo/app")))
    images = plan_images(whole, whole.services.values(), world(whole).images, ImageOptions())
    assert wants(whole, world(whole), images, NOTHING).contexts == frozenset()


# -- images ---------------------------------------------------------------------------


def test_every_image_that_no_registry_gives_away_is_told_with_its_service(tmp_path: Path) -> None:
    text = """\
    services:
      app:
        image: shop/app:1
      db:
        image: postgres:16
      web:
        image: shop/web:1
    """
    whole = project_of(tmp_path, text)
    observed = world(whole, resources=False)
    here = replace(observed, images={"postgres:16": observed.images["postgres:16"]})
    images = plan_images(whole, whole.services.values(), here.images, ImageOptions())
    plan = plan_up(whole, here, UP)
    assert wants(whole, here, images, plan).images == {"shop/app:1", "shop/web:1"}
    refused = {
        "shop/app:1": NotFound("image shop/app:1 is not in its registry"),
        "shop/web:1": LoginRequired("the registry refuses shop/web:1", help="log in"),
    }
    assert_problems(
        list(obstacles(whole, here, images, plan, Vicinity(refused=refused))),
        """
        error: service 'app' cannot have its image: image shop/app:1 is not in its registry
          --> compose.yaml:3:12
           |
         3 |     image: shop/app:1
           |            ^^^^^^^^^^

        error: service 'web' cannot have its image: the registry refuses shop/web:1
          --> compose.yaml:7:12
           |
         7 |     image: shop/web:1
           |            ^^^^^^^^^^
           = help: log in
        """,
    )


def test_an_image_that_is_mounted_and_that_of_a_hook_are_told_at_their_places(
    tmp_path: Path,
) -> None:
    text = """\
    services:
      web:
        image: shop/web:1
        volumes:
        - {type: image, source: shop/page, target: /page}
        pre_start:
        - {command: "true", image: shop/hook}
    """
    whole = project_of(tmp_path, text)
    observed = world(whole, resources=False)
    here = {"shop/web:1": observed.images["shop/web:1"]}
    observed = replace(observed, images=here)
    images = plan_images(whole, whole.services.values(), here, ImageOptions())
    refused = {ref: NotFound(f"image {ref} is nowhere") for ref in ("shop/page", "shop/hook")}
    around = Vicinity(refused=refused)
    problems = [*obstacles(whole, observed, images, plan_up(whole, observed, UP), around)]

    places = {problem.message: problem.mark and problem.mark.line for problem in problems}
    assert places == {
        "service 'web' cannot have image 'shop/page': image shop/page is nowhere": 5,
        "service 'web' cannot have image 'shop/hook': image shop/hook is nowhere": 7,
    }


class Offline(FakeEngine):
    """An engine that does not reach one of its registries."""

    def registry_digest(self, ref: str) -> str:
        if ref == "far:1":
            raise EngineError("no such host")
        return super().registry_digest(ref)


def test_an_image_whose_registry_is_not_reached_may_be_there() -> None:
    found = look_around(Offline(pullable=["db:1"]), Wants(images={"db:1", "far:1", "no:1"}))
    assert set(found.refused) == {"no:1"}


# -- static addresses ----------------------------------------------------------------


def at(*addresses: str, subnet: str | None = "10.9.0.0/24", **attributes: object) -> Project:
    """A project of services a, b, ... with a static address each, in one network."""
    ipam = Ipam(config=(IpamPool(subnet=subnet),) if subnet else ())
    named = zip("abc", addresses, strict=False)
    services = (
        service(name, networks={"default": NetworkReference(ipv4_address=one)}, **attributes)
        for name, one in named
    )
    return replace(
        project(*services), networks={"default": Network(name="demo_default", ipam=ipam)}
    )


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        (at("10.9.0.2", "10.9.0.3"), []),
        (at("10.8.0.2"), ["address 10.8.0.2 is not of network 'default'"]),
        (at("10.9.0.1"), ["address 10.9.0.1 is the gateway of network 'default'"]),
        (
            at("10.9.0.0"),
            ["address 10.9.0.0 is the network address of network 'default'"],
        ),
        (at("10.9.0.255"), ["address 10.9.0.255 is the broadcast address of network 'default'"]),
        (
            at("10.9.0.2", subnet=None),
            [
                "address 10.9.0.2 can only be had in a network whose subnet is written, "
                "and 'default' has none"
            ],
        ),
        (at("10.9.0.2", "10.9.0.2"), ["services 'a' and 'b' both want address 10.9.0.2"]),
        (
            at("10.9.0.2", scale=3),
            ["address 10.9.0.2 can be had by one container of 'a' only, not by several"],
        ),
    ],
)
def test_an_address_is_of_its_network_and_of_one_container(whole: Project, said: list[str]) -> None:
    assert messages(whole, Vicinity()) == said


def test_a_gateway_that_is_written_leaves_the_first_address_free() -> None:
    whole = at("10.9.0.1", "10.9.0.9")
    ipam = Ipam(config=(IpamPool(subnet="10.9.0.0/24", gateway="10.9.0.9"),))
    whole = replace(whole, networks={"default": Network(name="demo_default", ipam=ipam)})
    assert messages(whole, Vicinity()) == ["address 10.9.0.9 is the gateway of network 'default'"]


def test_an_address_that_the_network_keeps_for_a_host_is_taken() -> None:
    ipam = Ipam(config=(IpamPool(subnet="10.9.0.0/24", aux_addresses={"router": "10.9.0.2"}),))
    whole = at("10.9.0.2", "10.9.0.3")
    whole = replace(whole, networks={"default": replace(whole.networks["default"], ipam=ipam)})
    said = "address 10.9.0.2 is kept for 'router' by network 'default'"
    assert messages(whole, Vicinity()) == [said]


def test_an_address_that_a_job_has_is_free_once_it_has_completed() -> None:
    done = {"a": Dependency(condition="service_completed_successfully")}
    whole = at("10.9.0.2", "10.9.0.2")
    last = replace(whole.services["b"], depends_on=done)
    assert messages(replace(whole, services={**whole.services, "b": last}), Vicinity()) == []


def test_an_address_that_somebody_has_who_stays_is_taken() -> None:
    guest = replace(
        outsider("guest", "demo_default", "shop"), addresses={"demo_default": ("10.9.0.2",)}
    )
    around = Vicinity(containers=(guest,))
    whole = at("10.9.0.2")
    assert messages(whole, around) == [
        "address 10.9.0.2 is taken by container guest of project shop"
    ]
    plan = plan_up(whole, world(whole), UP)
    assert wants(whole, world(whole), NOTHING, plan).networks == {"demo_default"}


def test_an_address_that_moves_in_the_same_plan_is_free() -> None:
    old, new = at("10.9.0.2", "10.9.0.3"), at("10.9.0.3", "10.9.0.2")
    own = [
        replace(live(old, name), addresses={"demo_default": (address,)})
        for name, address in (("a", "10.9.0.2"), ("b", "10.9.0.3"))
    ]
    assert messages(new, Vicinity(), *own) == []
    stays = at("10.9.0.2", "10.9.0.2")
    assert messages(stays, Vicinity(), *own) == [
        "address 10.9.0.2 is taken by container demo-a-1 of this project"
    ]


# -- what others have ------------------------------------------------------------------


def outsider(name: str, network: str = "bridge", owner: str = "") -> ObservedContainer:
    return ObservedContainer(
        id=f"id of {name}",
        name=name,
        image="x:1",
        image_id="x",
        state=ContainerState(status="running"),
        labels={Label.PROJECT: owner} if owner else {},
        networks={network: "id"},
    )


@pytest.mark.parametrize(("owner", "whose"), [("shop", " of project shop"), ("", "")])
def test_a_name_that_somebody_else_has_is_shown_in_the_file(owner: str, whose: str) -> None:
    whole = project(service("web", container_name="site"))
    around = Vicinity(bearers={"site": outsider("site", owner=owner)})
    assert messages(whole, around) == [f"the name 'site' is taken by a container{whose}"]
    plan = plan_up(whole, world(whole), UP)
    assert wants(whole, world(whole), NOTHING, plan).names == {"site"}


def test_a_name_of_the_projects_own_is_nobodys_business() -> None:
    whole = project(service("web", container_name="site"), service("db"))
    around = Vicinity(bearers={"site": outsider("site", owner="demo")})
    assert messages(whole, around) == []
    old = live(whole, "web", as_it_was=service("web", container_name="site", tty=True))
    observed = world(whole, old)
    assert not wants(whole, observed, NOTHING, plan_up(whole, observed, UP)).names


def test_a_network_is_not_made_anew_under_a_outsider() -> None:
    old = project(service("web"), service("db"))
    networks = {"default": Network(name="demo_default", labels={"new": "1"})}
    new = replace(old, networks=networks)
    own = [live(old, "web"), live(old, "db")]
    around = Vicinity(containers=(outsider("guest", "demo_default", "shop"), outsider("other")))
    (problem,) = found(new, around, *own, observed=world(old, *own))
    assert problem.message == (
        "network 'demo_default' has changed and is to be made anew, but container guest "
        "of project shop is in it"
    )
    assert problem.help is not None
    assert problem.help.endswith("docker network disconnect demo_default guest")
    plan = plan_up(new, world(old, *own), UP)
    assert wants(new, world(old, *own), NOTHING, plan).networks == {"demo_default"}


# -- the whole way, on an engine ------------------------------------------------------


class Watched(FakeEngine):
    """An engine that counts how often somebody looks around."""

    looked = 0

    def running_containers(self) -> tuple[ObservedContainer, ...]:
        self.looked += 1
        return super().running_containers()


def test_up_refuses_before_it_touches_anything_and_tells_all() -> None:
    engine = FakeEngine(images=["web:1", "app:1"], pullable=["db:1"])
    other = replace(project(publishing("web", "80")), name="shop")
    bring_up(replace(other, networks={"default": Network(name="shop_default")}), engine, UP, ignore)
    before = (set(engine.containers), set(engine.networks), set(engine.images))
    whole = project(
        publishing("app", "80", networks={"out": None}), service("db"), networks=["default", "out"]
    )
    outside = {**whole.networks, "out": Network(name="outside", external=True)}
    with pytest.raises(InvalidProject) as refused:
        bring_up(replace(whole, networks=outside), engine, UP, ignore)
    assert [problem.message for problem in refused.value.problems] == [
        "network 'outside' is declared external, but does not exist",
        "port 80 is taken by container shop-web-1 of project shop",
    ]
    assert (set(engine.containers), set(engine.networks), set(engine.images)) == before


def test_nobody_looks_around_when_nothing_starts() -> None:
    engine = Watched(images=["web:1"])
    whole = project(publishing("web", "80", command=("sleep", "infinity")))
    bring_up(whole, engine, replace(UP, start=False), ignore)
    assert engine.looked == 0
    bring_up(whole, engine, UP, ignore)
    assert engine.looked == 1
    bring_up(whole, engine, UP, ignore)
    assert engine.looked == 1


def ignore(event: Event) -> None:
    """Watch nothing."""
