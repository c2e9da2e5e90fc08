"""Verification of the audit chain through the API."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from adminboard.audit.checkpoint import CheckpointKeys
from adminboard.audit.verify import Fault, Verification, verify_chain
from adminboard.core.permissions import Permission
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS
from adminboard.web.visit import Visit

router = APIRouter()


class FaultBody(BaseModel):
    """The first entry that is not what was written."""

    position: int
    entry_id: str | None
    problem: str


class VerificationBody(BaseModel):
    """What a verification found. ``entries`` and ``checkpoints`` are how many were right."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"intact": True, "entries": 48211, "checkpoints": 12, "fault": None}}
    )

    intact: bool
    entries: int
    checkpoints: int
    fault: FaultBody | None


@router.get(
    "/audit/verification",
    summary="Verify the audit chain",
    description="Recomputes every hash and compares the stored checkpoints: about 20 s per million entries.",
    responses=ERRORS,
    tags=["Audit log"],
)
def verify(visit: Annotated[Visit, api_read(Permission.AUDIT_READ)]) -> VerificationBody:
    keys = CheckpointKeys(visit.board.runtime.settings.secret_keys)
    return VerificationBody.model_validate(verification_to_json(verify_chain(visit.session, keys)))


def verification_to_json(verification: Verification) -> dict[str, Any]:
    """The verification as the API and the command line give it."""
    fault = verification.fault
    return {
        "intact": verification.intact,
        "entries": verification.entries,
        "checkpoints": verification.checkpoints,
        "fault": _fault_to_json(fault) if fault else None,
    }


def _fault_to_json(fault: Fault) -> dict[str, Any]:
    entry_id = str(fault.entry_id) if fault.entry_id else None
    return {"position": fault.position, "entry_id": entry_id, "problem": str(fault)}
