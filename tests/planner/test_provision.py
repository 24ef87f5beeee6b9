from __future__ import annotations

import json
from dataclasses import replace

import pytest

from composer.errors import InvalidProject, PlanFailed
from composer.model.events import Event, StepFinished, StepProgressed
from composer.model.names import Label
from composer.model.observed import Observed
from composer.model.operations import RunProvider
from composer.model.options import DownOptions, UpOptions
from composer.model.plan import Plan
from composer.model.project import Model, Project
from composer.model.provision import ModelSpec, Setting
from composer.model.service import Dependency, Hook, ModelReference, Provider
from composer.planner.down import plan_down
from composer.planner.fingerprint import seals, strayed
from composer.planner.lifecycle import plan_stop
from composer.planner.provision import NOTHING, Told, overridden, provisions, with_provided
from composer.reconciler import bring_up, foresee
from support.engine import FakeEngine
from support.plans import assert_plan, live, project, service, world
from support.world import FakeProvider

UP = UpOptions()
CLOUD = Provider(type="cloud", options={"size": ("1", "2")})
DB = service("my-db", image=None, provider=CLOUD, networks={})
WEB = service("web", depends_on={"my-db": Dependency()}, environment={"A": "1"})
DEMO = project(WEB, DB, service("other"))
URL = Setting("URL", "there")
TOLD = Told(services={"my-db": (URL,)})


def up(demo: Project, engine: FakeEngine, options: UpOptions = UP) -> Plan:
    return bring_up(demo, engine, options, lambda event: None).plan


def engine(*tells: Setting, stops: bool = False) -> FakeEngine:
    made = FakeEngine(images=["web:1", "other:1"])
    made.providers["cloud"] = FakeProvider(tells=tells, stops=stops)
    return made


def variables(engine: FakeEngine, container: str = "demo-web-1") -> dict[str, str | None]:
    return dict(engine.containers[container].spec.config.environment)


def test_providers_are_run_with_their_options_each_after_those_it_depends_on() -> None:
    second = replace(DB, name="cache", depends_on={"my-db": Dependency()})
    demo = project(second, DB)
    plan = Plan(tuple(provisions(demo, [DB, second])))
    assert_plan(
        plan,
        """
        1. run cloud up for my-db (service 'my-db' is provided by it)
        2. run cloud up for cache (service 'cache' is provided by it) after 1
        """,
    )
    [call, _] = [s.operation.call for s in plan.steps if isinstance(s.operation, RunProvider)]
    assert (call.project, call.type, call.options) == ("demo", "cloud", {"size": ("1", "2")})
    assert json.loads(call.definition)["provider"] == {
        "type": "cloud",
        "options": {"size": ["1", "2"]},
    }


def test_what_a_provider_tells_reaches_who_depends_on_it_under_its_name() -> None:
    told = Told(services={"my-db": (URL, Setting("RAW", "x", raw=True))})
    demo = with_provided(DEMO, Observed(), told)
    assert demo.services["web"].environment == {"A": "1", "MY-DB_URL": "there", "RAW": "x"}
    assert demo.services["other"] == DEMO.services["other"]
    assert demo.provided == {"web": ("MY-DB_URL", "RAW")}


def test_a_provided_service_has_no_container_and_who_uses_it_has_its_variables() -> None:
    made = engine(URL)
    up(DEMO, made)
    assert sorted(made.containers) == ["demo-other-1", "demo-web-1"]
    assert made.provided == {"my-db": "up"}
    assert variables(made) == {"A": "1", "MY-DB_URL": "there"}
    assert made.containers["demo-web-1"].labels[Label.PROVIDED] == "MY-DB_URL"


def test_what_a_provider_tells_is_not_told_to_everybody() -> None:
    events: list[Event] = []
    bring_up(DEMO, engine(URL), UP, events.append)
    assert "there" not in {one.value for e in events for one in _settings(e)}
    assert any(isinstance(event, StepFinished) for event in events)


def _settings(event: Event) -> list[Setting]:
    progress = event.progress if isinstance(event, StepProgressed) else None
    return [progress.setting] if progress and progress.setting else []


def test_who_is_told_the_same_again_is_left_alone_and_told_otherwise_is_replaced() -> None:
    made = engine(URL)
    up(DEMO, made)
    before = made.containers["demo-web-1"].id
    up(DEMO, made)
    assert made.containers["demo-web-1"].id == before

    made.providers["cloud"] = FakeProvider(tells=(Setting("URL", "elsewhere"),))
    other = made.containers["demo-other-1"].id
    up(DEMO, made)
    assert made.containers["demo-web-1"].id != before
    assert made.containers["demo-other-1"].id == other
    assert variables(made)["MY-DB_URL"] == "elsewhere"


def test_a_variable_that_is_told_no_more_goes() -> None:
    made = engine(URL, Setting("RAW", "x", raw=True))
    up(DEMO, made)
    made.providers["cloud"] = FakeProvider(tells=(URL,))
    up(DEMO, made)
    assert variables(made) == {"A": "1", "MY-DB_URL": "there"}


def test_a_plan_runs_no_provider_and_takes_it_to_tell_what_it_told_last() -> None:
    made = engine(URL, Setting("RAW", "x", raw=True))
    up(DEMO, made)
    made.provided.clear()
    plan = foresee(DEMO, made, UP)
    assert [step.id for step in plan.steps] == ["run cloud up for my-db"]
    assert plan.open_questions == (
        "demo-web-1 is replaced if my-db tells other variables than it has",
    )
    assert made.provided == {}


def test_who_is_not_asked_is_taken_to_tell_what_it_told_last() -> None:
    made = engine(URL)
    up(DEMO, made)
    before = made.containers["demo-web-1"].id
    made.provided.clear()
    up(DEMO, made, replace(UP, services=("web",), no_deps=True))
    assert made.provided == {}
    assert made.containers["demo-web-1"].id == before


def test_a_container_that_docker_compose_made_is_known_to_be_told_by_its_variables() -> None:
    told = with_provided(DEMO, Observed(), TOLD)
    theirs = live(told, "web")
    labels = {key: value for key, value in theirs.labels.items() if "io.composer" not in key}
    observed = world(DEMO, replace(theirs, labels=labels))
    assert with_provided(DEMO, observed).services["web"] == told.services["web"]


def test_a_variable_that_leaves_the_file_is_seen_to_go_whatever_it_is_called() -> None:
    made = engine(URL)
    up(project(replace(WEB, environment={"MY-DB_OWN": "1"}), DB), made)
    plan = foresee(project(replace(WEB, environment={}), DB), made, UP)
    [change] = [one for step in plan.steps for one in step.changes]
    assert (change.field, change.new) == ("environment.MY-DB_OWN", None)


def test_a_variable_of_the_file_that_a_provider_has_otherwise_is_a_warning() -> None:
    told = Told(services={"my-db": (Setting("A", "2", raw=True),)})
    assert [one.message for one in overridden(DEMO, told)] == [
        "a provider overrides variable 'A' of service 'web'"
    ]
    assert list(overridden(DEMO, NOTHING)) == []


def test_a_failing_provider_leaves_everything_as_it_is() -> None:
    made = engine(URL)
    made.providers["cloud"] = FakeProvider(fails="no quota")
    with pytest.raises(PlanFailed, match="no quota"):
        up(DEMO, made)
    assert "demo-web-1" not in made.containers


def test_what_is_told_does_not_make_another_step_of_the_one_that_was_planned() -> None:
    web = replace(WEB, pre_start=(Hook(command=("true",), image="web:1"),))
    demo = project(web, DB)
    made = engine(URL)
    foreseen = seals(foresee(demo, made, UP).steps)
    done = seals(up(demo, made).steps)
    assert list(strayed(foreseen, done)) == []

    other = seals(foresee(project(replace(web, user="7"), DB), engine(URL), UP).steps)
    assert list(strayed(other, done)) == [
        "it would create container demo-web-1 with other settings",
        "it would create container demo-web-pre_start-0 with other settings",
    ]


def test_a_program_that_is_missing_is_told_before_anything_is_touched() -> None:
    made = FakeEngine(images=["web:1", "other:1"])
    with pytest.raises(InvalidProject) as caught:
        up(DEMO, made)
    assert [one.message for one in caught.value.problems] == [
        "service 'my-db' is provided by 'cloud', which is not installed"
    ]
    assert made.containers == {}
    up(DEMO, made, replace(UP, services=("other",)))
    assert sorted(made.containers) == ["demo-other-1"]


def test_down_has_providers_let_go_after_everything_else() -> None:
    plan = plan_down("demo", DEMO, world(DEMO, live(DEMO, "web")), DownOptions())
    last = plan.steps[-1]
    assert last.id == "run cloud down for my-db"
    assert {"remove demo-web-1", "remove network demo_default"} <= last.after
    named = plan_down("demo", DEMO, Observed(), DownOptions(services=("web",)))
    assert named == Plan()


def test_a_provider_that_can_is_stopped_after_its_dependents() -> None:
    running = world(DEMO, live(DEMO, "web"))
    assert_plan(
        plan_stop(DEMO, running, None, None, ("my-db",)),
        """
        1. stop demo-web-1 (asked for by stop)
        2. run cloud stop for my-db (asked for by stop) after 1
        """,
    )
    assert "run cloud stop for my-db" not in {
        step.id for step in plan_stop(DEMO, running, ("web",), None, ("my-db",)).steps
    }


def test_a_container_of_a_service_that_became_provided_is_an_orphan() -> None:
    before = project(replace(DB, provider=None, image="db:1"))
    made = engine(URL)
    made.tag("db:1", "x")
    up(before, made)
    after = project(DB)
    done = bring_up(after, made, replace(UP, remove_orphans=True), lambda event: None)
    assert made.containers == {}
    assert done.warnings == ()


LLM = Model(model="ai/small", context_size=1024, runtime_flags=("--fast",))
CHAT = replace(
    project(
        service("web", models={"my-llm": None}),
        service("named", models={"my-llm": ModelReference(endpoint_var="AT", model_var="IT")}),
    ),
    models={"my-llm": LLM},
)


def with_models() -> FakeEngine:
    made = FakeEngine(images=["web:1", "named:1"])
    made.model_endpoint = "http://models/"
    return made


def test_models_are_pulled_and_configured_once_however_many_use_them() -> None:
    assert_plan(
        Plan(tuple(provisions(CHAT, CHAT.services.values()))),
        """
        1. pull model ai/small (service 'web' uses it)
        2. configure model my-llm (service 'web' uses it) after 1
        """,
    )


def test_a_model_that_is_used_in_two_ways_is_pulled_once() -> None:
    other = replace(CHAT.models["my-llm"], context_size=9)
    demo = replace(
        project(service("web", models={"my-llm": None, "other": None})),
        models={"my-llm": LLM, "other": other},
    )
    assert [step.id for step in provisions(demo, demo.services.values())] == [
        "pull model ai/small",
        "configure model my-llm",
        "configure model other",
    ]


def test_who_uses_a_model_knows_which_it_is_and_where_it_answers() -> None:
    made = with_models()
    up(CHAT, made)
    assert variables(made) == {"MY_LLM_MODEL": "ai/small", "MY_LLM_URL": "http://models/"}
    assert variables(made, "demo-named-1") == {"IT": "ai/small", "AT": "http://models/"}
    assert made.models == {
        "ai/small": ModelSpec(
            key="my-llm", model="ai/small", context_size=1024, runtime_flags=("--fast",)
        )
    }
    ids = {name: one.id for name, one in made.containers.items()}
    up(CHAT, made)
    assert {name: one.id for name, one in made.containers.items()} == ids
    plan = foresee(CHAT, made, UP)
    assert [step.id for step in plan.steps] == ["pull model ai/small", "configure model my-llm"]


def test_without_who_runs_models_each_service_that_uses_some_is_told() -> None:
    made = FakeEngine(images=["web:1", "named:1"])
    with pytest.raises(InvalidProject) as caught:
        up(CHAT, made)
    assert [one.message for one in caught.value.problems] == [
        f"service {name!r} uses models, for which docker's plugin 'model' is needed"
        for name in ("web", "named")
    ]
    assert made.containers == {}
