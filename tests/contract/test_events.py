from __future__ import annotations

from composer.model.command import Command
from composer.model.observed import EngineEvent
from composer.model.service import Healthcheck
from composer.model.units import Duration
from support.lab import Bench, Collected, collected, eventually

PROBE = Healthcheck(test=("CMD", "true"), interval=Duration(100_000_000), retries=1)


def actions(events: list[EngineEvent]) -> list[str]:
    return [event.action for event in events]


def seen(action: str):  # type: ignore[no-untyped-def]
    return lambda events: action in actions(events)


def test_a_life_is_told_in_order(bench: Bench) -> None:
    with collected(bench.engine.changes(bench.project)) as events:
        name = bench.create(command=("sh", "-c", "exit 3"))
        bench.engine.start(name)
        events.until(seen("die"))
        bench.engine.remove(name)
        found = events.until(seen("destroy"))

    assert actions(found) == ["create", "start", "die", "destroy"]
    assert [event.exit_code for event in found] == [None, None, 3, None]
    assert {event.name for event in found} == {name}


def test_an_event_tells_whom_it_is_about(bench: Bench) -> None:
    with collected(bench.engine.changes(bench.project)) as events:
        id = bench.engine.create_container(bench.spec(labels={"colour": "blue"}))
        (event,) = events.until(seen("create"))

    assert (event.container, event.name) == (id, bench.name("web"))
    assert event.labels["colour"] == "blue"
    assert event.labels["com.docker.compose.service"] == "web"
    assert event.time > 1_700_000_000 * 10**9


def test_stopping_is_told_with_how_it_died(bench: Bench) -> None:
    """Newer engines may tell of the stop before the death."""
    name = bench.start(command=("sleep", "1000"))
    with collected(bench.engine.changes(bench.project)) as events:
        bench.engine.stop(name, 0)
        found = events.until(lambda events: {"stop", "die"} <= set(actions(events)))

    assert actions(found)[0] == "kill"
    assert {event.action: event.exit_code for event in found} == {
        "kill": None,
        "die": 137,
        "stop": None,
    }


def test_health_is_told(bench: Bench) -> None:
    with collected(bench.engine.changes(bench.project)) as events:
        bench.start(healthcheck=PROBE)
        found = events.until(seen("health_status: healthy"))

    assert actions(found) == ["create", "start", "health_status: healthy"]


def test_a_new_name_is_told(bench: Bench) -> None:
    name = bench.create()
    with collected(bench.engine.changes(bench.project)) as events:
        bench.engine.rename(name, f"{name}-new")
        (event,) = events.until(seen("rename"))

    assert event.name == f"{name}-new"


def test_of_what_is_executed_only_failures_are_told(bench: Bench) -> None:
    name = bench.start()
    with collected(bench.engine.changes(bench.project)) as events:
        list(bench.engine.exec(name, Command(("true",))))
        list(bench.engine.exec(name, Command(("sh", "-c", "exit 3"))))
        events.until(seen("exec_die"))
        bench.engine.kill(name)
        found = events.until(seen("die"))

    assert actions(found) == ["exec_die", "kill", "die"]
    assert (found[0].name, found[0].exit_code) == (name, 3)


def test_nothing_before_the_subscription_is_told(bench: Bench) -> None:
    bench.create("before")
    with collected(bench.engine.changes(bench.project)) as events:
        bench.create("after")
        found = events.until(seen("create"))

    assert [event.name for event in found] == [bench.name("after")]


def test_nothing_after_the_subscription_is_missed(bench: Bench) -> None:
    for number in range(1, 21):
        stream = bench.engine.changes(bench.project)
        bench.engine.create_container(bench.spec("web", number, command=("true",)))
        with collected(stream) as events:
            found = events.until(seen("create"))
        assert [event.name for event in found] == [bench.name("web", number)]


def test_another_project_is_not_told(bench: Bench) -> None:
    other = Bench(bench.engine)
    try:
        with collected(bench.engine.changes(bench.project)) as events:
            other.create()
            bench.create()
            found = events.until(seen("create"))
        assert [event.name for event in found] == [bench.name("web")]
    finally:
        other.clear()


def test_closing_ends_whoever_waits_for_events(bench: Bench) -> None:
    stream = bench.engine.changes(bench.project)
    waiting = Collected(stream)
    bench.create()
    waiting.until(seen("create"))

    stream.close()

    waiting.ended()
    assert waiting.error is None


def test_a_stream_closed_before_it_is_read_is_empty(bench: Bench) -> None:
    stream = bench.engine.changes(bench.project)

    stream.close()

    assert list(stream) == []


def test_closing_twice_is_fine(bench: Bench) -> None:
    stream = bench.engine.changes(bench.project)

    stream.close()
    stream.close()


def test_two_streams_are_told_the_same(bench: Bench) -> None:
    with (
        collected(bench.engine.changes(bench.project)) as one,
        collected(bench.engine.changes(bench.project)) as two,
    ):
        bench.finish(command=("true",))
        one.until(seen("die"))
        eventually(lambda: actions(two.items), lambda them: them == ["create", "start", "die"])


def test_events_of_the_past_are_told_up_to_a_moment(bench: Bench) -> None:
    name = bench.finish(command=("sh", "-c", "exit 3"))
    with collected(bench.engine.changes(bench.project)) as news:
        bench.engine.remove(name)
        (gone,) = news.until(seen("destroy"))
    until = f"{gone.time // 10**9}.{gone.time % 10**9:09}"

    found = list(bench.engine.events(bench.project, since="1700000000", until=until))

    assert actions(found) == ["create", "start", "die", "destroy"]
    assert found[-1] == gone
    assert found[2].exit_code == 3


def test_events_are_told_from_now_on_unless_a_moment_is_named(bench: Bench) -> None:
    bench.create("before")
    with collected(bench.engine.events(bench.project)) as events:
        bench.create("after")
        found = events.until(seen("create"))

    assert [event.name for event in found] == [bench.name("after")]
