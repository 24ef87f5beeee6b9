"""Mounts → HostConfig.Binds and HostConfig.Mounts, and back.  Pure.

Binds and named volumes are Binds where these can say it, as Docker Compose has them:
then the engine makes a missing host path.  A propagation goes to Mounts, but not
before API 1.42: only from there on these make the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from composer.engine.docker.api import MAKES_MOUNTPOINTS, Api, require
from composer.errors import EngineError
from composer.model.names import KEPT_AT
from composer.model.resources import ContainerConfig
from composer.model.service import (
    BindOptions,
    ImageOptions,
    Mount,
    TmpfsOptions,
    VolumeOptions,
)
from composer.model.units import Bytes
from composer.record import replace

Json = dict[str, Any]

_PROPAGATIONS = ("shared", "rshared", "slave", "rslave", "private", "rprivate")


SUBPATHS = (1, 45)
"""The API from which on a part of a volume can be mounted."""


def with_kept(config: ContainerConfig, volume: str, place: str, api: Api) -> ContainerConfig:
    """Return `config` with parts of `volume` mounted in a way that the engine knows.

    An engine that cannot mount a part of a volume binds the file in the directory
    `place`, which is where the volume is.  The volume is then mounted too: what no
    container uses is pruned.
    """
    if api >= SUBPATHS:
        return config
    mounts = [_bound(mount, volume, place) for mount in config.mounts]
    whole = Mount(type="volume", source=volume, target=KEPT_AT, read_only=True)
    return replace(config, mounts=(*mounts, whole))


def _bound(mount: Mount, volume: str, place: str) -> Mount:
    if mount.source != volume or mount.volume is None or not mount.volume.subpath:
        return mount
    return Mount(
        type="bind",
        source=f"{place}/{mount.volume.subpath}",
        target=mount.target,
        read_only=True,
        bind=BindOptions(create_host_path=False),
    )


def mount_fields(mounts: Iterable[Mount], api: Api) -> Json:
    """Return Binds and Mounts of HostConfig."""
    binds, others = [], []
    for mount in mounts:
        if _is_bind(mount, api):
            binds.append(_bind(mount))
        else:
            others.append(_mount(mount, api))
    return {"Binds": binds or None, "Mounts": others or None}


def read_mounts(host: Mapping[str, Any]) -> Iterator[Mount]:
    """Yield the mounts that a live container was asked to have."""
    for text in host.get("Binds") or ():
        yield _read_bind(text)
    for mount in host.get("Mounts") or ():
        yield _read_mount(mount)


def _is_bind(mount: Mount, api: Api) -> bool:
    if mount.type == "bind":
        bind = mount.bind or BindOptions()
        if bind.selinux:  # a mount cannot relabel
            return True
        plain = not bind.recursive and bind.create_host_path is not False
        plain = plain and not (bind.propagation and api >= MAKES_MOUNTPOINTS)
        return plain and ":" not in f"{mount.source}{mount.target}"
    volume = mount.volume or VolumeOptions()
    plain = not volume.nocopy and not volume.subpath and not volume.labels
    return mount.type == "volume" and bool(mount.source) and plain


def _bind(mount: Mount) -> str:
    bind = mount.bind or BindOptions()
    modes = ["ro" if mount.read_only else "rw", bind.selinux, bind.propagation]
    return f"{mount.source}:{mount.target}:{','.join(mode for mode in modes if mode)}"


def _mount(mount: Mount, api: Api) -> Json:
    fields: Json = {"Type": mount.type, "Target": mount.target, "ReadOnly": mount.read_only}
    if mount.source:
        fields["Source"] = mount.source
    if mount.consistency:
        fields["Consistency"] = mount.consistency
    match mount.type:
        case "bind":
            fields["BindOptions"] = _bind_options(mount, api)
        case "volume" if mount.volume:
            fields["VolumeOptions"] = _volume_options(mount, mount.volume, api)
        case "tmpfs" if mount.tmpfs:
            fields["TmpfsOptions"] = _tmpfs_options(mount.tmpfs)
        case "cluster":
            require(api, (1, 42), f"volumes of a swarm, as at {mount.target},")
        case "image":
            require(api, (1, 48), f"the image mounted at {mount.target}")
            if mount.image and mount.image.subpath:
                fields["ImageOptions"] = {"Subpath": mount.image.subpath}
    return fields


def _bind_options(mount: Mount, api: Api) -> Json:
    bind = mount.bind or BindOptions()
    options: Json = {}
    if bind.propagation:
        options["Propagation"] = bind.propagation
    if bind.create_host_path is not False:
        options["CreateMountpoint"] = True
    match bind.recursive:
        case None | "" | "enabled":
            pass
        case "disabled":
            options["NonRecursive"] = True
        case "writable":
            require(api, (1, 44), f"recursive: writable of the bind at {mount.target}")
            options["ReadOnlyNonRecursive"] = True
        case "readonly":
            require(api, (1, 44), f"recursive: readonly of the bind at {mount.target}")
            options["ReadOnlyForceRecursive"] = True
        case other:
            raise EngineError(f"recursive of the bind at {mount.target} cannot be {other!r}")
    return options


def _volume_options(mount: Mount, volume: VolumeOptions, api: Api) -> Json:
    options: Json = {}
    if volume.nocopy:
        options["NoCopy"] = True
    if volume.labels:
        options["Labels"] = dict(volume.labels)
    if volume.subpath:
        require(api, SUBPATHS, f"subpath of the volume at {mount.target}")
        options["Subpath"] = volume.subpath
    return options


def _tmpfs_options(tmpfs: TmpfsOptions) -> Json:
    options: Json = {}
    if tmpfs.size is not None:
        options["SizeBytes"] = int(tmpfs.size)
    if tmpfs.mode is not None:
        options["Mode"] = tmpfs.mode
    return options


def _read_bind(text: str) -> Mount:
    match = re.fullmatch(r"([A-Za-z]:[\\/][^:]*|[^:]*):([^:]*)(?::([^:]*))?", text)
    source, target, modes = match.groups() if match else (text, text, "")
    said = (modes or "").split(",")
    bind = BindOptions(
        selinux=next((mode for mode in said if mode in ("z", "Z")), None),
        propagation=next((mode for mode in said if mode in _PROPAGATIONS), None),
    )
    is_path = source.startswith(("/", "\\")) or source[1:2] == ":"
    return Mount(
        type="bind" if is_path else "volume",
        source=source,
        target=target,
        read_only="ro" in said,
        bind=bind if is_path else None,
        volume=VolumeOptions(nocopy=True) if "nocopy" in said else None,
    )


def _read_mount(mount: Mapping[str, Any]) -> Mount:
    bind, volume, tmpfs, image = (
        mount.get(name) for name in ("BindOptions", "VolumeOptions", "TmpfsOptions", "ImageOptions")
    )
    return Mount(
        type=str(mount.get("Type", "")),
        source=mount.get("Source") or None,
        target=str(mount.get("Target", "")),
        read_only=bool(mount.get("ReadOnly")),
        consistency=mount.get("Consistency") or None,
        bind=_read_bind_options(bind or {}) if mount.get("Type") == "bind" else None,
        volume=VolumeOptions(
            labels=dict(volume.get("Labels") or {}),
            nocopy=bool(volume.get("NoCopy")),
            subpath=volume.get("Subpath") or None,
        )
        if volume
        else None,
        tmpfs=TmpfsOptions(
            size=Bytes(tmpfs["SizeBytes"]) if tmpfs.get("SizeBytes") else None,
            mode=tmpfs.get("Mode") or None,
        )
        if tmpfs
        else None,
        image=ImageOptions(subpath=image.get("Subpath") or None) if image else None,
    )


def _read_bind_options(options: Mapping[str, Any]) -> BindOptions:
    recursive = None
    for name, word in (
        ("NonRecursive", "disabled"),
        ("ReadOnlyNonRecursive", "writable"),
        ("ReadOnlyForceRecursive", "readonly"),
    ):
        if options.get(name):
            recursive = word
    return BindOptions(
        propagation=options.get("Propagation") or None,
        create_host_path=None if options.get("CreateMountpoint") else False,
        recursive=recursive,
    )
