from __future__ import annotations

import os
from pathlib import Path

import pytest

from composer.loader.canonical import canonical
from composer.loader.paths import absolute, is_remote, resolve
from support.trees import lengthen, plain, service, tree


def resolved(attributes: str, directory: str = "/project") -> object:
    return plain(resolve(service(attributes), directory))["services"]["web"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("x", "/project/x"),
        ("./x/", "/project/x"),
        ("../x", "/x"),
        (".", "/project"),
        ("/x/../y", "/x/../y"),
        ("C:\\x", "C:\\x"),
        ("c:/x", "c:/x"),
        ("\\\\host\\share", "\\\\host\\share"),
    ],
)
def test_a_relative_path_begins_at_the_directory(path: str, found: str) -> None:
    assert absolute(path, "/project") == found


def test_a_tilde_is_the_home_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")

    assert absolute("~", "/project") == "/home/me"
    assert absolute("~/x", "/project") == "/home/me/x"
    assert absolute("./~", "/project") == "/project/~"


def test_a_tilde_with_a_name_is_the_home_of_that_user() -> None:
    assert absolute("~root/x", "/project") == os.path.expanduser("~root") + "/x"


def test_a_tilde_with_an_unknown_name_is_a_directory_of_that_name() -> None:
    assert absolute("~nobody-has-this-name/x", "/project") == "/project/~nobody-has-this-name/x"


@pytest.mark.parametrize(
    "context",
    [
        "https://example.org/x.git#main:sub",
        "git://example.org/x",
        "git@example.org:x.git",
        "ssh://git@example.org/x",
        "github.com/a/b",
        "docker-image://alpine",
        "oci-layout://x",
        "c=docker-image://x",
        "service:base",
    ],
)
def test_an_address_is_no_path(context: str) -> None:
    assert is_remote(context)
    assert resolved(f"build: '{context}'") == {"build": {"context": context}}


@pytest.mark.parametrize("build", ["./x", "{context: x}"])
def test_the_context_of_a_build_is_a_path(build: str) -> None:
    assert resolved(f"build: {build}") == {"build": {"context": "/project/x"}}


@pytest.mark.parametrize("contexts", ["[a=./x, b=service:c]", "{a: x, b: 'service:c'}"])
def test_additional_contexts_are_paths_or_addresses(contexts: str) -> None:
    assert resolved(f"build: {{context: /, additional_contexts: {contexts}}}") == {
        "build": {
            "context": "/",
            "additional_contexts": {"a": "/project/x", "b": "service:c"},
        }
    }


def test_the_keys_for_ssh_are_paths_and_the_agent_is_none() -> None:
    assert resolved("build: {context: /, ssh: [default, key=./id]}") == {
        "build": {"context": "/", "ssh": {"default": None, "key": "/project/id"}}
    }


def test_the_dockerfile_belongs_to_the_context() -> None:
    assert resolved("build: {context: /, dockerfile: x/Dockerfile}") == {
        "build": {"context": "/", "dockerfile": "x/Dockerfile"}
    }


def test_env_files_and_label_files_are_paths_in_every_form() -> None:
    assert resolved("env_file: a, label_file: b") == {
        "env_file": "/project/a",
        "label_file": "/project/b",
    }
    assert resolved("env_file: [a, {path: b}], label_file: [c]") == {
        "env_file": ["/project/a", {"path": "/project/b"}],
        "label_file": ["/project/c"],
    }


def test_sources_of_binds_are_paths_and_names_of_volumes_are_not() -> None:
    assert resolved(
        "volumes: ['./x:/a:ro', 'data:/b', '/c', {type: bind, source: y, target: /d},"
        " {type: volume, source: z, target: /e}]"
    ) == {
        "volumes": [
            "/project/x:/a:ro",
            "data:/b",
            "/c",
            {"type": "bind", "source": "/project/y", "target": "/d"},
            {"type": "volume", "source": "z", "target": "/e"},
        ]
    }


def test_a_watched_path_is_where_its_links_lead(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert resolved(
        "develop: {watch: [{path: link/x, action: rebuild, target: ./t}]}", str(tmp_path)
    ) == {
        "develop": {
            "watch": [
                {"path": f"{tmp_path.resolve()}/real/x", "action": "rebuild", "target": "./t"}
            ]
        }
    }


def test_an_empty_source_is_the_directory() -> None:
    assert resolved("volumes: [{type: bind, source: '', target: /a}]") == {
        "volumes": [{"type": "bind", "source": "/project", "target": "/a"}]
    }


def test_a_watched_path_without_links_stays_as_it_is_written() -> None:
    assert resolved("develop: {watch: [{path: /a//b/, action: rebuild}]}")["develop"] == {
        "watch": [{"path": "/a//b/", "action": "rebuild"}]
    }


def test_files_of_configs_and_secrets_are_paths() -> None:
    root = tree("configs: {c: {file: x}}\nsecrets: {s: {file: ./y}}")

    assert plain(resolve(root, "/project")) == {
        "configs": {"c": {"file": "/project/x"}},
        "secrets": {"s": {"file": "/project/y"}},
    }


def test_the_device_of_a_bound_local_volume_is_a_path() -> None:
    root = tree(
        "volumes:\n"
        "  bound: {driver: local, driver_opts: {type: none, o: bind, device: ./x}}\n"
        "  disk: {driver: local, driver_opts: {type: ext4, device: sda1}}\n"
        "  unsaid: {driver_opts: {o: bind, device: ./x}}\n"
        "  more: {driver: local, driver_opts: {o: 'rw,bind', device: ./x}}\n"
        "  empty: {driver: local, driver_opts: {o: bind, device: ''}}\n"
    )
    devices = {
        name: volume["driver_opts"]["device"]
        for name, volume in resolve(root, "/project")["volumes"].items()
    }

    assert devices == {
        "bound": "/project/x",
        "disk": "sda1",
        "unsaid": "./x",
        "more": "./x",
        "empty": "/project",
    }


def test_the_long_form_of_short_paths_is_that_of_absolute_ones() -> None:
    root = service(
        "build: ./b, env_file: e, label_file: l, volumes: ['./v:/v:ro', '~/h:/h', 'd:/d']"
    )
    early, _ = canonical(resolve(root, "/project"))
    late = resolve(canonical(root)[0], "/project")

    assert plain(early) == plain(late)


def test_an_absolute_model_stays_as_it_is() -> None:
    root = resolve(service("build: ./b, env_file: e, volumes: ['./v:/v', '~/h:/h']"), "/project")

    assert plain(resolve(root, "/elsewhere")) == plain(root)


def test_what_names_no_file_of_the_host_is_left_alone() -> None:
    text = (
        "services: {web: {tmpfs: [./x], security_opt: ['seccomp=./s'],"
        " credential_spec: {file: ./c}, working_dir: ./w}}"
    )

    assert plain(resolve(tree(text), "/project")) == {
        "services": {
            "web": {
                "tmpfs": ["./x"],
                "security_opt": ["seccomp=./s"],
                "credential_spec": {"file": "./c"},
                "working_dir": "./w",
            }
        }
    }
    assert lengthen(text)
