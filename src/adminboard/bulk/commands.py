"""What staff may ask of a run of changes."""

from uuid import UUID

from pydantic import Field

from adminboard.core.commands import Command


class NameRun(Command):
    """Start, pause, resume, cancel or undo a run of changes from a file."""

    run: UUID = Field(title="Run")
