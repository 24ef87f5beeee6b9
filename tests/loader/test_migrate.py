"""From the format of 2014 to that of today, as text; what is not named here stays as it is."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import InvalidProject
from composer.loader.document import parse
from composer.loader.documents import Parsed
from composer.loader.migrate import Migration, migrate
from composer.source import SourceFile
from support.old_files import modern, projects, written
from support.problems import assert_problems


def parsed(text: str, path: str = "/demo/docker-compose.yml") -> Parsed:
    file = SourceFile(path.rpartition("/")[2], text)
    return Parsed(path, file, parse(file))


def migration(text: str, **given: Any) -> Migration:
    [one] = migrate([parsed(text)], **given)
    return one


def migrated(text: str) -> str:
    return migration(dedent(text).lstrip("\n")).text


def assert_migrated(text: str, expected: str) -> None:
    assert migrated(text) == dedent(expected).lstrip("\n")


def assert_stays(text: str) -> None:
    assert_migrated(text, dedent(text))


def notes(text: str, **given: Any) -> list[str]:
    found = migration(dedent(text).lstrip("\n"), **given).notes
    return [f"{note.mark.line if note.mark else '-'}: {note.message}" for note in found]


def test_the_rails_file_of_the_book_gets_services_and_nothing_else_changes() -> None:
    assert_migrated(
        """
        db:
          image: postgres
          ports:
            - "5432"

        app:
          build: .
          command: bundle exec rails s -p 3000 -b '0.0.0.0'
          volumes:
            - .:/myapp
          ports:
            - "3000:3000"
          links:
            - db
          expose:
            - "3000"
        """,
        """
        services:
          db:
            image: postgres
            ports:
              - "5432"

          app:
            build: .
            command: bundle exec rails s -p 3000 -b '0.0.0.0'
            volumes:
              - .:/myapp
            ports:
              - "3000:3000"
            links:
              - db
            expose:
              - "3000"
        """,
    )


def test_an_old_wordpress_keeps_what_was_written_in_the_order_and_the_quotes_it_had() -> None:
    assert_migrated(
        """
        wordpress:
          image: 'wordpress'
          links:
            - db:mysql
          ports:
            - 8080:80
          environment: {WORDPRESS_DB_PASSWORD: example}

        db:
          image: "mariadb"
          environment:
            MYSQL_ROOT_PASSWORD: example
        """,
        """
        services:
          wordpress:
            image: 'wordpress'
            links:
              - db:mysql
            ports:
              - 8080:80
            environment: {WORDPRESS_DB_PASSWORD: example}

          db:
            image: "mariadb"
            environment:
              MYSQL_ROOT_PASSWORD: example
        """,
    )


# Attributes


def test_net_is_called_network_mode() -> None:
    assert_migrated(
        "web:\n  image: x\n  net: 'host'  # fast\n",
        "services:\n  web:\n    image: x\n    network_mode: 'host'  # fast\n",
    )


def test_the_network_of_a_container_that_is_a_service_is_that_of_the_service() -> None:
    assert 'network_mode: "service:db"\n' in migrated(
        'web:\n  image: x\n  net: "container:db"\ndb:\n  image: y\n'
    )
    assert "network_mode: container:other\n" in migrated(
        "web:\n  image: x\n  net: container:other\n"
    )


def test_dockerfile_goes_into_build_with_the_comments_between() -> None:
    assert_migrated(
        """
        web:
          # from here
          build: .   # the folder
          # with this
          dockerfile: Dockerfile.dev   # the file
          # and then
          command: x
        """,
        """
        services:
          web:
            # from here
            build:
              context: .   # the folder
              # with this
              dockerfile: Dockerfile.dev   # the file
            # and then
            command: x
        """,
    )


def test_what_is_gathered_stands_where_the_first_of_it_stood() -> None:
    assert_migrated(
        """
        web:
            log_opt:
                # where
                syslog-address: "udp://1.2.3.4"

            dockerfile: D
            command: x

            # how
            log_driver: syslog

            build: ./web
        """,
        """
        services:
            web:
                logging:
                    options:
                        # where
                        syslog-address: "udp://1.2.3.4"
                    # how
                    driver: syslog

                build:
                    dockerfile: D
                    context: ./web
                command: x


        """,
    )


def test_what_is_gathered_takes_nothing_along() -> None:
    assert_migrated(
        """
        web:
          log_opt:
            text: |
              several
              lines

          command: x
        """,
        """
        services:
          web:
            logging:
              options:
                text: |
                  several
                  lines

            command: x
        """,
    )


@pytest.mark.parametrize(
    "attributes",
    [
        "build: {context: .}, dockerfile: D",
        "image: x, logging: {driver: none}, log_driver: syslog",
        "image: x, net: host, network_mode: bridge",
    ],
)
def test_what_is_old_and_modern_at_once_stays_for_the_loader_to_refuse(attributes: str) -> None:
    assert migrated(f"web: {{{attributes}}}\n") == f"services:\n  web: {{{attributes}}}\n"


def test_a_dockerfile_of_an_override_is_a_build_without_a_context() -> None:
    assert_migrated(
        "web:\n  dockerfile: D\n  ports: ['80']\n",
        "services:\n  web:\n    build:\n      dockerfile: D\n    ports: ['80']\n",
    )


def test_volumes_from_something_that_is_no_service_are_a_containers() -> None:
    assert_migrated(
        """
        web:
          image: x
          volumes_from:
            - db
            - other   # made by hand
            - "third:ro"
            - container:fourth
        db:
          image: y
          volumes_from: [web:ro, other]
        """,
        """
        services:
          web:
            image: x
            volumes_from:
              - db
              - container:other   # made by hand
              - "container:third:ro"
              - container:fourth
          db:
            image: y
            volumes_from: [web:ro, 'container:other']
        """,
    )


def test_named_volumes_are_declared_under_the_name_they_had() -> None:
    assert_migrated(
        """
        db:
          image: postgres
          volumes:
            - data:/var/lib/postgresql/data
            - ./conf:/etc/conf
            - /var/log
        cache:
          image: redis
          volumes: ["data:/old:ro", "dump:/data"]
          volume_driver: flocker
        """,
        """
        services:
          db:
            image: postgres
            volumes:
              - data:/var/lib/postgresql/data
              - ./conf:/etc/conf
              - /var/log
          cache:
            image: redis
            volumes: ["data:/old:ro", "dump:/data"]

        volumes:
          data:
            name: data
            driver: flocker
          dump:
            name: dump
            driver: flocker
        """,
    )


@pytest.mark.parametrize(
    "mount", ["${DATA}:/x", "$DATA/x:/x", r"C:\\data:/x", "c:/data:/x", "~/x:/x", ".:/x", "/x"]
)
def test_other_mounts_are_no_volumes(mount: str) -> None:
    text = f"web: {{image: x, volumes: ['{mount}']}}\n"

    assert migrated(text) == f"services:\n  {text}"


def test_a_file_of_version_2_without_services_follows_the_rules_of_version_2() -> None:
    assert_migrated(
        """
        version: '2'
        base: {image: x, volumes: ['data:/data']}
        web: {extends: base, build: .}
        """,
        """
        services:
          base: {image: x, volumes: ['data:/data']}
          web: {extends: base, build: .}
        """,
    )


def test_a_file_with_sections_that_lacks_services_follows_the_rules_of_today() -> None:
    assert_migrated(
        "web: {image: x, volumes: ['data:/data']}\nvolumes:\n  data: {external: {name: x}}\n",
        "services:\n  web: {image: x, volumes: ['data:/data']}\n"
        "volumes:\n  data: {external: true, name: x}\n",
    )


def test_a_volume_has_the_driver_of_the_service_that_inherits_it() -> None:
    text = "a: {image: x, volumes: ['v:/v']}\nb: {extends: {service: a}, volume_driver: flocker}\n"

    assert migrated(text).endswith("\nvolumes:\n  v:\n    name: v\n    driver: flocker\n")


def test_a_volume_with_a_slash_in_its_name_was_a_path() -> None:
    assert "- './data/db:/x'" in migrated("db:\n  image: x\n  volumes:\n  - 'data/db:/x'\n")


def test_limits_and_the_rest_stay() -> None:
    text = """\
  web:
    image: x
    cpuset: 0,1
    cpu_shares: 73
    mem_limit: 1000000000
    memswap_limit: 2000000000
    mem_swappiness: 50
    container_name: my-web
    env_file: ./common.env
    environment:
      - A=b
    external_links: [redis_1, 'project_db_1:mysql']
    extra_hosts: ["a:1.2.3.4"]
    dns: 8.8.8.8
    restart: always
    privileged: true
    security_opt: ["label:user:USER"]
    ulimits: {nproc: 65535, nofile: {soft: 1, hard: 2}}
"""
    assert migrated(dedent(text)) == "services:\n" + text


# Several places: extends, <<, overrides


def test_the_build_that_replaced_an_image_takes_it_back() -> None:
    assert_migrated(
        """
        base:
          image: example/web
        web:
          extends:
            service: base
          build: .
          dockerfile: D
        flow: {extends: web, image: busybox}
        """,
        """
        services:
          base:
            image: example/web
          web:
            extends:
              service: base
            build:
              context: .
              dockerfile: D
            image: !reset null
          flow: {extends: web, image: busybox, build: !reset null}
        """,
    )


def test_an_override_takes_back_the_image_that_its_build_replaced() -> None:
    base = parsed("web:\n  image: example/web\n  volumes: ['a:/a']\n", "/demo/docker-compose.yml")
    over = parsed("web:\n  build: .\n  volumes: ['a:/a', 'b:/b']\n", "/demo/over.yml")

    one, two = migrate([base, over])

    assert one.text.endswith("volumes:\n  a:\n    name: a\n")
    assert two.text == dedent(
        """\
        services:
          web:
            build: .
            image: !reset null
            volumes: ['a:/a', 'b:/b']

        volumes:
          b:
            name: b
        """
    )


def test_a_service_of_another_file_is_known() -> None:
    base = parsed("db:\n  image: x\n", "/demo/docker-compose.yml")
    over = parsed("web:\n  image: y\n  net: 'container:db'\n", "/demo/over.yml")

    assert "network_mode: 'service:db'" in migrate([base, over])[1].text


def test_volumes_of_an_extended_file_are_declared_where_they_are_used() -> None:
    common = parsed("base:\n  image: x\n  volumes: ['a:/a']\n", "/demo/common/base.yml")
    main = parsed("web:\n  extends: {file: common/base.yml, service: base}\n")

    [one, other] = migrate([main], [common])

    assert one.text.endswith("\nvolumes:\n  a:\n    name: a\n")
    assert other.text.startswith("services:\n")


def test_half_of_a_build_may_come_from_an_anchor() -> None:
    assert_migrated(
        """
        web: &web
          build: .
          dockerfile: Dockerfile
          log_driver: syslog
        worker:
          <<: *web
          dockerfile: Dockerfile.worker
          log_opt: {tag: worker}
        """,
        """
        services:
          web: &web
            build:
              context: .
              dockerfile: Dockerfile
            logging:
              driver: syslog
          worker:
            <<: *web
            build:
              dockerfile: Dockerfile.worker
              context: "."
            logging:
              options: {tag: worker}
              driver: syslog
        """,
    )


def test_aliases_stay_aliases() -> None:
    assert_migrated(
        "a: &a\n  image: x\n  net: host\nb: *a\nc: {<<: *a, log_opt: &o {x: y}}\n",
        "services:\n  a: &a\n    image: x\n    network_mode: host\n  b: *a\n"
        "  c: {<<: *a, logging: {options: &o {x: y}}}\n",
    )


# The text around


def test_comments_stay_where_they_stand() -> None:
    assert_migrated(
        """
        # the head of the file

        # the database
        db:   # behind a key
          # before an attribute
          image: postgres   # behind an attribute
          ports:
            # in a list
            - "5432"
            # at the end of a list
        # before a service

        # redis:
        #   image: redis

        web:
          image: x
        # at the end
        """,
        """
        # the head of the file

        services:
          # the database
          db:   # behind a key
            # before an attribute
            image: postgres   # behind an attribute
            ports:
              # in a list
              - "5432"
              # at the end of a list
          # before a service

          # redis:
          #   image: redis

          web:
            image: x
          # at the end
        """,
    )


def test_a_single_comment_at_the_top_is_the_head_of_the_file() -> None:
    assert_migrated(
        "# my app\nweb:\n  image: x\n",
        "# my app\nservices:\n  web:\n    image: x\n",
    )


def test_a_comment_at_the_top_like_those_of_other_services_is_the_services() -> None:
    assert_migrated(
        "# one\na:\n  image: x\n# two\nb:\n  image: x\n",
        "services:\n  # one\n  a:\n    image: x\n  # two\n  b:\n    image: x\n",
    )


@pytest.mark.parametrize("end", ["", "   \n", "\n", "\n\n\n", "\n# end", "\n\n# end\n"])
def test_the_end_of_the_file_stays_as_it_is(end: str) -> None:
    assert migrated("web:\n  image: x" + end) == "services:\n  web:\n    image: x" + end.replace(
        "#", "  #"
    )


def test_volumes_are_declared_before_the_blank_lines_at_the_end() -> None:
    assert_migrated(
        "web:\n  image: x\n  volumes: ['a:/a']\n\n\n",
        "services:\n  web:\n    image: x\n    volumes: ['a:/a']\n"
        "\nvolumes:\n  a:\n    name: a\n\n\n",
    )


def test_a_file_without_a_last_line_end_gets_none() -> None:
    assert migrated("web: {image: x, volumes: ['a:/a']}").endswith("\n  a:\n    name: a")


def test_a_text_of_several_lines_at_the_end_of_the_file_stays_what_it_is() -> None:
    text = "web:\n  image: x\n  command: |\n    a\n  auto_up: true"

    assert migration(text).text == "services:\n  web:\n    image: x\n    command: |\n      a\n"


def test_line_ends_of_windows_stay() -> None:
    assert migrated("web:\r\n  build: .\r\n  dockerfile: D\r\n  volumes: ['a:/a']\r\n") == (
        "services:\r\n  web:\r\n    build:\r\n      context: .\r\n      dockerfile: D\r\n"
        "    volumes: ['a:/a']\r\n\r\nvolumes:\r\n  a:\r\n    name: a\r\n"
    )


def test_tabs_behind_a_key_stay() -> None:
    assert migrated("web:\n  image:\tx\t# tab\n") == "services:\n  web:\n    image:\tx\t# tab\n"


@pytest.mark.parametrize("indent", [1, 2, 3, 4, 8])
def test_services_are_indented_as_their_attributes_are(indent: int) -> None:
    left = " " * indent
    assert migrated(f"web:\n{left}image: x\n") == f"services:\n{left}web:\n{left}{left}image: x\n"


def test_texts_of_several_lines_stay_what_they_are() -> None:
    text = (
        "a:\n  image: x\n  command: |2\n      x\n     \n    y\n\n\n"
        'b:\n  image: "x\n\n y"\n  user: p\n   q\n'
    )

    before, after = (
        parse(SourceFile("a", text))[0].root,
        parse(SourceFile("a", migration(text).text))[0].root,
    )

    assert after["services"] == before


def test_a_file_may_be_indented_as_a_whole() -> None:
    assert migration("  web:\n    image: x\n  db:\n    image: y\n").text == (
        "  services:\n    web:\n      image: x\n    db:\n      image: y\n"
    )


def test_flow_style_stays_flow_style() -> None:
    assert_migrated(
        "db: {image: postgres}\n"
        "web: {build: ., dockerfile: D, net: 'container:db', volume_driver: x}\n",
        "services:\n  db: {image: postgres}\n"
        "  web: {build: {context: ., dockerfile: D}, network_mode: 'service:db'}\n",
    )


def test_json_stays_json() -> None:
    assert migrated('{"db": {"build": ".", "dockerfile": "D",\n "volumes": ["d:/d"]}}\n') == (
        '{"services": {"db": {"build": {"context": ".", "dockerfile": "D"},\n'
        ' "volumes": ["d:/d"]}}, "volumes": {"d": {"name": "d"}}}\n'
    )


def test_each_document_gets_its_services() -> None:
    assert_migrated(
        "%YAML 1.1\n---\n# one\na:\n  image: x\n...\n---\nb:\n  image: x\n---\n",
        "%YAML 1.1\n---\n# one\nservices:\n  a:\n    image: x\n...\n"
        "---\nservices:\n  b:\n    image: x\n---\n",
    )


def test_a_version_of_one_goes_away() -> None:
    assert_migrated("version: '1'\n\nweb:\n  image: x\n", "services:\n  web:\n    image: x\n")


def test_sections_and_templates_stay_outside() -> None:
    assert_migrated(
        """
        version: '2'
        x-log: &log
          log_driver: syslog
        a:
          <<: *log
          image: x
        # a network
        networks:
          default: {driver: bridge}
        b:
          image: x
        volumes:
          data:
        """,
        """
        x-log: &log
          logging:
            driver: syslog
        # a network
        networks:
          default: {driver: bridge}
        services:
          a:
            <<: *log
            image: x
          b:
            image: x
        volumes:
          data:
        """,
    )


def test_a_service_may_be_called_like_a_section() -> None:
    assert_migrated(
        "volumes:\n  image: x\nname:\n  build: .\n",
        "services:\n  volumes:\n    image: x\n  name:\n    build: .\n",
    )


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(InvalidProject) as refused:
        migrated("{web: {image: x}, networks: {}}\n")

    assert_problems(
        refused.value.problems,
        """
        error: 'networks' cannot be told apart from the services around it
          --> docker-compose.yml:1:19
           |
         1 | {web: {image: x}, networks: {}}
           |                   ^^^^^^^^
           = help: put every key on a line of its own, and try again
        """,
    )


def test_what_cannot_be_moved_without_a_change_is_refused() -> None:
    with pytest.raises(InvalidProject) as refused:
        migration("web:\n  image: x\n  volumes: ['a:/a']\n  command: |\n    no line end")

    assert_problems(
        refused.value.problems,
        """
        error: service 'web' is written in an unusual way
          --> docker-compose.yml:4:12
           |
         4 |   command: |
           |            ^
           = help: migrate it by hand: composer cannot without changing more than it should
        """,
    )


@pytest.mark.parametrize(
    "text",
    [
        "web:\n  log_opt:\n\ufeff    text: x\n",
        "web:\n  image: x\u2028db: {image: y}\n",
        "web:\n  log_opt:\n    a: b\x85    c: d\n  image: x\n",
    ],
)
def test_oddities_of_yaml_are_refused_not_damaged(text: str) -> None:
    with pytest.raises(InvalidProject, match=r"an unusual way|cannot be told apart"):
        migration(text)


# Modern files


def test_a_modern_file_stays() -> None:
    assert_stays("services:\n  web:\n    image: x\n    volumes_from: [a]\n")


def test_an_empty_file_stays() -> None:
    assert migrated("") == ""
    assert migrated("# nothing\n") == "# nothing\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: '3'\nservices: {}\n", "services: {}\n"),
        ("version: '3'\n\nservices: {}\n", "services: {}\n"),
        ("# a\nversion: '3'\n\nservices: {}\n", "# a\n\nservices: {}\n"),
        ("# a\n\nversion: '3'\n\nservices: {}\n", "# a\n\nservices: {}\n"),
        ("version: '3'  # why\nservices: {}\n", "# why\nservices: {}\n"),
        ("services: {}\nversion: '3'\n", "services: {}\n"),
        ("services: {}\nversion: '3'", "services: {}"),
        ("{version: 3, services: {}}", "{services: {}}"),
        ('{"services": {}, "version": "2.1"}', '{"services": {}}'),
    ],
)
def test_version_goes_away(old: str, new: str) -> None:
    assert migration(old).text == new


def test_the_name_of_something_external_stands_beside_it() -> None:
    assert_migrated(
        """
        services: {}
        networks:
          front:
            external:
              # made by hand
              name: outside  # there
          back: {external: {name: inside}}
        volumes:
          data:
            external: {name: old}
          kept: {external: true}
          both: {external: {name: a}, name: b}
        """,
        """
        services: {}
        networks:
          front:
            external: true
              # made by hand
            name: outside  # there
          back: {external: true, name: inside}
        volumes:
          data:
            external: true
            name: old
          kept: {external: true}
          both: {external: {name: a}, name: b}
        """,
    )


# Notes


def test_notes_say_what_is_different_now() -> None:
    assert notes(
        """
        web:
          image: x
          links: [my-db:sql]
          external_links: [other]
          volumes: ["data:/data", "a/b:/b", "/anonymous"]
          volume_driver: flocker
          volumes_from: [gone, "${X}"]
          net: container:gone
        my-db:
          image: y
          net: bridge
          links: [web]
        """
    ) == [
        "3: links set no variables such as SQL_PORT_… now: use the host name 'sql'",
        "4: external_links reach only containers on a network of this service now",
        "5: 'a/b' has a slash, so it is the directory ./a/b",
        "5: volume 'data' is declared with its name, and so keeps its data",
        "6: /anonymous has no name, and without one it cannot have the driver 'flocker' now",
        "7: no service here is called 'gone': taken for a container",
        "7: look after the variable: a container is container:NAME now",
        "8: no service here is called 'gone': taken for a container",
        "11: on the bridge network it cannot link to web any more: "
        "take network_mode out, or give it to all of them",
    ]


def test_services_on_the_bridge_network_may_link_to_each_other() -> None:
    text = "a: {image: x, net: bridge, links: [b]}\nb: {image: x, net: bridge}\n"

    assert notes(text) == []


def test_a_directory_with_the_name_of_a_volume_is_pointed_out() -> None:
    assert notes("db: {image: x, volumes: ['data:/d']}", directories=["/demo/data"]) == [
        "1: volume 'data' is declared with its name, and so keeps its data",
        "1: until Compose 1.5 'data' here was the directory ./data: "
        "if the data is in there, write ./data:…",
    ]


# Whatever the file


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_migrated_file_says_what_the_old_one_said(data: st.DataObject) -> None:
    project = data.draw(projects)
    text = data.draw(written(project))
    assert parse(SourceFile("a", text))[0].root == project, "the test wrote it wrongly"

    after = migration(text).text

    assert parse(SourceFile("a", after))[0].root == modern(project)
    assert migration(after).text == after
    assert _comments(after) == _comments(text)


def _comments(text: str) -> list[str]:
    """Return the comments of a text, sorted: what is gathered may pass one."""
    return sorted(re.findall("# (?:head|above|behind|far left)", text))
