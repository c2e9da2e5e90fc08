"""The kinds of runs that change many things: what a file says, and taking back what such a run did."""

from adminboard.bulk.changing import make_advance
from adminboard.bulk.checking import make_check
from adminboard.bulk.sources import read_done_rows, read_file_rows
from adminboard.core.runs import RunKind

BULK = RunKind("bulk", make_advance(read_file_rows), make_check(read_file_rows))
BULK_UNDO = RunKind("bulk.undo", make_advance(read_done_rows), make_check(read_done_rows))
KINDS = (BULK, BULK_UNDO)
