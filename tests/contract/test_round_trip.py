"""What a container was asked to be is what it is read back as.

Both sides are `settled` with the same defaults, which drops what an engine
forgets, and what the image or the engine would have done anyway.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from composer.errors import EngineError
from composer.model.resources import ContainerConfig, RestartPolicy
from composer.model.service import (
    BindOptions,
    BlkioConfig,
    Device,
    DeviceRequest,
    Healthcheck,
    ImageOptions,
    Logging,
    Mount,
    NetworkReference,
    Port,
    ThrottleDevice,
    TmpfsOptions,
    Ulimit,
    VolumeOptions,
)
from composer.model.settled import settled
from composer.model.units import SECOND, Bytes, Duration
from support.lab import Bench

MIB = 1024 * 1024

CASES: dict[str, dict[str, Any]] = {
    "nothing": {"command": None},
    "the command of the image": {"command": ("sh",)},
    "command and entrypoint": {"command": ("sleep", "5"), "entrypoint": ("/bin/sh", "-c")},
    "an entrypoint alone": {"command": None, "entrypoint": ("/bin/true",)},
    "an empty entrypoint": {"command": None, "entrypoint": ()},
    "an empty command": {"command": ()},
    "environment": {"environment": {"A": "1", "B": None, "C": "", "D": "x=y"}},
    "labels": {"labels": {"colour": "blue", "empty": ""}},
    "network_mode none": {"network_mode": "none"},
    "network_mode host": {"network_mode": "host"},
    "namespaces of the host": {
        "ipc": "host",
        "pid": "host",
        "uts": "host",
        "cgroup": "host",
        "userns_mode": "host",
    },
    "namespaces of its own": {"ipc": "shareable", "cgroup": "private"},
    "who and where": {
        "hostname": "name",
        "domainname": "domain",
        "user": "1:2",
        "working_dir": "/tmp",
        "platform": "linux/amd64",
    },
    "how it runs": {
        "tty": True,
        "stdin_open": True,
        "init": True,
        "read_only": True,
        "stop_signal": "SIGINT",
        "stop_timeout": Duration(SECOND * 3 // 2),
    },
    "init switched off": {"init": False},
    "a probe": {
        "healthcheck": Healthcheck(
            test=("CMD", "true"),
            interval=Duration(SECOND),
            timeout=Duration(2 * SECOND),
            retries=4,
            start_period=Duration(3 * SECOND),
        )
    },
    "a probe in the shell": {"healthcheck": Healthcheck(test=("CMD-SHELL", "exit 0"))},
    "a probe switched off": {"healthcheck": Healthcheck(disable=True)},
    "a probe called NONE": {"healthcheck": Healthcheck(test=("NONE",))},
    "memory": {"mem_limit": Bytes(64 * MIB)},
    "all of memory": {
        "mem_limit": Bytes(64 * MIB),
        "mem_reservation": Bytes(32 * MIB),
        "memswap_limit": Bytes(96 * MIB),
        "mem_swappiness": 10,
        "oom_kill_disable": True,
        "oom_score_adj": 10,
        "shm_size": Bytes(MIB),
    },
    "endless swap": {"mem_limit": Bytes(64 * MIB), "memswap_limit": Bytes(-1)},
    "processors": {"cpus": 0.5, "cpu_shares": 100, "cpuset": "0", "cpu_count": 1},
    "processor quota": {"cpu_period": 50_000, "cpu_quota": 20_000},
    "processes": {"pids_limit": 50},
    "limits": {"ulimits": {"nofile": Ulimit(soft=100, hard=200), "nproc": Ulimit(single=50)}},
    "capabilities": {
        "cap_add": ("NET_ADMIN", "cap_sys_time"),
        "cap_drop": ("mknod",),
        "group_add": ("5", "mail"),
    },
    "security": {
        "security_opt": ("no-new-privileges:true", "seccomp=unconfined", "apparmor:unconfined")
    },
    "unmasked paths": {"security_opt": ("systempaths=unconfined",)},
    "names": {
        "dns": ("192.0.2.1", "192.0.2.2"),
        "dns_opt": ("ndots:1",),
        "dns_search": ("example.org",),
        "extra_hosts": ("x=192.0.2.3", "y=::1", "z=host-gateway"),
    },
    "logging": {"logging": Logging(driver="json-file", options={"max-size": "1m"})},
    "logging by the usual driver": {"logging": Logging(options={"max-size": "1m"})},
    "no logging": {"logging": Logging(driver="none")},
    "restart on failure": {"restart": RestartPolicy(name="on-failure", retries=3)},
    "restart unless stopped": {"restart": RestartPolicy(name="unless-stopped")},
    "ports": {
        "ports": (
            Port(target=80),
            Port(target=81, published="0", host_ip="127.0.0.1"),
            Port(target=82, published="28100-28105", host_ip="127.0.0.1"),
            Port(target=53, protocol="udp", host_ip="127.0.0.1"),
        ),
        "expose": ("7000", "8000-8002", "80", "9/udp"),
    },
    "binds": {
        "mounts": (
            Mount(type="bind", source="/usr", target="/plain/"),
            Mount(type="bind", source="/usr", target="/cached", consistency="cached"),
            Mount(
                type="bind",
                source="/usr",
                target="/private",
                read_only=True,
                bind=BindOptions(propagation="rprivate"),
            ),
            Mount(
                type="bind",
                source="/usr",
                target="/flat",
                bind=BindOptions(create_host_path=False, recursive="disabled"),
            ),
            Mount(type="bind", source="/usr", target="/a:b"),
            Mount(type="bind", source="/usr", target="/z", bind=BindOptions(selinux="z")),
        )
    },
    "volumes": {
        "mounts": (
            Mount(type="volume", source="PROJECT_data", target="/data"),
            Mount(type="volume", source="PROJECT_data", target="/ro", read_only=True),
            Mount(
                type="volume",
                source="PROJECT_data",
                target="/nocopy",
                volume=VolumeOptions(nocopy=True),
            ),
            Mount(type="volume", target="/anonymous"),
        )
    },
    "memory disks": {
        "mounts": (
            Mount(type="tmpfs", target="/one", tmpfs=TmpfsOptions(size=Bytes(MIB), mode=0o700)),
            Mount(type="tmpfs", target="/two"),
        ),
        "tmpfs": ("/three", "/four:size=1m,mode=700"),
    },
    "kernel settings": {"sysctls": {"net.core.somaxconn": "100"}},
    "devices": {
        "devices": (
            Device(source="/dev/null", target="/dev/nothing", permissions="r"),
            Device(source="/dev/zero"),
            Device(source="vendor.com/class=name"),
        ),
        "device_cgroup_rules": ("c 1:3 mr",),
        "device_requests": (
            DeviceRequest(capabilities=("gpu",)),
            DeviceRequest(capabilities=("gpu", "compute"), driver="nvidia", device_ids=("0",)),
        ),
    },
    "rates of a device": {
        "blkio_config": BlkioConfig(
            device_read_bps=(ThrottleDevice(path="/dev/zero", rate=Bytes(1000)),),
            device_write_iops=(ThrottleDevice(path="/dev/zero", rate=Bytes(10)),),
        )
    },
    "cgroup and runtime": {"cgroup_parent": "/composer", "runtime": "runc"},
    "privileged": {"privileged": True},
}


def assert_read_back(bench: Bench, config: ContainerConfig, container: str) -> None:
    (live,) = bench.engine.inspect([container]).values()
    assert live.config is not None
    assert live.defaults is not None
    wanted = settled(config, live.defaults, {live.name, live.service, live.id[:12]})
    differ = {
        field.name: (getattr(live.config, field.name), getattr(wanted, field.name))
        for field in fields(ContainerConfig)
        if getattr(live.config, field.name) != getattr(wanted, field.name)
    }
    assert differ == {}


@pytest.mark.parametrize("case", CASES)
def test_a_container_is_read_back_as_it_was_asked_for(bench: Bench, case: str) -> None:
    spec = bench.spec(**placed(bench, CASES[case]))

    bench.engine.create_container(spec)

    assert_read_back(bench, spec.config, spec.name)


def test_networks_are_read_back(bench: Bench) -> None:
    front, back = bench.make_network("front"), bench.make_network("back")
    spec = bench.spec(
        networks={
            front: NetworkReference(aliases=("one", "two")),
            back: NetworkReference(aliases=("three",), priority=5, driver_opts={"a": "b"}),
        },
        hostname="host",
        mac_address="02:42:ac:11:00:03",
    )

    bench.engine.create_container(spec)
    assert_read_back(bench, spec.config, spec.name)

    bench.engine.start(spec.name)
    assert_read_back(bench, spec.config, spec.name)


def test_links_are_read_back(bench: Bench) -> None:
    network = bench.make_network()
    other = bench.start("db", networks={network: NetworkReference()})
    spec = bench.spec(networks={network: NetworkReference()}, links=(f"{other}:alias", other))

    bench.engine.create_container(spec)

    assert_read_back(bench, spec.config, spec.name)


def test_namespaces_of_another_container_are_read_back_by_name(bench: Bench) -> None:
    other = bench.start("db", ipc="shareable")
    shared = f"container:{other}"
    spec = bench.spec(network_mode=shared, ipc=shared, pid=shared, volumes_from=(f"{other}:ro",))

    bench.engine.create_container(spec)
    bench.engine.start(spec.name)

    assert_read_back(bench, spec.config, spec.name)


def test_a_started_container_is_read_back_as_it_was_asked_for(bench: Bench) -> None:
    spec = bench.spec(
        environment={"A": "1"},
        ports=(Port(target=80, host_ip="127.0.0.1"),),
        mounts=(Mount(type="volume", target="/anonymous"),),
        healthcheck=Healthcheck(test=("CMD", "true")),
    )

    bench.engine.create_container(spec)
    bench.engine.start(spec.name)

    assert_read_back(bench, spec.config, spec.name)


NEWER: dict[str, dict[str, Any]] = {
    "annotations": {"annotations": {"a": "b"}},
    "start_interval": {
        "healthcheck": Healthcheck(
            test=("CMD", "true"),
            start_period=Duration(9 * SECOND),
            start_interval=Duration(SECOND),
        )
    },
    "subpath": {
        "mounts": (
            Mount(
                type="volume",
                source="PROJECT_data",
                target="/x",
                volume=VolumeOptions(subpath="below"),
            ),
        )
    },
    "image": {
        "mounts": (
            Mount(type="image", source="busybox", target="/x", image=ImageOptions(subpath="bin")),
        )
    },
    "recursive": {
        "mounts": (
            Mount(
                type="bind",
                source="/usr",
                target="/x",
                read_only=True,
                bind=BindOptions(recursive="readonly", propagation="rprivate"),
            ),
        )
    },
    "gw_priority": {"networks": {"PROJECT_front": NetworkReference(gw_priority=1)}},
    "interface_name": {"networks": {"PROJECT_front": NetworkReference(interface_name="eth7")}},
}


@pytest.mark.parametrize("field", NEWER)
def test_what_needs_a_newer_engine_is_refused_or_read_back(bench: Bench, field: str) -> None:
    """Silence would be the one wrong answer."""
    spec = bench.spec(**placed(bench, NEWER[field]))
    api = tuple(int(part) for part in bench.engine.version().api.split("."))

    if api < (1, 49):
        with pytest.raises(EngineError, match=f"{field}.* needs an engine with API"):
            bench.engine.create_container(spec)
        assert bench.names() == []
    else:
        bench.engine.create_container(spec)
        assert_read_back(bench, spec.config, spec.name)


def placed(bench: Bench, fields: dict[str, Any]) -> dict[str, Any]:
    """Return `fields` with the project's own volume and network, which are made."""
    given = dict(fields)
    if any(mount.source == "PROJECT_data" for mount in given.get("mounts", ())):
        data = bench.make_volume("data")
        given["mounts"] = tuple(
            replace(mount, source=data) if mount.source == "PROJECT_data" else mount
            for mount in given["mounts"]
        )
    if networks := given.get("networks"):
        given["networks"] = {bench.make_network("front"): networks["PROJECT_front"]}
    return given
