from __future__ import annotations

from dataclasses import replace

from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.resources import ApiSocket
from composer.planner.api_socket import uses_api_socket, with_api_socket, without_api_socket
from composer.planner.digest import service_digests
from composer.planner.up import plan_up
from support.plans import live, project, service, world

ACCESS = ApiSocket(path="/run/engine.sock", config="{}")
DEMO = project(service("web", use_api_socket=True), service("other"))


def test_who_asks_for_it_gets_socket_credentials_and_where_they_are() -> None:
    web = with_api_socket(DEMO, ACCESS).services["web"]
    assert [(mount.source, mount.target) for mount in web.volumes] == [
        ("/run/engine.sock", "/var/run/docker.sock")
    ]
    assert [config.target for config in web.configs] == ["/run/secrets/docker/config.json"]
    assert web.environment == {"DOCKER_CONFIG": "/run/secrets/docker"}


def test_nobody_else_gets_it() -> None:
    assert with_api_socket(DEMO, ACCESS).services["other"] == DEMO.services["other"]
    assert uses_api_socket(DEMO)
    assert not uses_api_socket(project(service("other")))


def test_who_has_credentials_elsewhere_keeps_them() -> None:
    own = service("web", use_api_socket=True, environment={"DOCKER_CONFIG": "/mine"})
    web = with_api_socket(project(own), ACCESS).services["web"]
    assert web.environment == {"DOCKER_CONFIG": "/mine"}


def test_its_hash_is_that_which_docker_compose_writes() -> None:
    web = service(
        "a", image="busybox", command=("sleep", "infinity"), stop_grace_period=0,
        use_api_socket=True,
    )  # fmt: skip
    access = replace(ACCESS, path="/var/run/docker.sock")
    assert service_digests(with_api_socket(project(web), access).services["a"])[0] == (
        "f8bf08d4693edf3071e33e4d8a5cf33b3c37276f112eaa762dbc4573486230fc"
    )


def test_other_credentials_are_no_reason_to_do_anything() -> None:
    before = with_api_socket(DEMO, ACCESS)
    after = with_api_socket(DEMO, replace(ACCESS, config='{"auths": {"a": {}}}'))
    running = world(before, live(before, "web"), live(before, "other"))
    assert plan_up(after, running, UpOptions()) == Plan()


def test_where_there_is_no_socket_each_who_wants_one_is_told() -> None:
    problems = list(without_api_socket(DEMO, "there is none", "go elsewhere"))
    assert [(one.message, one.help) for one in problems] == [
        ("service 'web' cannot use the API socket: there is none", "go elsewhere")
    ]
