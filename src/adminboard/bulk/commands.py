"""What staff may ask of a run."""

from uuid import UUID

from pydantic import Field

from adminboard.core.commands import Command


class NameRun(Command):
    """Start, pause, resume, cancel or undo a run."""

    run: UUID = Field(title="Run")
