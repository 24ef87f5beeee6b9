"""The JSON schema says what a Compose file may contain, and where it goes wrong.

`kitchen_sink_long.yaml` and `kitchen_sink_v5.yaml` together use every property
of the schema, and the first of them, like `kitchen_sink_short.yaml`, is accepted
by Docker Compose 2.40 too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "schemas" / "compose.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
KITCHEN_SINKS = ["kitchen_sink_long", "kitchen_sink_short", "kitchen_sink_v5"]


def read(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))


def service(text: str) -> Any:
    return {"services": {"web": yaml.safe_load(text)}}


def errors(document: Any) -> list[tuple[str, str]]:
    """Return path and failed keyword of every error, in the order of the paths."""
    return sorted(
        ("/".join(str(step) for step in error.absolute_path), str(error.validator))
        for error in VALIDATOR.iter_errors(document)
    )


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in `schema`, itself included."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from subschemas(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from subschemas(value)


def referenced(text: str) -> Any:
    target: Any = SCHEMA
    for step in text.removeprefix("#/").split("/"):
        target = target[step]
    return target


def is_shared(schema: dict[str, Any]) -> bool:
    """Whether a job or a hook takes this property, description and all, from the service."""
    return "/properties/" in schema.get("$ref", "")


def test_the_schema_is_valid():
    Draft202012Validator.check_schema(SCHEMA)


def test_the_file_is_printed_the_way_json_prints_it():
    text = (ROOT / "schemas" / "compose.schema.json").read_text(encoding="utf-8")
    assert text == json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"


def test_no_reference_leaves_the_file():
    references = {found["$ref"] for found in subschemas(SCHEMA) if "$ref" in found}
    assert {text for text in references if not text.startswith("#/$defs/")} == set()


def test_there_are_no_alternatives_so_every_error_is_about_one_value():
    keywords = {key for found in subschemas(SCHEMA) for key in found}
    assert keywords & {"anyOf", "oneOf", "allOf", "not", "if"} == set()


def test_every_definition_has_a_title_that_completes_expected():
    assert [name for name, found in SCHEMA["$defs"].items() if not found.get("title")] == []


def test_every_definition_is_used():
    used = {
        found["$ref"].split("/")[2]
        for found in subschemas(SCHEMA)
        if isinstance(found.get("$ref"), str)
    }
    assert set(SCHEMA["$defs"]) - used == set()


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    for found in subschemas(SCHEMA):
        if isinstance(found.get("properties"), dict) and "additionalProperties" in found:
            yield from found["properties"].items()


def test_every_property_has_a_short_description():
    for name, found in properties():
        if is_shared(found):
            continue
        text = found.get("description", "")
        assert 3 <= len(text) <= 80, name
        assert "\n" not in text, name


def test_every_mapping_with_known_keys_refuses_others_but_x():
    for found in subschemas(SCHEMA):
        if isinstance(found.get("properties"), dict) and "title" in found:
            assert found["additionalProperties"] is False, found["title"]
            assert found["patternProperties"] == {"^x-": {}}, found["title"]


@pytest.mark.parametrize("name", KITCHEN_SINKS)
def test_a_kitchen_sink_is_accepted(name: str):
    assert errors(read(name)) == []


def test_the_kitchen_sinks_use_every_property():
    seen: set[int] = set()

    def visit(schema: dict[str, Any], value: Any) -> None:
        seen.add(id(schema))
        if "$ref" in schema:
            visit(referenced(schema["$ref"]), value)
        for item in value if isinstance(value, list) else []:
            visit(schema.get("items", {}), item)
        for key, item in value.items() if isinstance(value, dict) else []:
            rest = schema.get("additionalProperties")
            visit(schema.get("properties", {}).get(key, rest or {}), item)

    for name in KITCHEN_SINKS:
        visit(SCHEMA, read(name))
    unused = {name for name, found in properties() if id(found) not in seen}
    shared = {name for name, found in properties() if is_shared(found)}
    assert unused - shared == set()


# Attribute of a service, then values it takes.
ACCEPTED_IN_SERVICE = {
    "annotations": ["{a: b}", "[a=b]"],
    "attach": ["true", "'false'"],
    "blkio_config": ["{weight: 300}", "{device_read_bps: [{path: /dev/sda, rate: 1024}]}"],
    "build": [".", "{context: .}", "{}", "{args: [A=b, C]}", "{args: {A: null}}"],
    "build.secrets": ["[token]", "[{source: token, mode: '0400'}]"],
    "build.no_cache_filter": ["release", "[release]"],
    "build.provenance": ["true", "mode=max"],
    "build.ssh": ["[default]", "{default: null}"],
    "cap_add": ["[]", "[ALL]"],
    "cgroup": ["host", "private"],
    "command": ["null", "sleep 1", "''", "[]", "[sleep, '1']"],
    "configs": ["[settings]", "[{source: settings, mode: 0440}]"],
    "container_name": ["web_1", "ab"],
    "cpus": ["2", "0.5"],
    "depends_on": ["[db]", "{db: {condition: service_healthy, required: false}}"],
    "deploy": ["null", "{}", "{replicas: 0}", "{resources: {limits: {cpus: '0.5', pids: 5}}}"],
    "develop": ["null", "{watch: [{path: ., action: rebuild}]}"],
    "devices": ["['/dev/null:/dev/x:r']", "[{source: /dev/null}]"],
    "dns": ["1.1.1.1", "[1.1.1.1]"],
    "entrypoint": ["null", "/run", "[]", "[/run]"],
    "env_file": ["a.env", "[a.env, {path: b.env, required: false, format: raw}]"],
    "environment": ["[A=b, C]", "{A: b, C: null, D: 1, E: 1.5, F: true, G: ''}"],
    "expose": ["[80, '90-91/udp']"],
    "extends": ["base", "{service: base}", "{service: base, file: b.yaml}"],
    "extra_hosts": ["[a=10.0.0.1]", "{a: 10.0.0.1}", "{a: [10.0.0.1, '::1']}"],
    "gpus": ["all", "[{count: all}]", "[{device_ids: ['0']}]"],
    "group_add": ["[mail, 1000]"],
    "healthcheck": ["{test: 'true'}", "{test: [CMD, 'true']}", "{disable: true}"],
    "labels": ["{a: b}", "{a: null}", "[a=b, a]"],
    "logging": ["{driver: none}", "{options: {max-file: 3, tag: null}}"],
    "mem_limit": ["512m", "1.5gb", "1 KiB", "10b", "1048576"],
    "memswap_limit": ["-1", "2g"],
    "mem_swappiness": ["0", "'60'"],
    "models": ["[llm]", "{llm: null}", "{llm: {endpoint_var: URL}}"],
    "networks": ["[front]", "{front: null}", "{front: {aliases: [www]}}"],
    "oom_score_adj": ["-1000", "1000"],
    "ports": ["[80]", "['80:80']", "[{target: 80, published: 8080}]"],
    "post_start": ["[{command: a b}]", "[{command: [a]}]"],
    "pre_start": ["[{command: a b}]", "[{image: busybox, volumes: ['a:/a']}]"],
    "provider": ["{type: example}", "{type: example, options: {a: [1, b]}}"],
    "pull_policy": ["always", "if_not_present", "every_1h30m"],
    "restart": ["always", "on-failure:3", "bogus"],
    "scale": ["0", "3"],
    "security_opt": ["[a, a]"],
    "stop_grace_period": ["1m30s", "500ms", "1.5h", "1w2d", "1µs", "'0'"],
    "storage_opt": ["{size: 1G}"],
    "sysctls": ["{a: 1}", "[a=1]"],
    "tmpfs": ["/run", "['/run:size=64m']"],
    "tty": ["true", "false"],
    "ulimits": ["{nproc: 65535}", "{nofile: {soft: 1, hard: 2}}"],
    "volumes": ["[/a, 'b:/b', './c:/c:ro']", "[{type: tmpfs, target: /t, tmpfs: {size: 64m}}]"],
    "x-anything": ["null", "{a: [1]}"],
}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [(attribute, value) for attribute, values in ACCEPTED_IN_SERVICE.items() for value in values],
)
def test_a_service_may_have(attribute: str, value: str):
    *outer, last = attribute.split(".")
    text = "{" + "".join(f"{name}: {{" for name in outer)
    assert errors(service(f"{text}{last}: {value}{'}' * len(outer)}}}")) == []


ACCEPTED = {
    "nothing": "{}",
    "no services": "services: {}",
    "an empty include": "{include: null, services: {}}",
    "include by path": "include: [other.yaml]",
    "include by mapping": "include: [{path: [a.yaml, b.yaml], env_file: a.env}]",
    "version": "version: '3.8'",
    "name": "name: My Project",
    "a service named like an extension": "services: {x-web: {image: a}}",
    "a network without settings": "networks: {front: null}",
    "an external network": "networks: {front: {external: true}}",
    "an external network by its old name": "networks: {front: {external: {name: shared}}}",
    "subnets": "networks: {front: {ipam: {config: [{subnet: 10.0.0.0/8}]}}}",
    "a volume without settings": "volumes: {data: null}",
    "volume labels as a list": "volumes: {data: {labels: [a=b]}}",
    "an inline config": "configs: {a: {content: hello}}",
    "a secret from a variable": "secrets: {a: {environment: TOKEN}}",
    "a model": "models: {llm: {model: ai/example, context_size: 1024}}",
    "a manual job": "jobs: {a: {image: b, triggers: {manual: true}}}",
    "a scheduled job": "jobs: {a: {image: b, triggers: {schedule: [{cron: '0 3 * * *'}]}}}",
    "an extension": "x-anything: [1, {a: b}]",
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_a_file_may_have(text: str):
    assert errors(yaml.safe_load(text)) == []


# What a service holds, then path (below the service) and keyword of the only error.
REFUSED_IN_SERVICE = [
    ("enviroment: {A: b}", "", "additionalProperties"),
    ("X-upper: 1", "", "additionalProperties"),
    ("image: 5", "image", "type"),
    ("image: null", "image", "type"),
    ("image: [a]", "image", "type"),
    ("annotations: a=b", "annotations", "type"),
    ("attach: maybe", "attach", "pattern"),
    ("blkio_config: {wieght: 1}", "blkio_config", "additionalProperties"),
    ("blkio_config: {weight: 5000}", "blkio_config/weight", "maximum"),
    ("blkio_config: {weight_device: [{device: a}]}", "blkio_config/weight_device/0", "additional"),
    ("build: [a]", "build", "type"),
    ("build: {contxt: .}", "build", "additionalProperties"),
    ("build: {args: {A: [b]}}", "build/args/A", "type"),
    ("build: {shm_size: lots}", "build/shm_size", "pattern"),
    ("build: {additional_contexts: [a]}", "build/additional_contexts/0", "pattern"),
    ("build: {secrets: [{name: a}]}", "build/secrets/0", "additionalProperties"),
    ("build: {tags: a}", "build/tags", "type"),
    ("cap_add: ALL", "cap_add", "type"),
    ("cap_add: [1]", "cap_add/0", "type"),
    ("cgroup: shared", "cgroup", "enum"),
    ("command: 5", "command", "type"),
    ("command: [sleep, 5]", "command/1", "type"),
    ("command: {a: b}", "command", "type"),
    ("configs: a", "configs", "type"),
    ("configs: [{source: a, mode: rw}]", "configs/0/mode", "pattern"),
    ("container_name: a", "container_name", "pattern"),
    ("container_name: a b", "container_name", "pattern"),
    ("cpu_percent: 101", "cpu_percent", "maximum"),
    ("cpu_shares: 1.5", "cpu_shares", "type"),
    ("cpus: '0.5'", "cpus", "type"),
    ("credential_spec: {path: a}", "credential_spec", "additionalProperties"),
    ("depends_on: db", "depends_on", "type"),
    ("depends_on: {db: null}", "depends_on/db", "type"),
    ("depends_on: {db: {}}", "depends_on/db", "required"),
    ("depends_on: {db: {condition: healthy}}", "depends_on/db/condition", "enum"),
    ("depends_on: {a b: {condition: service_started}}", "depends_on", "pattern"),
    ("deploy: {replica: 2}", "deploy", "additionalProperties"),
    ("deploy: {replicas: -1}", "deploy/replicas", "minimum"),
    ("deploy: {update_config: {order: any}}", "deploy/update_config/order", "enum"),
    ("deploy: {rollback_config: {delay: 10}}", "deploy/rollback_config/delay", "type"),
    ("deploy: {resources: {limit: {}}}", "deploy/resources", "additionalProperties"),
    ("deploy: {resources: {limits: {cpus: half}}}", "deploy/resources/limits/cpus", "pattern"),
    ("deploy: {resources: {limits: {mem: 1g}}}", "deploy/resources/limits", "additional"),
    (
        "deploy: {resources: {reservations: {devices: [{count: 1}]}}}",
        "deploy/resources/reservations/devices/0",
        "required",
    ),
    ("deploy: {restart_policy: {window: 1}}", "deploy/restart_policy/window", "type"),
    ("deploy: {placement: {constraint: []}}", "deploy/placement", "additionalProperties"),
    ("develop: {watch: {path: .}}", "develop/watch", "type"),
    ("develop: {watch: [{action: sync}]}", "develop/watch/0", "required"),
    ("develop: {watch: [{path: ., action: copy}]}", "develop/watch/0/action", "enum"),
    ("devices: [{target: /dev/x}]", "devices/0", "required"),
    ("dns: {a: b}", "dns", "type"),
    ("dns_opt: a", "dns_opt", "type"),
    ("env_file: {path: a}", "env_file", "type"),
    ("env_file: [{path: 5}]", "env_file/0/path", "type"),
    ("env_file: [{path: a, format: json}]", "env_file/0/format", "enum"),
    ("environment: null", "environment", "type"),
    ("environment: A=b", "environment", "type"),
    ("environment: [{A: b}]", "environment/0", "type"),
    ("environment: {A: {B: c}}", "environment/A", "type"),
    ("expose: [[80]]", "expose/0", "type"),
    ("extends: {file: a.yaml}", "extends", "required"),
    ("extends: {service: a, from: b}", "extends", "additionalProperties"),
    ("extra_hosts: a=b", "extra_hosts", "type"),
    ("gpus: some", "gpus", "pattern"),
    ("gpus: [{count: few}]", "gpus/0/count", "pattern"),
    ("healthcheck: curl", "healthcheck", "type"),
    ("healthcheck: {test: 'true', intervall: 5s}", "healthcheck", "additionalProperties"),
    ("healthcheck: {interval: 5}", "healthcheck/interval", "type"),
    ("healthcheck: {interval: '5'}", "healthcheck/interval", "pattern"),
    ("healthcheck: {retries: -1}", "healthcheck/retries", "minimum"),
    ("init: 'true'", "init", "type"),
    ("labels: [1]", "labels/0", "type"),
    ("logging: {drivers: a}", "logging", "additionalProperties"),
    ("logging: {options: {a: [b]}}", "logging/options/a", "type"),
    ("mem_limit: 1x", "mem_limit", "pattern"),
    ("mem_limit: 1.5", "mem_limit", "type"),
    ("models: {llm: {url_var: A}}", "models/llm", "additionalProperties"),
    ("networks: front", "networks", "type"),
    ("networks: {front: {ip: 1.2.3.4}}", "networks/front", "additionalProperties"),
    ("networks: {front: {aliases: a}}", "networks/front/aliases", "type"),
    ("oom_score_adj: 1001", "oom_score_adj", "maximum"),
    ("ports: 80", "ports", "type"),
    ("ports: {80: 80}", "ports", "type"),
    ("ports: [{published: 80}]", "ports/0", "required"),
    ("ports: [{target: http}]", "ports/0/target", "type"),
    ("ports: [{target: 70000}]", "ports/0/target", "maximum"),
    ("ports: [{target: 80, publish: 80}]", "ports/0", "additionalProperties"),
    ("post_start: [{user: root}]", "post_start/0", "required"),
    ("pre_stop: [{command: a, image: b}]", "pre_stop/0", "additionalProperties"),
    ("pre_start: [{command: a, restart: always}]", "pre_start/0", "additionalProperties"),
    ("privileged: 'yes'", "privileged", "type"),
    ("profiles: dev", "profiles", "type"),
    ("provider: {options: {}}", "provider", "required"),
    ("pull_policy: allways", "pull_policy", "pattern"),
    ("pull_policy: every_", "pull_policy", "pattern"),
    ("restart: false", "restart", "type"),
    ("scale: 1.5", "scale", "type"),
    ("secrets: [{source: a, path: b}]", "secrets/0", "additionalProperties"),
    ("stop_grace_period: 10", "stop_grace_period", "type"),
    ("stop_grace_period: 10 seconds", "stop_grace_period", "pattern"),
    ("tmpfs: {a: b}", "tmpfs", "type"),
    ("ulimits: {nofile: {soft: 1}}", "ulimits/nofile", "required"),
    ("ulimits: {nofile: many}", "ulimits/nofile", "type"),
    ("user: 1000", "user", "type"),
    ("volumes: {a: /a}", "volumes", "type"),
    ("volumes: [{source: a, target: /a}]", "volumes/0", "required"),
    ("volumes: [{type: nfs, target: /a}]", "volumes/0/type", "enum"),
    ("volumes: [{type: bind, target: /t, readonly: true}]", "volumes/0", "additionalProperties"),
    ("volumes: [{type: bind, target: /t, bind: {selinux: x}}]", "volumes/0/bind/selinux", "enum"),
    ("volumes: [{type: tmpfs, target: /t, tmpfs: {size: -1}}]", "volumes/0/tmpfs/size", "minimum"),
]


@pytest.mark.parametrize(("text", "path", "keyword"), REFUSED_IN_SERVICE)
def test_a_service_may_not_have(text: str, path: str, keyword: str):
    [(found_path, found_keyword)] = errors(service(text))
    assert found_path == "/".join(["services", "web", *filter(None, [path])])
    assert found_keyword.startswith(keyword)


REFUSED = [
    ("[]", "", "type"),
    ("service: {}", "", "additionalProperties"),
    ("version: 3.8", "version", "type"),
    ("name: 5", "name", "type"),
    ("services: null", "services", "type"),
    ("services: [web]", "services", "type"),
    ("services: {web: null}", "services/web", "type"),
    ("services: {a b: {image: c}}", "services", "pattern"),
    ("include: other.yaml", "include", "type"),
    ("include: [{file: a}]", "include/0", "additionalProperties"),
    ("networks: [front]", "networks", "type"),
    ("networks: {front: {drivr: bridge}}", "networks/front", "additionalProperties"),
    ("networks: {front: {internal: 'true'}}", "networks/front/internal", "type"),
    ("networks: {front: {ipam: {config: {}}}}", "networks/front/ipam/config", "type"),
    ("networks: {f: {ipam: {config: [{range: a}]}}}", "networks/f/ipam/config/0", "additional"),
    ("networks: {front: {external: {nam: a}}}", "networks/front/external", "additionalProperties"),
    ("volumes: {data: ./data}", "volumes/data", "type"),
    ("volumes: {data: {driver_opts: {a: [b]}}}", "volumes/data/driver_opts/a", "type"),
    ("volumes: {data: {path: a}}", "volumes/data", "additionalProperties"),
    ("configs: {a: null}", "configs/a", "type"),
    ("configs: {a: {contents: b}}", "configs/a", "additionalProperties"),
    ("secrets: {a: {content: b}}", "secrets/a", "additionalProperties"),
    ("models: {llm: {name: a}}", "models/llm", "required"),
    ("models: {llm: {model: a, context_size: big}}", "models/llm/context_size", "type"),
    ("jobs: {a: {image: b}}", "jobs/a", "required"),
    ("jobs: {a: {triggers: {}, restart: always}}", "jobs/a", "additionalProperties"),
    ("jobs: {a: {triggers: {cron: b}}}", "jobs/a/triggers", "additionalProperties"),
    ("jobs: {a: {triggers: {schedule: [{}]}}}", "jobs/a/triggers/schedule/0", "required"),
]


@pytest.mark.parametrize(("text", "path", "keyword"), REFUSED)
def test_a_file_may_not_have(text: str, path: str, keyword: str):
    [(found_path, found_keyword)] = errors(yaml.safe_load(text))
    assert found_path == path
    assert found_keyword.startswith(keyword)


def test_two_mistakes_are_two_errors():
    assert errors(service("{imge: a, tty: maybe, ports: 80}")) == [
        ("services/web", "additionalProperties"),
        ("services/web/ports", "type"),
        ("services/web/tty", "type"),
    ]


def test_an_error_knows_what_was_expected():
    [error] = VALIDATOR.iter_errors(service("stop_grace_period: '10'"))
    assert error.schema["title"] == "a duration such as 1m30s"


def test_opening_the_cast_types_accepts_a_file_that_is_not_interpolated():
    opened = json.loads(json.dumps(SCHEMA))
    for kind in ("boolean", "integer", "number"):
        opened["$defs"][f"cast_{kind}"]["type"] = [kind, "string"]
    document = service("{tty: '${TTY}', scale: '${SCALE}', cpus: '${CPUS}'}")

    assert [path for path, _ in errors(document)] == [
        "services/web/cpus",
        "services/web/scale",
        "services/web/tty",
    ]
    assert list(Draft202012Validator(opened).iter_errors(document)) == []
