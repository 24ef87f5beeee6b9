"""Files that mean no good: what each holds, as a function that fills a folder.

`tests/loader/test_hostile.py` runs composer on all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1024 * 1024
WEB = "services:\n  web:\n    image: busybox\n"

Files = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Attack:
    """Files to write, or a function that fills the folder; `good` loads all the same."""

    files: Files | Callable[[Path], None]
    good: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def prepare(self, folder: Path) -> None:
        if callable(self.files):
            self.files(folder)
            return
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def compose(text: str | bytes) -> Files:
    return {"compose.yaml": text}


def services(count: int, body: str) -> str:
    """Return a file of `count` services; `{n}` in the body is the service's number."""
    parts = (f"  s{n}:\n{body.replace('{n}', str(n))}" for n in range(count))
    return "services:\n" + "".join(parts)


def laughs(line: str, levels: int = 30, width: int = 10) -> str:
    """Return levels of anchors, each naming the one before it `width` times."""
    text = ["x-a0: &a0 [lol]\n"]
    text += (
        f"x-a{n}: &a{n} " + line.replace("@", ", ".join([f"*a{n - 1}"] * width)) + "\n"
        for n in range(1, levels)
    )
    return "".join(text) + WEB


def lattice(levels: int, width: int) -> str:
    """Return services of which each depends on all of the level below."""
    text = ["services:\n"]
    for level in range(levels):
        for column in range(width):
            text.append(f"  s{level}x{column}:\n    image: busybox\n")
            if level:
                names = ", ".join(f"s{level - 1}x{below}" for below in range(width))
                text.append(f"    depends_on: [{names}]\n")
    return "".join(text)


def chain(count: int, *, closed: bool = False) -> str:
    body = "    image: busybox\n    depends_on: [s@]\n"
    text = ["services:\n"]
    for n in range(count):
        below = (n - 1) % count
        edge = body.replace("@", str(below)) if n or closed else "    image: busybox\n"
        text.append(f"  s{n}:\n{edge}")
    return "".join(text)


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "compose.yaml")


def fifo_env_file(folder: Path) -> None:
    os.mkfifo(folder / "app.env")
    (folder / "compose.yaml").write_text(WEB + "    env_file: app.env\n")


def dangling(folder: Path) -> None:
    (folder / "compose.yaml").symlink_to("nowhere.yaml")


def symlink_loop(folder: Path) -> None:
    (folder / "a.yaml").symlink_to("compose.yaml")
    (folder / "compose.yaml").symlink_to("a.yaml")


def directory_loop(folder: Path) -> None:
    (folder / "sub").symlink_to(".")
    (folder / "compose.yaml").write_text(
        "include: [{path: sub/sub/sub/compose.yaml, project_directory: sub/sub}]\n" + WEB
    )


def socket(folder: Path) -> None:
    import socket as library

    with library.socket(library.AF_UNIX) as server, chdir(folder):  # a short name: 108 bytes
        server.bind("compose.yaml")


def include_fan(levels: int) -> Files:
    """Return files of which each includes the next one twice."""
    files = {
        f"f{n}.yaml": f"include:\n  - f{n + 1}.yaml\n  - ./f{n + 1}.yaml\n" for n in range(levels)
    }
    return {"compose.yaml": files["f0.yaml"], **files, f"f{levels}.yaml": WEB}


def include_chain(levels: int) -> Files:
    files = {f"f{n}.yaml": f"include: [f{n + 1}.yaml]\n" for n in range(levels)}
    return {"compose.yaml": "include: [f0.yaml]\n", **files, f"f{levels}.yaml": WEB}


def extends_chain(count: int) -> str:
    body = "    extends: s@\n"
    lines = (f"  s{n}:\n" + body.replace("@", str(n + 1)) for n in range(count))
    return "services:\n" + "".join(lines) + f"  s{count}:\n    image: busybox\n"


def extends_files(count: int) -> Files:
    files = {
        f"f{n}.yaml": f"services: {{web: {{extends: {{service: web, file: f{n + 1}.yaml}}}}}}\n"
        for n in range(count)
    }
    return {"compose.yaml": files["f0.yaml"], **files, f"f{count}.yaml": WEB}


def doubling(lines: int) -> str:
    """Return variables of which each is twice the one before it."""
    return "A0=0123456789\n" + "".join(f"A{n}=$A{n - 1}$A{n - 1}\n" for n in range(1, lines))


def nested(opening: str, closing: str, count: int) -> str:
    return "x-deep: " + opening * count + closing * count + "\n" + WEB


ATTACKS: Mapping[str, Attack] = {
    # aliases
    "billion_laughs": Attack(compose(laughs("[@]"))),
    "billion_laughs_in_maps": Attack(compose(laughs("{a: *b, b: [@]}".replace("*b", "x")))),
    "laughing_merge_keys": Attack(
        compose(
            "x-a0: &a0 {k: v}\n"
            + "".join(
                f"x-a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
            )
            + WEB
        ),
        good=True,
    ),
    "quadratic_aliases": Attack(
        compose("x-a: &a [" + "x, " * 50_000 + "]\n" + "x-b: [" + "*a, " * 50_000 + "]\n" + WEB)
    ),
    "alias_in_itself": Attack(compose("x-a: &a [*a]\n" + WEB)),
    # size
    "one_scalar_of_10_mb": Attack(
        compose("x-long: " + "a" * 10 * MEGABYTE + "\n" + WEB), good=True
    ),
    "comments_of_10_mb": Attack(compose("# comment\n" * MEGABYTE + WEB), good=True),
    "an_unclosed_quote_of_10_mb": Attack(compose(WEB + '    user: "' + "a\n" * 5 * MEGABYTE)),
    "noise_of_10_mb": Attack(compose(b"\xde\xad\xbe\xef" * (10 * MEGABYTE // 4))),
    "a_list_of_10_mb": Attack(compose("x-list: [" + "1, " * 1_000_000 + "]\n" + WEB), good=True),
    "nothing_but_dashes": Attack(compose("- " * 5 * MEGABYTE)),
    "nothing_but_colons": Attack(compose("a: " * 300_000)),
    "nothing_but_question_marks": Attack(compose("? " * 300_000)),
    "nothing_but_documents": Attack(compose("---\n" * 500_000 + WEB)),
    "thousands_of_documents": Attack(compose((WEB + "---\n") * 3_000 + WEB), good=True),
    "environment_of_10_mb": Attack(
        compose(
            WEB + "    environment:\n" + "".join(f"      V{n}: x{n}\n" for n in range(300_000))
        ),
        good=True,
    ),
    "a_key_of_1_mb": Attack(compose("x-" + "k" * MEGABYTE + ": v\n" + WEB)),
    "names_of_1_mb": Attack(
        compose("services:\n  ? " + "w" * MEGABYTE + "\n  : {image: a}\n"), good=True
    ),
    "project_name_of_1_mb": Attack(compose("name: " + "A" * MEGABYTE + "\n" + WEB), good=True),
    "duplicate_keys": Attack(compose("services:\n" + "  web: {image: a}\n" * 100_000)),
    "unknown_keys": Attack(compose(WEB + "".join(f"    k{n}: v\n" for n in range(100_000)))),
    # many services
    "ten_thousand_services": Attack(
        compose(services(10_000, "    image: busybox\n    ports: ['80']\n")), good=True
    ),
    "ten_thousand_services_that_each_err": Attack(
        compose(services(10_000, "    image: busybox\n    port: ['80']\n"))
    ),
    "ten_thousand_services_of_2014": Attack(
        compose("".join(f"s{n}:\n  image: busybox\n  net: host\n" for n in range(10_000)))
    ),
    "ten_thousand_unknown_warnings_silenced": Attack(
        compose(services(10_000, "    image: busybox:1 # composer: ignore nope{n}\n")), good=True
    ),
    "ten_thousand_undefined_dependencies": Attack(
        compose(services(10_000, "    image: busybox\n    depends_on: [t{n}]\n"))
    ),
    "ten_thousand_undefined_networks": Attack(
        compose(
            services(10_000, "    image: busybox\n    networks: [m{n}]\n")
            + "networks:\n"
            + "".join(f"  n{n}: {{}}\n" for n in range(10_000))
        )
    ),
    "ten_thousand_undefined_variables": Attack(
        compose(services(10_000, "    image: busybox${VARIABLE_{n}}\n")), good=True
    ),
    "ten_thousand_missing_variables": Attack(
        compose(services(10_000, "    image: busybox${VARIABLE_{n}:?}\n"))
    ),
    "ten_thousand_env_files_missing": Attack(
        compose(services(10_000, "    image: busybox\n    env_file: f{n}.env\n"))
    ),
    "ten_thousand_same_container_names": Attack(
        compose(services(10_000, "    image: busybox\n    container_name: same\n"))
    ),
    "a_chain_of_five_thousand": Attack(compose(chain(5_000)), good=True),
    "a_circle_of_five_thousand": Attack(compose(chain(5_000, closed=True))),
    "a_lattice_of_24_levels": Attack(compose(lattice(24, 3)), good=True),
    "a_dense_graph": Attack(compose(lattice(6, 150)), good=True),
    "everything_depends_on_everything": Attack(
        compose(
            services(
                300,
                "    image: busybox\n    depends_on: ["
                + ", ".join(f"s{n}" for n in range(300))
                + "]\n",
            )
        )
    ),
    # depth
    "deep_lists": Attack(compose(nested("[", "]", 100_000))),
    "deep_maps": Attack(compose(nested("{a: ", "}", 100_000))),
    "deep_unclosed": Attack(compose(nested("[", "", 1_000_000))),
    "deep_indentation": Attack(compose("".join(" " * n + "a:\n" for n in range(3_000)))),
    # encodings
    "invalid_utf_8": Attack(compose(WEB.encode() + b"    user: \xff\xfe\xfa\n")),
    "nul_bytes": Attack(compose(WEB.encode() + b"    user: a\0b\n")),
    "nothing_but_nul_bytes": Attack(compose(b"\0" * MEGABYTE)),
    "half_a_utf_16_character": Attack(compose(WEB.encode("utf-16") + b"\x00")),
    "a_lone_surrogate": Attack(compose((WEB + "    user: ").encode() + b"\xed\xa0\x80\n")),
    "an_escaped_surrogate": Attack(compose(WEB + '    user: "\\ud800"\n')),
    "escaped_nul": Attack(compose(WEB + '    user: "a\\0b"\n'), good=True),
    "utf_32": Attack(compose(WEB.encode("utf-32")), good=True),
    "a_picture": Attack(compose(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100)),
    # not files
    "a_directory": Attack(lambda folder: (folder / "compose.yaml").mkdir()),
    "a_pipe": Attack(fifo),
    "a_socket": Attack(socket),
    "a_dangling_link": Attack(dangling),
    "a_loop_of_links": Attack(symlink_loop),
    "a_loop_of_directories": Attack(directory_loop),
    "endless_zeros": Attack(compose(WEB), flags=("-f", "/dev/zero")),
    "endless_noise": Attack(compose(WEB), flags=("-f", "/dev/urandom")),
    "env_file_is_a_pipe": Attack(fifo_env_file),
    "env_file_without_end": Attack(compose(WEB + "    env_file: /dev/zero\n")),
    "label_file_without_end": Attack(compose(WEB + "    label_file: /dev/zero\n")),
    "included_without_end": Attack(compose("include: [/dev/zero]\n" + WEB)),
    "extended_without_end": Attack(compose(WEB + "    extends: {file: /dev/zero, service: web}\n")),
    "project_env_file_without_end": Attack(compose(WEB), flags=("--env-file", "/dev/zero")),
    "a_path_of_1_mb": Attack(compose(WEB + "    env_file: " + "d/" * MEGABYTE + "\n")),
    # include and extends
    "include_of_itself": Attack(compose("include: [compose.yaml]\n" + WEB)),
    "include_in_a_circle": Attack(
        {
            "compose.yaml": "include: [a.yaml]\n",
            "a.yaml": "include: [b.yaml]\n",
            "b.yaml": "include: [compose.yaml]\n",
        }
    ),
    "include_fanning_out": Attack(include_fan(25)),
    "include_a_thousand_deep": Attack(include_chain(1_000)),
    "extends_of_itself": Attack(compose(WEB + "    extends: web\n")),
    "extends_a_thousand_deep": Attack(compose(extends_chain(1_000))),
    "extends_through_a_thousand_files": Attack(extends_files(1_000)),
    "ten_thousand_extend_one_file": Attack(
        {
            "compose.yaml": services(10_000, "    extends: {file: base.yaml, service: web}\n"),
            "base.yaml": WEB,
        },
        good=True,
    ),
    "a_thousand_extend_a_large_file": Attack(
        {
            "compose.yaml": services(1_000, "    extends: {file: base.yaml, service: s{n}}\n"),
            "base.yaml": services(1_000, "    image: busybox\n"),
        },
        good=True,
    ),
    # variables
    "variables_that_double": Attack({**compose(WEB), ".env": doubling(40)}),
    "env_file_that_doubles": Attack(
        {**compose(WEB + "    env_file: app.env\n"), "app.env": doubling(40)}
    ),
    "a_large_variable_a_thousand_times": Attack(
        {
            ".env": "A=" + "x" * 3 * MEGABYTE + "\n",
            **compose("x-all:\n" + "  - ${A}${A}\n" * 1_000 + WEB),
        }
    ),
    "dotenv_of_3_mb": Attack(
        {**compose(WEB), ".env": "".join(f"V{n}=value {n}\n" for n in range(200_000))}, good=True
    ),
    "dotenv_with_an_open_quote": Attack({**compose(WEB), ".env": "A='" + "x\n" * 1_500_000}),
    "dotenv_of_noise": Attack({**compose(WEB), ".env": b"\xff\xfe\xfd" * MEGABYTE}),
    "environment_of_3_mb": Attack(
        compose(WEB),
        good=True,
        environment={f"V{n}": "x" * 100_000 for n in range(15)},
    ),
    "nested_defaults": Attack(compose(WEB + "    user: " + "${A:-" * 50_000 + "}" * 50_000 + "\n")),
    "nothing_but_dollars": Attack(compose(WEB + "    user: " + "$$" * MEGABYTE + "\n"), good=True),
    "nothing_but_openings": Attack(compose(WEB + "    user: " + "${" * MEGABYTE + "\n")),
    "many_names": Attack(compose(WEB + "    user: '" + "$A " * 300_000 + "'\n"), good=True),
    # values
    "a_number_of_1_mb": Attack(compose(WEB + "    user: " + "9" * MEGABYTE + "\n"), good=True),
    "a_hexadecimal_of_1_mb": Attack(
        compose(WEB + "    user: 0x" + "f" * MEGABYTE + "\n"), good=True
    ),
    "a_huge_exponent": Attack(compose(WEB + "    cpus: 1e999999999\n")),
    "not_a_number": Attack(compose(WEB + "    cpus: .nan\n")),
    "huge_sizes": Attack(compose(WEB + "    mem_limit: " + "9" * 1_000 + "gb\n")),
    "a_long_duration": Attack(compose(WEB + "    stop_grace_period: " + "1h" * 500_000 + "\n")),
    "a_duration_without_unit": Attack(
        compose(WEB + "    stop_grace_period: " + "1" * 500_000 + "\n")
    ),
    "port_ranges": Attack(
        compose(services(200, "    image: busybox\n    ports: ['1-65535:1-65535']\n"))
    ),
    "a_port_of_colons": Attack(compose(WEB + "    ports: ['" + ":" * MEGABYTE + "']\n")),
    "a_port_of_brackets": Attack(compose(WEB + "    ports: ['" + "[" * MEGABYTE + "']\n")),
    "a_volume_of_colons": Attack(compose(WEB + "    volumes: ['" + "a:" * MEGABYTE + "']\n")),
    "a_command_of_quotes": Attack(
        compose(WEB + "    command: " + "a'b" * MEGABYTE + "\n"), good=True
    ),
    "a_command_of_words": Attack(
        compose(WEB + "    command: " + "a " * MEGABYTE + "\n"), good=True
    ),
    "a_host_of_equals": Attack(compose(WEB + "    extra_hosts: ['" + "=" * MEGABYTE + "']\n")),
    "hosts_of_commas": Attack(
        compose(WEB + "    extra_hosts: ['a=" + "1.1.1.1," * 100_000 + "']\n"), good=True
    ),
    "many_mounts": Attack(
        compose(WEB + "    volumes:\n" + "".join(f"      - /m{n}\n" for n in range(50_000))),
        good=True,
    ),
    "many_same_ports": Attack(
        compose(WEB + "    ports:\n" + "      - '8080:80'\n" * 100_000), good=True
    ),
    # what asks for the same work again and again
    "many_braces": Attack(compose(WEB + "    user: '" + "${A}" * 250_000 + "'\n"), good=True),
    "many_variables_in_one_text": Attack(
        compose(
            WEB
            + "configs:\n  c:\n    content: |\n"
            + "".join(f"      line $V{n}\n" for n in range(50_000))
        ),
        good=True,
    ),
    "each_depends_on_itself": Attack(
        compose(services(5_000, "    image: busybox\n    depends_on: [s{n}]\n"))
    ),
    "ten_thousand_resets": Attack(
        {
            "compose.yaml": services(10_000, "    image: busybox\n    ports: ['80']\n"),
            "over.yaml": services(10_000, "    ports: !reset []\n"),
        },
        good=True,
        flags=("-f", "compose.yaml", "-f", "over.yaml"),
    ),
    "ten_thousand_replacements": Attack(
        {
            "compose.yaml": services(10_000, "    image: busybox\n    ports: ['80']\n"),
            "over.yaml": services(10_000, "    ports: !override ['81']\n"),
        },
        good=True,
        flags=("-f", "compose.yaml", "-f", "over.yaml"),
    ),
    "many_mounts_on_many_mounts": Attack(
        {
            "compose.yaml": WEB
            + "    volumes:\n"
            + "".join(f"      - /m{n}\n" for n in range(30_000)),
            "over.yaml": WEB
            + "    volumes:\n"
            + "".join(f"      - data:/m{n}\n" for n in range(30_000))
            + "volumes: {data: {}}\n",
        },
        good=True,
        flags=("-f", "compose.yaml", "-f", "over.yaml"),
    ),
    "one_env_file_ten_thousand_times": Attack(
        {
            "compose.yaml": WEB + "    env_file:\n" + "      - {path: a.env}\n" * 10_000,
            "a.env": "".join(f"V{n}=x\n" for n in range(100)),
        },
        good=True,
    ),
    "an_env_file_of_a_thousand_services": Attack(
        {
            "compose.yaml": services(1_000, "    image: busybox\n    env_file: a.env\n"),
            "a.env": "".join(f"V{n}=x{n}\n" for n in range(200)),
        },
        good=True,
    ),
    "a_thousand_files": Attack(
        {f"f{n}.yaml": WEB + f"    environment: [V{n}=x]\n" for n in range(1_000)},
        good=True,
        flags=tuple(word for n in range(1_000) for word in ("-f", f"f{n}.yaml")),
    ),
    "a_hundred_thousand_labels": Attack(
        compose(WEB + "    labels:\n" + "".join(f"      - l{n}=x\n" for n in range(100_000))),
        good=True,
    ),
    "a_hundred_thousand_anchors": Attack(
        compose("".join(f"x-{n}: &a{n} v\n" for n in range(100_000)) + WEB), good=True
    ),
    "a_service_in_five_thousand_networks": Attack(
        compose(
            WEB
            + "    networks: ["
            + ", ".join(f"n{n}" for n in range(5_000))
            + "]\n"
            + "networks:\n"
            + "".join(f"  n{n}: {{}}\n" for n in range(5_000))
        ),
        good=True,
    ),
    "five_thousand_secrets_that_are_not_there": Attack(
        compose(WEB + "    secrets: [" + ", ".join(f"s{n}" for n in range(5_000)) + "]\n")
    ),
    "two_mounts_on_one_target_many_times": Attack(
        compose(
            WEB
            + "    tmpfs: ["
            + ", ".join(f"/m{n}" for n in range(5_000))
            + "]\n"
            + "    volumes: ["
            + ", ".join(f"/m{n}" for n in range(5_000))
            + "]\n"
        )
    ),
    "keys_that_are_lists": Attack(compose("? " + "[" * 90 + "]" * 90 + "\n: v\n" + WEB)),
    "nothing_but_carriage_returns": Attack(compose("\r" * 5 * MEGABYTE + WEB), good=True),
    "nothing_but_tabs": Attack(compose("\t" * 5 * MEGABYTE + WEB)),
    "nothing_but_spaces": Attack(compose(" " * 5 * MEGABYTE + "\n" + WEB), good=True),
    "nothing_but_smileys": Attack(compose("😀" * (2 * MEGABYTE))),
    "a_block_of_a_million_lines": Attack(
        compose(WEB + "configs:\n  c:\n    content: |\n" + "      x\n" * 1_000_000), good=True
    ),
    "ten_thousand_profiles": Attack(
        compose(WEB + "    profiles: [" + ", ".join(f"p{n}" for n in range(10_000)) + "]\n"),
        good=True,
        environment={"COMPOSE_PROFILES": ",".join(f"p{n}" for n in range(10_000))},
    ),
    "ten_thousand_scaled": Attack(
        compose(services(1_000, "    image: busybox\n    scale: 1000000\n")), good=True
    ),
}
