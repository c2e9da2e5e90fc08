"""Forms outside the kit of actions: those in which a secret is typed, which no preview may carry around.

This is the one place in the area that turns a refusal back into its form.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fastapi import Response

from adminboard.core.errors import DomainError, TooFast
from adminboard.web.form_view import FieldView, FormView


def answer_form(submit: Callable[[], Response], show_again: Callable[[DomainError], Response]) -> Response:
    """What ``submit`` answers; when a rule refuses it, the form again with the sentence and its status."""
    try:
        return submit()
    except DomainError as problem:
        response = show_again(problem)
        response.status_code = problem.status
        if isinstance(problem, TooFast):
            response.headers["Retry-After"] = str(problem.retry_after_seconds)
        return response


def with_problem(form: FormView, problem: DomainError | None) -> FormView:
    """The form with the refusal beside the fields it names, or above them all."""
    if problem is None:
        return form
    messages = {error.field: error.message for error in problem.errors}
    fields = [replace(field, error=messages.get(field.name)) for field in form.fields]
    named = any(field.error for field in fields)
    return replace(form, fields=_focused(fields), error=None if named else problem.detail)


def _focused(fields: Sequence[FieldView]) -> list[FieldView]:
    chosen = next((field.name for field in fields if field.error), None)
    return [replace(field, autofocus=field.name == chosen if chosen else field.autofocus) for field in fields]
