from __future__ import annotations

from composer.errors import Conflict, WaitFailed
from composer.executor.forgiven import forgiven
from composer.model.events import Outcome, StepFinished
from composer.model.operations import Await, Operation, RemoveNetwork, Start
from composer.model.plan import Step


def ended(operation: Operation, error: BaseException | None, outcome: Outcome) -> StepFinished:
    return StepFinished(Step(operation, "test"), outcome, 0, error)


WAIT = Await("job", ("demo-job-1",), "service_completed_successfully", required=False)
FAILED = WaitFailed(
    "service 'job' didn't complete successfully: demo-job-1 exited (3)", help="x\ny"
)


def test_an_optional_dependency_that_failed_is_a_warning_with_its_evidence() -> None:
    warning = forgiven(ended(WAIT, FAILED, Outcome.DONE))
    assert warning is not None
    assert (warning.message, warning.help, warning.severity) == (
        "optional dependency 'job' failed: demo-job-1 exited (3)",
        "x\ny",
        "warning",
    )


def test_what_is_still_in_use_is_a_warning() -> None:
    error = Conflict("network x has active endpoints")
    warning = forgiven(ended(RemoveNetwork("x"), error, Outcome.DONE))
    assert warning is not None
    assert warning.message == "remove network x: network x has active endpoints"


def test_what_went_well_and_what_ended_the_plan_are_no_warnings() -> None:
    assert forgiven(ended(WAIT, None, Outcome.DONE)) is None
    assert forgiven(ended(WAIT, FAILED, Outcome.FAILED)) is None
    assert forgiven(ended(Start("x"), Conflict("in use"), Outcome.DONE)) is None
