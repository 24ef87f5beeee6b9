from __future__ import annotations

from typing import Any

import pytest

from composer.engine.docker.request import (
    container_request,
    endpoint,
    inlined,
    network_request,
    security_files,
    volume_request,
)
from composer.errors import EngineError
from composer.model.project import Ipam, IpamPool
from composer.model.resources import (
    ContainerConfig,
    ContainerSpec,
    NetworkSpec,
    OneOff,
    RestartPolicy,
    VolumeSpec,
)
from composer.model.service import (
    BindOptions,
    Device,
    DeviceRequest,
    Healthcheck,
    ImageOptions,
    Logging,
    Mount,
    NetworkReference,
    Port,
    TmpfsOptions,
    Ulimit,
    VolumeOptions,
)
from composer.model.units import SECOND, Bytes, Duration

OLD, NEW = (1, 41), (1, 49)


def request(api: tuple[int, ...] = OLD, **fields: Any):  # type: ignore[no-untyped-def]
    one_off = fields.pop("one_off", None)
    config = ContainerConfig(image="busybox", **fields)
    spec = ContainerSpec(
        service="web", number=1, name="demo-web-1", digest="", config=config, one_off=one_off
    )
    return container_request(spec, api)


def body(api: tuple[int, ...] = OLD, **fields: Any) -> dict[str, Any]:
    return request(api, **fields).body


def host(api: tuple[int, ...] = OLD, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(api, **fields)["HostConfig"]
    return found


def mounted(*mounts: Mount, api: tuple[int, ...] = OLD) -> tuple[Any, Any]:
    found = host(api, mounts=mounts)
    return found.get("Binds"), found.get("Mounts")


def bind(**options: Any) -> Mount:
    return Mount(type="bind", source="/src", target="/dst", bind=BindOptions(**options))


def volume(**options: Any) -> Mount:
    return Mount(type="volume", source="data", target="/dst", volume=VolumeOptions(**options))


def test_what_is_not_said_is_not_sent() -> None:
    assert body() == {
        "Image": "busybox",
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
        "OpenStdin": False,
        "Env": [],
        "ExposedPorts": {},
        "Labels": {},
        "HostConfig": {
            "NetworkMode": "none",
            "PortBindings": {},
            "ExtraHosts": [],
            "OomKillDisable": False,
            "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
        },
        "NetworkingConfig": {"EndpointsConfig": {}},
    }


def test_a_container_may_be_without_any_network() -> None:
    assert body(network_mode="disabled")["NetworkDisabled"] is True


def test_the_name_and_the_platform_are_parameters() -> None:
    assert request(platform="linux/arm64").params == {
        "name": "demo-web-1",
        "platform": "linux/arm64",
    }


def test_a_variable_without_a_value_is_sent_as_its_name() -> None:
    assert body(environment={"A": "1", "B": None, "C": ""})["Env"] == ["A=1", "B", "C="]


def test_empty_commands_are_sent_and_none_are_not() -> None:
    assert body(command=(), entrypoint=())["Cmd"] == []
    assert body(command=(), entrypoint=())["Entrypoint"] == []
    assert "Cmd" not in body()


def test_durations_of_a_probe_are_nanoseconds() -> None:
    probe = Healthcheck(test=("CMD", "true"), interval=Duration(SECOND), retries=3)

    assert body(healthcheck=probe)["Healthcheck"] == {
        "Test": ["CMD", "true"],
        "Interval": 1_000_000_000,
        "Retries": 3,
    }


def test_a_probe_switched_off_is_none() -> None:
    assert body(healthcheck=Healthcheck(disable=True))["Healthcheck"] == {"Test": ["NONE"]}


@pytest.mark.parametrize(
    ("nanoseconds", "seconds"), [(0, 0), (1, 1), (SECOND // 2, 1), (SECOND, 1), (SECOND + 1, 2)]
)
def test_the_time_to_stop_is_rounded_up(nanoseconds: int, seconds: int) -> None:
    assert body(stop_timeout=Duration(nanoseconds))["StopTimeout"] == seconds


def test_ports_are_exposed_and_bound() -> None:
    found = body(
        ports=(
            Port(target=80, published="8080-8090", host_ip="127.0.0.1"),
            Port(target=80, published="9090"),
            Port(target=53, protocol="udp"),
        ),
        expose=("7000", "8000-8001/udp"),
    )

    assert sorted(found["ExposedPorts"]) == ["53/udp", "7000", "80/tcp", "8000/udp", "8001/udp"]
    assert found["HostConfig"]["PortBindings"] == {
        "80/tcp": [
            {"HostIp": "127.0.0.1", "HostPort": "8080-8090"},
            {"HostIp": "", "HostPort": "9090"},
        ],
        "53/udp": [{"HostIp": "", "HostPort": ""}],
    }


NETWORKS = {
    "b": NetworkReference(),
    "a": NetworkReference(aliases=("x", "web")),
    "first": NetworkReference(priority=9, mac_address="02:00:00:00:00:01"),
}


def test_an_older_engine_gets_the_first_network_and_the_others_later() -> None:
    found = request(OLD, networks=NETWORKS)

    assert found.body["HostConfig"]["NetworkMode"] == "first"
    assert list(found.body["NetworkingConfig"]["EndpointsConfig"]) == ["first"]
    assert found.body["MacAddress"] == "02:00:00:00:00:01"
    assert [name for name, _ in found.connect] == ["b", "a"]


def test_a_newer_engine_gets_all_networks_at_once() -> None:
    found = request(NEW, networks=NETWORKS)

    assert list(found.body["NetworkingConfig"]["EndpointsConfig"]) == ["first", "b", "a"]
    assert "MacAddress" not in found.body
    first = found.body["NetworkingConfig"]["EndpointsConfig"]["first"]
    assert first["MacAddress"] == "02:00:00:00:00:01"
    assert found.connect == ()


def test_a_container_is_known_by_its_name_its_service_and_its_aliases() -> None:
    (_, (_, joined)) = request(OLD, networks=NETWORKS).connect

    assert joined["Aliases"] == ["demo-web-1", "web", "x"]


def test_a_one_off_container_is_known_by_its_name_unless_it_is_to_answer_for_its_service() -> None:
    networks = {"front": NetworkReference(aliases=("www",))}

    def aliases(one_off: OneOff) -> list[str]:
        sent = body(networks=networks, one_off=one_off)
        found: list[str] = sent["NetworkingConfig"]["EndpointsConfig"]["front"]["Aliases"]
        return found

    assert aliases(OneOff()) == ["demo-web-1"]
    assert aliases(OneOff(aliased=True)) == ["demo-web-1", "web", "www"]


def test_the_input_of_a_one_off_container_ends_with_that_of_who_is_attached() -> None:
    attached = OneOff(attached=True)

    assert body(stdin_open=True, one_off=attached)["StdinOnce"] is True
    assert "StdinOnce" not in body(stdin_open=True)
    assert body(one_off=attached)["StdinOnce"] is False


def test_a_newer_engine_begins_with_the_size_of_the_terminal() -> None:
    once = OneOff(window=(31, 91))

    assert host(NEW, one_off=once)["ConsoleSize"] == [31, 91]
    assert "ConsoleSize" not in host(OLD, one_off=once)


def test_the_engine_is_told_to_remove_a_one_off_container() -> None:
    assert host(one_off=OneOff(removed=True))["AutoRemove"] is True
    assert "AutoRemove" not in host(one_off=OneOff())


def test_an_older_engine_gives_an_address_in_the_first_network_only() -> None:
    networks = {"a": NetworkReference(), "b": NetworkReference(mac_address="02:00:00:00:00:02")}

    with pytest.raises(EngineError, match="mac_address in the network b, a further one, needs"):
        request(OLD, networks=networks)
    assert request(NEW, networks=networks).connect == ()


def test_links_are_those_of_every_network() -> None:
    found = request(OLD, networks=NETWORKS, links=("demo-db-1:db",))

    assert [joined["Links"] for _, joined in found.connect] == [["demo-db-1:db"]] * 2


def test_a_fixed_address_is_asked_for() -> None:
    reference = NetworkReference(
        ipv4_address="10.0.0.2", ipv6_address="fe80::2", link_local_ips=("169.254.1.1",)
    )

    assert endpoint(reference, OLD)["IPAMConfig"] == {
        "IPv4Address": "10.0.0.2",
        "IPv6Address": "fe80::2",
        "LinkLocalIPs": ["169.254.1.1"],
    }


def test_a_network_mode_needs_no_networks() -> None:
    assert host(network_mode="host")["NetworkMode"] == "host"


def test_limits_are_sent_in_the_engines_units() -> None:
    found = host(
        cpus=0.3,
        mem_limit=Bytes(1000),
        cpu_percent=5.0,
        ulimits={"nproc": Ulimit(single=5), "core": Ulimit(soft=1, hard=-1)},
    )

    assert (found["NanoCpus"], found["Memory"], found["CpuPercent"]) == (300_000_000, 1000, 500)
    assert found["Ulimits"] == [
        {"Name": "core", "Soft": 1, "Hard": -1},
        {"Name": "nproc", "Soft": 5, "Hard": 5},
    ]


def test_restart_and_logging_are_sent() -> None:
    found = host(
        restart=RestartPolicy(name="on-failure", retries=3),
        logging=Logging(driver="syslog", options={"tag": "x"}),
    )

    assert found["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert found["LogConfig"] == {"Type": "syslog", "Config": {"tag": "x"}}


def test_hosts_are_written_with_a_colon() -> None:
    hosts = ("a=1.2.3.4", "b=::1", "c=[::2]", "d:host-gateway")

    assert host(extra_hosts=hosts)["ExtraHosts"] == [
        "a:1.2.3.4",
        "b:::1",
        "c:::2",
        "d:host-gateway",
    ]


def test_tmpfs_options_stand_beside_the_path() -> None:
    assert host(tmpfs=("/a", "/b:size=1m"))["Tmpfs"] == {"/a": "", "/b": "size=1m"}


def test_devices_have_their_defaults_and_cdi_ones_are_requests() -> None:
    devices = (
        Device(source="/dev/x"),
        Device(source="/dev/y", target="/dev/z", permissions="r"),
        Device(source="vendor.com/class=name"),
    )

    found = host(devices=devices, device_requests=(DeviceRequest(capabilities=("gpu",)),))

    assert found["Devices"] == [
        {"PathOnHost": "/dev/x", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"},
        {"PathOnHost": "/dev/y", "PathInContainer": "/dev/z", "CgroupPermissions": "r"},
    ]
    assert found["DeviceRequests"] == [
        {"Driver": "", "Count": -1, "Capabilities": [["gpu"]]},
        {"Driver": "cdi", "DeviceIDs": ["vendor.com/class=name"]},
    ]


def test_security_options_are_sent_as_they_are_written() -> None:
    options = ("no-new-privileges:true", "label:user:me", "apparmor=x=", "seccomp:unconfined")

    assert host(security_opt=options)["SecurityOpt"] == list(options)


def test_unconfined_system_paths_are_unmasked() -> None:
    found = host(security_opt=("systempaths=unconfined",))

    assert (found["MaskedPaths"], found["ReadonlyPaths"]) == ([], [])
    assert "SecurityOpt" not in found


def test_a_seccomp_file_is_read_and_inlined() -> None:
    options = ("seccomp=deny.json", "seccomp:unconfined", "label=x")

    assert security_files(options) == ("deny.json",)
    assert inlined(options, {"deny.json": "{}"}) == (
        "seccomp={}",
        "seccomp:unconfined",
        "label=x",
    )


def test_ordinary_binds_and_volumes_are_binds() -> None:
    read_only = Mount(type="bind", source="/src", target="/ro", read_only=True)

    assert mounted(bind(), read_only, volume()) == (
        ["/src:/dst:rw", "/src:/ro:ro", "data:/dst:rw"],
        None,
    )


def test_a_bind_says_how_it_is_labelled_and_propagated() -> None:
    assert mounted(bind(selinux="z", propagation="rslave")) == (["/src:/dst:rw,z,rslave"], None)


def test_a_newer_engine_gets_a_propagation_as_a_mount_that_makes_its_path() -> None:
    request = body(NEW, mounts=(bind(propagation="rslave"),))

    assert "Binds" not in request["HostConfig"]
    assert request["HostConfig"]["Mounts"] == [
        {
            "Type": "bind",
            "Source": "/src",
            "Target": "/dst",
            "ReadOnly": False,
            "BindOptions": {"Propagation": "rslave", "CreateMountpoint": True},
        }
    ]


def test_a_path_that_must_exist_is_a_mount() -> None:
    assert mounted(bind(create_host_path=False)) == (
        None,
        [
            {
                "Type": "bind",
                "Source": "/src",
                "Target": "/dst",
                "ReadOnly": False,
                "BindOptions": {},
            }
        ],
    )


@pytest.mark.parametrize(
    ("mount", "key", "options"),
    [
        (bind(recursive="disabled", create_host_path=False), "BindOptions", {"NonRecursive": True}),
        (volume(nocopy=True), "VolumeOptions", {"NoCopy": True}),
        (volume(labels={"a": "b"}), "VolumeOptions", {"Labels": {"a": "b"}}),
        (
            Mount(type="tmpfs", target="/t", tmpfs=TmpfsOptions(size=Bytes(9), mode=0o700)),
            "TmpfsOptions",
            {"SizeBytes": 9, "Mode": 0o700},
        ),
    ],
)
def test_what_a_bind_cannot_say_is_a_mount(mount: Mount, key: str, options: dict[str, Any]) -> None:
    binds, (sent,) = mounted(mount)

    assert binds is None
    assert sent[key] == options


def test_an_anonymous_volume_is_a_mount_without_a_source() -> None:
    assert mounted(Mount(type="volume", target="/data")) == (
        None,
        [{"Type": "volume", "Target": "/data", "ReadOnly": False}],
    )


def test_a_newer_engine_makes_the_path_of_a_mount() -> None:
    _, (sent,) = mounted(bind(recursive="writable"), api=NEW)

    assert sent["BindOptions"] == {"CreateMountpoint": True, "ReadOnlyNonRecursive": True}


def test_a_newer_engine_gets_what_an_older_one_does_not_know() -> None:
    probe = Healthcheck(test=("CMD", "true"), start_interval=Duration(SECOND))
    image = Mount(type="image", source="i", target="/i", image=ImageOptions(subpath="s"))

    assert body(NEW, healthcheck=probe)["Healthcheck"]["StartInterval"] == SECOND
    assert host(NEW, annotations={"a": "b"})["Annotations"] == {"a": "b"}
    assert mounted(volume(subpath="s"), api=NEW)[1][0]["VolumeOptions"] == {"Subpath": "s"}
    assert mounted(image, api=NEW)[1][0]["ImageOptions"] == {"Subpath": "s"}
    reference = NetworkReference(gw_priority=3, interface_name="eth7")
    assert endpoint(reference, NEW)["GwPriority"] == 3
    assert endpoint(reference, NEW)["DriverOpts"] == {"com.docker.network.endpoint.ifname": "eth7"}


def test_an_older_engine_is_named_with_what_it_lacks() -> None:
    with pytest.raises(EngineError) as caught:
        host(annotations={"a": "b"})

    assert caught.value.message == "annotations needs an engine with API 1.43; this one has 1.41"
    assert caught.value.help is not None


def test_a_network_is_sent_in_full() -> None:
    pool = IpamPool(
        subnet="10.9.0.0/16", gateway="10.9.0.1", ip_range="10.9.1.0/24", aux_addresses={"a": "b"}
    )
    spec = NetworkSpec(
        key="front",
        name="demo_front",
        driver="macvlan",
        driver_opts={"parent": "eth0"},
        ipam=Ipam(driver="own", config=(pool,), options={"x": "y"}),
        internal=True,
        attachable=True,
        enable_ipv6=True,
        labels={"l": "m"},
    )

    assert network_request(spec, OLD) == {
        "Name": "demo_front",
        "CheckDuplicate": True,
        "Driver": "macvlan",
        "Options": {"parent": "eth0"},
        "IPAM": {
            "Driver": "own",
            "Config": [
                {
                    "Subnet": "10.9.0.0/16",
                    "Gateway": "10.9.0.1",
                    "IPRange": "10.9.1.0/24",
                    "AuxiliaryAddresses": {"a": "b"},
                }
            ],
            "Options": {"x": "y"},
        },
        "Internal": True,
        "Attachable": True,
        "EnableIPv6": True,
        "Labels": {"l": "m"},
    }


def test_a_network_is_asked_for_nothing_that_the_file_does_not_say() -> None:
    spec = NetworkSpec(key="front", name="demo_front")

    assert network_request(spec, OLD) == {
        "Name": "demo_front",
        "CheckDuplicate": True,
        "Internal": False,
        "Attachable": False,
        "Labels": {},
    }


def test_a_newer_engine_is_not_asked_to_check_for_duplicates() -> None:
    assert "CheckDuplicate" not in network_request(NetworkSpec(key="a", name="a"), NEW)


def test_a_network_without_ipv4_needs_a_newer_engine() -> None:
    spec = NetworkSpec(key="front", name="demo_front", enable_ipv4=False)

    assert network_request(spec, NEW)["EnableIPv4"] is False
    with pytest.raises(EngineError, match="demo_front: enable_ipv4"):
        network_request(spec, OLD)


def test_a_volume_is_asked_for_nothing_that_the_file_does_not_say() -> None:
    assert volume_request(VolumeSpec(key="data", name="demo_data")) == {
        "Name": "demo_data",
        "Labels": {},
    }


def test_capabilities_are_called_as_the_kernel_calls_them() -> None:
    host = body(cap_add=("net_admin", "CAP_SYS_TIME", "NET_ADMIN"), cap_drop=("MKNOD", "all"))

    assert host["HostConfig"]["CapAdd"] == ["CAP_NET_ADMIN", "CAP_SYS_TIME"]
    assert host["HostConfig"]["CapDrop"] == ["ALL"]


def test_a_volume_is_sent_in_full() -> None:
    spec = VolumeSpec(
        key="data", name="demo_data", driver="nfs", driver_opts={"a": "b"}, labels={"l": "m"}
    )

    assert volume_request(spec) == {
        "Name": "demo_data",
        "Driver": "nfs",
        "DriverOpts": {"a": "b"},
        "Labels": {"l": "m"},
    }
