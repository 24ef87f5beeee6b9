"""The expected hashes were printed by Docker Compose 2.40.3, or read from its labels."""

from __future__ import annotations

from typing import Any

import pytest

from composer.model.build import Build
from composer.model.deploy import Deploy
from composer.model.project import Ipam, IpamPool, Network, Volume
from composer.model.service import (
    BindOptions,
    Dependency,
    EnvFile,
    Mount,
    NetworkReference,
    Service,
)
from composer.planner.digest import network_digest, service_digests, volume_digest

PLAIN = "d5457d0b2799957b606d2ac4ed52d85a1e75799490e56229948300b9a59e8953"


def service(**attributes: Any) -> Service:
    return Service(**{"name": "web", "image": "x", "networks": {"default": None}} | attributes)


def test_the_hash_of_a_service_is_that_of_docker_compose() -> None:
    assert service_digests(service()) == (PLAIN,)


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": "other"},
        {"build": Build(context="/")},
        {"depends_on": {"db": Dependency()}},
        {"env_file": (EnvFile(path="/a"),)},
        {"profiles": ("p",)},
        {"pull_policy": "always"},
        {"scale": 3},
        {"extensions": {"x-a": 1}},
        {"pull_refresh_after": "1d"},
    ],
    ids=lambda attributes: next(iter(attributes)),
)
def test_what_does_not_shape_a_container_is_not_hashed(attributes: dict[str, Any]) -> None:
    assert service_digests(service(**attributes)) == (PLAIN,)


@pytest.mark.parametrize(
    "attributes",
    [
        {"image": "y"},
        {"command": ()},
        {"environment": {"A": None}},
        {"labels": {"a": ""}},
        {"label_file": ("/a",)},
        {"networks": {"default": NetworkReference()}},
        {"attach": False},
        {"init": False},
        {"deploy": Deploy()},
    ],
    ids=lambda attributes: next(iter(attributes)),
)
def test_everything_else_is(attributes: dict[str, Any]) -> None:
    assert PLAIN not in service_digests(service(**attributes))


def test_the_number_of_replicas_is_not_hashed_but_that_there_is_a_deploy_is() -> None:
    assert service_digests(service(deploy=Deploy(replicas=2))) == service_digests(
        service(deploy=Deploy())
    )


def test_the_order_of_names_does_not_matter_but_that_of_lists_does() -> None:
    one, other = {"A": "1", "B": "2"}, {"B": "2", "A": "1"}

    assert service_digests(service(environment=one)) == service_digests(service(environment=other))
    assert service_digests(service(dns=("a", "b"))) != service_digests(service(dns=("b", "a")))


def bind(create_host_path: bool | None) -> Service:
    options = BindOptions(create_host_path=create_host_path)
    mount = Mount(type="bind", source="/tmp/b/data", target="/data", bind=options)
    return service(volumes=(mount,))


def test_a_bind_has_the_form_of_version_2_and_that_of_version_5() -> None:
    written, default, refused = (service_digests(bind(value)) for value in (True, None, False))

    assert written[1] == default[0]  # version 5 leaves out true, version 2 what is not true
    assert len(default) == 1
    assert refused[0] == default[0]
    assert len({*written, *refused}) == 3


def test_characters_are_written_as_go_writes_them() -> None:
    """Go's encoder escapes characters of HTML, and no others beyond ASCII."""
    strange = {"A": "<&>\u2028é\t\x01\x7f"}
    odd = Service(name="web", image="busybox", network_mode="none", environment=strange)

    assert service_digests(odd) == (
        "9625fef8dcad7cf98580dc3976e9cc1597a82f2da21f82cb7304e9bafb4115df",
    )


@pytest.mark.parametrize(
    ("cpus", "digest"),
    [
        (0.1, "338fba8f5faef13bc2c19191b64a4d10e7860f2259e5d822458ee6e0e6915e3a"),
        (0.00001, "10a6def2d7bd862b597a537c5d7baeb93eafdce8f754da7650f6a2dd882b9cb9"),
        (0.000123456, "224ff23b307bab9412b8c8ea297f3cd3734dbc24d1d3c59526ce11ecd5df661b"),
        (0.0000001, "cd56608a79b588923971b9431a6bfcad7045440ba5d8cc5b97bce8640d4f7f1d"),
        (1e20, "3ef0d1da816d9b14e53af127eeb4d7b6189448360af6a9794d4f59280443f626"),
    ],
)
def test_small_and_large_numbers_are_written_as_go_writes_them(cpus: float, digest: str) -> None:
    assert service_digests(service(cpus=cpus)) == (digest,)


def test_the_hash_of_a_network_is_that_of_docker_compose() -> None:
    front = Network(
        name="hashprobe_n",
        driver="bridge",
        driver_opts={"x": "1"},
        ipam=Ipam(config=(IpamPool(subnet="10.99.0.0/24"),)),
        internal=True,
        labels={"a": "b"},
        enable_ipv6=False,
    )
    default = Network(name="hashprobe_default")

    assert network_digest(front) == (
        "4ae6ace2f5bffb58e273b00770c204abfd51372d98bfdf0ae3cc3e3340af33f4"
    )
    assert network_digest(default) == (
        "28470c4a653e14d8d221720317b93a221c450078f9b5f51c024fb2e02fe51f97"
    )


def test_a_volume_without_a_driver_is_local() -> None:
    volume = Volume(name="hashprobe_vol", labels={"x": "y"})

    assert volume_digest(volume) == (
        "ef2644258659029fb1fc020b5c1647d3bc4a260a744d712a6ba3c20769e76d37"
    )
    assert volume_digest(volume) == volume_digest(
        Volume(name="hashprobe_vol", labels={"x": "y"}, driver="local")
    )


def test_volumes_of_a_container_are_hashed_with_its_bare_name() -> None:
    assert service_digests(service(volumes_from=("container:old:ro",))) == service_digests(
        service(volumes_from=("old:ro",))
    )
