"""Pages of actions: form → preview → confirm → toast with undo, the same for every action.

This is the one place that turns a refused change back into its form, so that what was typed stays.
"""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from adminboard.core.action_runner import (
    AcknowledgementRequired,
    Confirmation,
    Outcome,
    Prepared,
    StalePreview,
)
from adminboard.core.actions import Action
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import DomainError, NothingToDo
from adminboard.core.permissions import Permission
from adminboard.core.step_up import StepUpRequired, has_fresh_proof
from adminboard.web.access import find_login, page_read, page_write
from adminboard.web.action_view import make_change_view, make_preview_view, outcome_toast
from adminboard.web.addresses import address, local_address
from adminboard.web.csrf import make_csrf_token
from adminboard.web.done import find_done_toasts
from adminboard.web.form_view import FormView
from adminboard.web.formatting import displaying
from adminboard.web.forms import Typed, asks_nothing, load_offers, make_fields, typed_values, unwritten_texts
from adminboard.web.page_context import count_id
from adminboard.web.step_up import ask_for_proof
from adminboard.web.visit import Visit


def mount_action_pages(router: APIRouter, action: Action[Any]) -> None:
    """Adds the form, the live preview, the preview and the confirmation of one action."""
    base = f"/actions/{action.name}"

    @router.get(base, name=f"{action.name}_form")
    def show_form(visit: Annotated[Visit, page_read(action.permission)]) -> Response:
        if action.step_up and not has_fresh_proof(visit.actor, visit.board.runtime.clock.now()):
            return ask_for_proof(visit.request, _form_address(visit, action, visit.parameters))
        return _begin(visit, action)

    @router.get(f"{base}/live", name=f"{action.name}_live")
    def show_live_preview(visit: Annotated[Visit, page_read(action.permission)]) -> Response:
        return _live_preview(visit, action)

    @router.post(f"{base}/preview", name=f"{action.name}_preview")
    def preview(visit: Annotated[Visit, page_write(action.permission)]) -> Response:
        if visit.parameter("back"):
            return _form(visit, action, visit.form)
        return _preview(visit, action, visit.form)

    @router.post(base, name=f"{action.name}_confirm")
    def confirm(visit: Annotated[Visit, page_write(action.permission)]) -> Response:
        return _confirm(visit, action)


def mount_undo(router: APIRouter) -> None:
    """Adds ``POST /undo/{audit_id}``: runs the inverse of what one has just done; asks first when it was done
    by someone else or a while ago, or when there is a warning."""

    @router.post("/undo/{audit_id}")
    def undo(audit_id: UUID, visit: Annotated[Visit, page_write(Permission.CUSTOMERS_READ)]) -> Response:
        action, command = visit.board.runner.find_undo(visit.actor, audit_id)
        typed = {name: [str(value)] for name, value in command.to_data().items() if value is not None}
        prepared = _prepare(visit, action, command)
        acknowledged = frozenset(visit.form.get("acknowledged", ()))
        confirmed = visit.typed("token") or (prepared.token if _is_just_done(visit, audit_id) else None)
        if confirmed is None or prepared.preview.acknowledgements - acknowledged:
            with _displaying(visit):
                view = make_preview_view(
                    action,
                    command,
                    prepared,
                    typed,
                    csrf_token=_csrf_token(visit),
                    return_to=_return_to(visit),
                )
            view = replace(view, action_url=f"/undo/{audit_id}")
            return visit.render(_template(visit, "ui/action_preview"), preview=view)
        key = visit.typed("idempotency_key") or None
        confirmation = Confirmation(confirmed, acknowledged, key, undoes=audit_id)
        return _done(visit, action, visit.board.runner.run(visit.actor, action, command, confirmation))


def make_form(
    visit: Visit,
    action: Action[Any],
    typed: Typed,
    *,
    problem: DomainError | None = None,
) -> FormView:
    """The form of an action, for its page, the dialog, or a panel of another page."""
    errors = problem.errors if problem else ()
    now = visit.board.runtime.clock.now()
    first = {name: values[0] for name, values in typed.items() if values}
    subject, sentence, begun = None, None, dict[str, list[str]]()
    with visit.reading() as session:
        if action.subject is not None:
            subject = action.subject(session, first)
        if action.begin is not None:
            begun = {name: [value] for name, value in action.begin(session, first).items()}
        if action.tells is not None:
            sentence = action.tells(session, first)
        offered = load_offers(action, session)
    hidden = frozenset({action.subject_field}) if subject is not None else frozenset[str]()
    zone = ZoneInfo(visit.actor.time_zone)
    return_to = _return_to(visit)
    return FormView(
        title=action.title,
        action_url=address(f"/actions/{action.name}/preview", {}, return_to=return_to),
        submit_label="Preview",
        fields=make_fields(
            action.command,
            begun | dict(typed),
            zone=zone,
            now=now,
            errors=errors,
            hidden=hidden,
            offered=offered,
            begun=begun.keys() - typed.keys(),
        ),
        csrf_token=_csrf_token(visit),
        back_url=return_to,
        subject=subject.label if subject else None,
        sentence=sentence,
        error=problem.detail if problem and not any(error.field for error in errors) else None,
        is_news=isinstance(problem, NothingToDo),
        preview_url=f"/actions/{action.name}/live" if action.live else None,
        destructive=False,
    )


def _begin(visit: Visit, action: Action[Any]) -> Response:
    """The form, or the preview at once where there is nothing to fill in."""
    asks_whom = action.subject_field in action.command.model_fields
    if asks_nothing(action) and (not asks_whom or action.subject_field in visit.parameters):
        return _preview(visit, action, visit.parameters)
    return _form(visit, action, visit.parameters)


def _form(visit: Visit, action: Action[Any], typed: Typed, problem: DomainError | None = None) -> Response:
    form = make_form(visit, action, typed, problem=problem)
    return visit.render(
        _template(visit, "ui/action_form"), status_code=problem.status if problem else 200, form=form
    )


def _preview(visit: Visit, action: Action[Any], typed: Typed) -> Response:
    try:
        command = _read_command(visit, action, typed)
        return _show_preview(visit, action, command, typed)
    except DomainError as problem:
        return _form(visit, action, typed, problem)


def _prepare(visit: Visit, action: Action[Any], command: Command) -> Prepared:
    """What the action would do, read through the visit's own session, which holds no connection while the
    outside is asked."""
    runner = visit.board.runner
    if action.fetch is not None:
        visit.pause_reading()
    fetched = runner.fetch(visit.actor, action, command)
    with visit.reading() as session:
        return runner.preview_in(session, visit.actor, action, fetched)


def _show_preview(
    visit: Visit,
    action: Action[Any],
    command: Command,
    typed: Typed,
    *,
    missing: Collection[str] = (),
    problem: DomainError | None = None,
) -> Response:
    prepared = _prepare(visit, action, command)
    with visit.reading() as session:
        offered = load_offers(action, session)
    with _displaying(visit):
        view = make_preview_view(
            action,
            command,
            prepared,
            typed,
            offered=offered,
            csrf_token=_csrf_token(visit),
            return_to=_return_to(visit),
            acknowledged=typed.get("acknowledged", ()),
            missing=missing,
            error=problem.detail if problem and not missing else None,
        )
    return visit.render(
        _template(visit, "ui/action_preview"),
        status_code=problem.status if problem else 200,
        preview=view,
    )


def _confirm(visit: Visit, action: Action[Any]) -> Response:
    try:
        command = _read_command(visit, action, visit.form)
    except DomainError as problem:
        return _form(visit, action, visit.form, problem)
    acknowledged = frozenset(visit.form.get("acknowledged", ()))
    token, key = visit.typed("token"), visit.typed("idempotency_key")
    confirmation = Confirmation(token or "missing", acknowledged, key or None)
    try:
        return _done(visit, action, visit.board.runner.run(visit.actor, action, command, confirmation))
    except AcknowledgementRequired as problem:
        missing = problem.preview.acknowledgements - acknowledged
        return _show_preview(visit, action, command, visit.form, missing=missing, problem=problem)
    except StalePreview as problem:
        return _show_preview(visit, action, command, visit.form, problem=problem)
    except StepUpRequired:
        return ask_for_proof(visit.request, _form_address(visit, action, visit.form))
    except DomainError as problem:
        return _form(visit, action, visit.form, problem)


def _form_address(visit: Visit, action: Action[Any], typed: Typed) -> str:
    """The form with what was typed, to come back to."""
    values = {name: list(typed[name]) for name in action.command.asked_fields() if name in typed}
    return address(f"/actions/{action.name}", values, return_to=_return_to(visit))


def _done(visit: Visit, action: Action[Any], outcome: Outcome) -> Response:
    if outcome.shown_once:
        template = _template(visit, "ui/shown_once")
        response = visit.render(template, outcome=outcome, return_to=_return_to(visit))
        response.headers["HX-Trigger"] = "board:changed"
        return response
    made = _find_made(action, outcome)
    if visit.target is not None and made is None:
        toast = outcome_toast(outcome)
        counts = _count_navigation(visit)
        return visit.render("ui/action_done.html", toast=toast, csrf_token=_csrf_token(visit), counts=counts)
    path, _, query = (made or _return_to(visit)).partition("?")
    location = f"{path}?{query}&done={outcome.audit_id}" if query else f"{path}?done={outcome.audit_id}"
    if visit.target is not None:
        return Response(headers={"HX-Redirect": location})
    return RedirectResponse(location, 303)


def _count_navigation(visit: Visit) -> Mapping[str, int]:
    """The sidebar's figures after a change, by the ids of their elements: the sidebar itself stays drawn."""
    with visit.reading() as session:
        login = find_login(visit.request, session)
    return {count_id(url): count for url, count in login.counts.items()} if login is not None else {}


def _find_made(action: Action[Any], outcome: Outcome) -> str | None:
    """The address of what the action made, where that is to be seen next."""
    if action.leads_to is None or outcome.approval_id:
        return None
    if callable(action.leads_to):
        return action.leads_to(outcome.result)
    return action.leads_to.format_map(outcome.result)


def _live_preview(visit: Visit, action: Action[Any]) -> Response:
    """The first change as one line, while typing; nothing while the input makes no sense yet."""
    change = needs_approval = None
    try:
        command = _read_command(visit, action, visit.parameters, lenient=True)
        preview = action.preview(visit.session, command)
        change = make_change_view(preview.changes[0]) if preview.changes else None
        needs_approval = preview.needs_approval
    except DomainError:
        change = needs_approval = None
    return visit.render("ui/live_preview.html", change=change, needs_approval=needs_approval)


def _read_command(visit: Visit, action: Action[Any], typed: Typed, *, lenient: bool = False) -> Any:
    """The command that was typed; when ``lenient``, texts that are still too short count as written."""
    data = typed_values(action.command, typed, ZoneInfo(visit.actor.time_zone))
    if lenient:
        data |= unwritten_texts(action.command, data)
    return parse_command(action.command, data)


def _is_just_done(visit: Visit, audit_id: UUID) -> bool:
    with visit.reading() as session:
        return bool(find_done_toasts(session, visit.actor, str(audit_id), return_to="/"))


def _displaying(visit: Visit) -> AbstractContextManager[None]:
    """Times in the reader's zone, for what is put into words before the template is."""
    return displaying(visit.actor.time_zone, visit.board.runtime.clock.now())


def _csrf_token(visit: Visit) -> str:
    return make_csrf_token(visit.board.runtime, visit.session_id)


def _return_to(visit: Visit) -> str:
    wanted = visit.typed("return_to") or visit.parameter("return_to")
    return local_address(wanted, "/")


def _template(visit: Visit, name: str) -> str:
    return f"{name}_body.html" if visit.target is not None else f"{name}.html"
