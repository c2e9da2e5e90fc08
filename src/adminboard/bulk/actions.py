"""What staff may do with a run of changes: start, pause, resume, cancel and undo it."""

from adminboard.bulk.named_run import count_rows, get_bulk_run
from adminboard.bulk.starting import apply_start, label_start, preview_start
from adminboard.bulk.steering import Steering
from adminboard.bulk.undoing import apply_undo, preview_undo
from adminboard.core.actions import RestCall
from adminboard.core.limits import PerMinute
from adminboard.core.permissions import Permission

_steering = Steering(
    area="bulk",
    path="/bulk-runs",
    permission=Permission.BULK_RUN,
    get=get_bulk_run,
    words=lambda run: count_rows(run.rows_done),
)
start = _steering.make(
    "start",
    "Start the run",
    RestCall("POST", "/bulk-runs/{run}/start", "Run the checked rows"),
    preview=preview_start,
    apply=apply_start,
    confirm_label=label_start,
    money=True,
    limit=PerMinute("starts of bulk changes", 10),
)
undo = _steering.make(
    "undo",
    "Undo the run",
    RestCall("POST", "/bulk-runs/{run}/undo", "Begin a run that takes its rows back"),
    preview=preview_undo,
    apply=apply_undo,
    confirm_label=lambda _, preview: f"Prepare the undo of {count_rows(preview.facts['rows'])}",
    leads_to="/bulk/{id}",
)
ACTIONS = (start, *_steering.make_actions(), undo)
