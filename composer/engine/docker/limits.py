"""What a container may use, as the engine is asked for it: limits, devices.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from composer.model.one_form import is_cdi
from composer.model.resources import ContainerConfig, Limits
from composer.model.service import BlkioConfig, Device, ThrottleDevice, Ulimit

Json = dict[str, Any]


def update_request(limits: Limits) -> Json:
    """Return the body of an update.

    Memory goes with its swap: an engine refuses memory above the swap that it had.
    """
    swap = limits.memswap_limit or 2 * limits.mem_limit
    return said(
        CpuPeriod=limits.cpu_period or None,
        CpuQuota=limits.cpu_quota or None,
        CpuShares=limits.cpu_shares or None,
        CpusetCpus=limits.cpuset or None,
        Memory=int(limits.mem_limit) or None,
        MemoryReservation=int(limits.mem_reservation) or None,
        MemorySwap=int(swap) if limits.mem_limit else None,
        NanoCpus=round(limits.cpus * 1e9) or None,
        PidsLimit=max(limits.pids_limit, 0),
        RestartPolicy={
            "Name": limits.restart.name or "no",
            "MaximumRetryCount": limits.restart.retries,
        },
    )


def resource_fields(config: ContainerConfig) -> Json:
    return {
        **_blkio(config.blkio_config),
        "CgroupParent": config.cgroup_parent,
        "CpuCount": config.cpu_count or None,
        "CpuPercent": int(config.cpu_percent * 100) or None,
        "CpuPeriod": config.cpu_period or None,
        "CpuQuota": config.cpu_quota or None,
        "CpuRealtimePeriod": config.cpu_rt_period or None,
        "CpuRealtimeRuntime": config.cpu_rt_runtime or None,
        "CpuShares": config.cpu_shares or None,
        "NanoCpus": round(config.cpus * 1e9) or None,
        "CpusetCpus": config.cpuset,
        "DeviceCgroupRules": list(config.device_cgroup_rules) or None,
        "DeviceRequests": _device_requests(config) or None,
        "Devices": [_device(device) for device in config.devices if not is_cdi(device)] or None,
        "Memory": int(config.mem_limit) or None,
        "MemoryReservation": int(config.mem_reservation) or None,
        "MemorySwap": int(config.memswap_limit) or None,
        "MemorySwappiness": config.mem_swappiness,
        "OomKillDisable": config.oom_kill_disable,
        "OomScoreAdj": config.oom_score_adj or None,
        "PidsLimit": config.pids_limit or None,
        "ShmSize": int(config.shm_size) or None,
        "Ulimits": [_ulimit(name, limit) for name, limit in sorted(config.ulimits.items())] or None,
    }


def _blkio(blkio: BlkioConfig | None) -> Json:
    if blkio is None:
        return {}

    def rates(devices: Iterable[ThrottleDevice]) -> list[Json] | None:
        return [{"Path": device.path, "Rate": int(device.rate)} for device in devices] or None

    return {
        "BlkioWeight": blkio.weight or None,
        "BlkioWeightDevice": [
            {"Path": device.path, "Weight": device.weight} for device in blkio.weight_device
        ]
        or None,
        "BlkioDeviceReadBps": rates(blkio.device_read_bps),
        "BlkioDeviceReadIOps": rates(blkio.device_read_iops),
        "BlkioDeviceWriteBps": rates(blkio.device_write_bps),
        "BlkioDeviceWriteIOps": rates(blkio.device_write_iops),
    }


def _device(device: Device) -> Json:
    return {
        "PathOnHost": device.source,
        "PathInContainer": device.target or device.source,
        "CgroupPermissions": device.permissions or "rwm",
    }


def _device_requests(config: ContainerConfig) -> list[Json]:
    requests = [
        said(
            Driver=request.driver or "",
            Count=-1 if request.count is None and not request.device_ids else request.count or 0,
            DeviceIDs=list(request.device_ids) or None,
            Capabilities=[list(request.capabilities)],
            Options=dict(request.options) or None,
        )
        for request in config.device_requests
    ]
    cdi = [device.source for device in config.devices if is_cdi(device)]
    return [*requests, {"Driver": "cdi", "DeviceIDs": cdi}] if cdi else requests


def _ulimit(name: str, limit: Ulimit) -> Json:
    soft = limit.soft if limit.single is None else limit.single
    hard = limit.hard if limit.single is None else limit.single
    return {"Name": name, "Soft": soft or 0, "Hard": hard or 0}


def said(**fields: Any) -> Json:
    """Return the fields that say something: null would do, but not for every engine."""
    return {name: value for name, value in fields.items() if value is not None}
