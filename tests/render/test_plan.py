from __future__ import annotations

from composer.model.build import Build
from composer.model.names import Label
from composer.model.operations import (
    Await,
    BuildImage,
    CreateContainer,
    CreateNetwork,
    PullImage,
    Remove,
    Rename,
    RunHook,
    Start,
    Stop,
)
from composer.model.plan import Change, Loss, Plan, Step
from composer.model.resources import BuildSpec, ContainerConfig, ContainerSpec, NetworkSpec
from composer.model.service import Hook
from composer.record import replace
from composer.render.plan import plan_tree, render_plan, sum_up
from composer.source import SourceFile, SourceMark


def create(name: str) -> CreateContainer:
    config = ContainerConfig(image="nginx")
    spec = ContainerSpec(service="web", number=1, name=name, digest="", config=config)
    return CreateContainer(spec)


def successor(name: str) -> CreateContainer:
    spec = replace(create(name).spec, labels={Label.REPLACE: name})
    return CreateContainer(spec, instead_of=f"0123456789ab_{name}")


MARK = SourceMark(SourceFile("compose.yaml", ""), 12, 7)
CHANGES = (
    Change("environment.PASSWORD", "'a'", "'b'", MARK, "replacement"),
    Change("user", None, "'1000'"),
)
REPLACEMENT = Plan(
    (
        Step(Rename("demo-web-1", "0123456789ab_demo-web-1"), "its successor takes the name"),
        Step(successor("demo-web-1"), "configuration changed", changes=CHANGES),
        Step(Stop("0123456789ab_demo-web-1"), "replaced"),
        Step(Start("demo-web-1"), "new container"),
        Step(Remove("0123456789ab_demo-web-1"), "it is replaced"),
    )
)


def test_a_plan_is_a_numbered_list_with_reasons_and_changes() -> None:
    assert render_plan(REPLACEMENT, "demo", colour=False) == (
        "demo:\n"
        "\n"
        "  1. ~ rename demo-web-1 to 0123456789ab_demo-web-1  its successor takes the name\n"
        "  2. ~ create container demo-web-1                   configuration changed\n"
        "       environment.PASSWORD: 'a' → 'b'   compose.yaml:12:7   replacement\n"
        "       user: (none) → '1000'\n"
        "  3. < stop 0123456789ab_demo-web-1                  replaced\n"
        "  4. > start demo-web-1                              new container\n"
        "  5. - remove 0123456789ab_demo-web-1                it is replaced\n"
        "\n"
        "1 to replace"
    )


def test_a_hook_counts_as_one_however_it_runs() -> None:
    config = ContainerConfig(image="nginx")
    labels = {"com.docker.compose.hook": "pre_start"}
    spec = ContainerSpec(
        service="web", number=0, name="init", digest="", config=config, labels=labels
    )
    operations = (
        create("demo-web-1"),
        CreateContainer(spec),
        Start("init"),
        Await("web", ("init",), "hook_completed"),
        Remove("init"),
        Start("demo-web-1"),
        RunHook("demo-web-1", "web", "post_start", 0, Hook(command=("a",))),
    )
    assert sum_up(Step(one, "test") for one in operations) == "1 to create, 2 to run"


def test_a_sum_counts_things_and_not_steps() -> None:
    steps = [
        Step(PullImage("nginx"), ""),
        Step(BuildImage(BuildSpec(service="a", tags=("a",), build=Build(context="."))), ""),
        Step(CreateNetwork(NetworkSpec(key="n", name="n")), ""),
        Step(create("demo-web-1"), ""),
        Step(Start("demo-web-1"), ""),
        Step(Start("demo-old-1"), ""),
        Step(Stop("demo-gone-1"), ""),
        Step(Remove("demo-gone-1"), ""),
        Step(Stop("demo-idle-1"), ""),
        Step(Await("db", ("demo-db-1",), "service_healthy"), ""),
    ]

    assert sum_up(steps) == (
        "1 to pull, 1 to build, 2 to create, 1 to start, 1 to stop, 1 to remove, 1 to wait for"
    )


def test_an_empty_plan_says_so() -> None:
    assert render_plan(Plan(), "demo", colour=False) == "demo: nothing to do"


def test_lost_data_is_named_with_its_size_and_its_users() -> None:
    losses = (
        Loss("demo_data", "why", ("demo-db-1", "demo-web-1"), size=48 * 1024 * 1024),
        Loss("0" * 64, "why", ("demo-db-1",), target="/cache", size=0),
        Loss("demo_new", "why"),
        Loss("demo_nfs", "why", outside=":/export"),
    )
    text = render_plan(Plan((Step(Start("a"), "why"),), losses=losses), "demo", colour=False)

    assert (
        "\ndata lost: volume demo_data, 48 MiB, last used by demo-db-1, demo-web-1\n"
        "data lost: anonymous volume at /cache of demo-db-1, 0 B\n"
        "data lost: volume demo_new\n"
        "volume removed: volume demo_nfs, whose files stay in :/export\n"
    ) in text


def test_json_tells_losses_apart() -> None:
    loss = Loss("0" * 64, "why", ("demo-db-1",), target="/cache", size=7)
    assert plan_tree(Plan(losses=(loss,)), "demo")["losses"] == [
        {
            "volume": "0" * 64,
            "anonymous": True,
            "target": "/cache",
            "size": 7,
            "users": ["demo-db-1"],
            "reason": "why",
            "files_stay_in": None,
        }
    ]


def test_colours_are_for_signs_only() -> None:
    text = render_plan(Plan((Step(Start("a"), "why"),)), "demo", colour=True)

    assert "\033[36m>\033[0m start a  why" in text


def test_json_says_where_a_new_value_stands() -> None:
    tree = plan_tree(REPLACEMENT, "demo")

    assert tree["steps"][1]["changes"] == [  # type: ignore[index]
        {
            "field": "environment.PASSWORD",
            "old": "'a'",
            "new": "'b'",
            "place": "compose.yaml:12:7",
            "consequence": "replacement",
        },
        {"field": "user", "old": None, "new": "'1000'", "place": None, "consequence": None},
    ]
    assert tree["summary"]["replace"] == 1  # type: ignore[index]
