"""Files as people send them, and a worker that goes on when it is told to."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Run, RunRow
from adminboard.core.permissions import Role
from adminboard.core.run_advancing import RunAdvancer
from adminboard.credits.models import CreditBalance
from adminboard.users.models import User
from adminboard.worker import make_run_advancer
from tests.clients import BoardUnderTest, Program
from tests.db.templates import Addresses
from tests.factories import make_user

REASON = "Goodwill for the outage"
HEADER = ("user", "amount", "reason")


def write_csv(
    rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER, delimiter: str = ","
) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode()


@dataclass
class BulkBoard:
    """The running board, and what tests of bulk changes do with it."""

    board: BoardUnderTest
    addresses: Addresses

    @cached_property
    def program(self) -> Program:
        """A key of an administrator, which acts without a second person."""
        return self.board.program()

    @cached_property
    def staff(self) -> Any:
        """Somebody of support, who needs one."""
        return self.board.browser(Role.SUPPORT)

    def worker(self, slice_seconds: float = 60) -> RunAdvancer:
        return make_run_advancer(self.board.runtime, slice_seconds=slice_seconds)

    def make_users(self, count: int, **fields: Any) -> list[str]:
        """The addresses of new users."""
        with self.board.rows() as session:
            return [make_user(session, **fields).email for _ in range(count)]

    def send(
        self, file: bytes, action: str = "credits.adjust", program: Program | None = None, **more: Any
    ) -> Any:
        """What the API answers to the file."""
        parameters = {"action": action, "filename": "changes.csv"}
        headers = {"Content-Type": "text/csv"}
        sender = program or self.program
        return sender.post("/v1/admin/bulk-runs", params=parameters, content=file, headers=headers, **more)

    def upload(self, rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER, **more: Any) -> UUID:
        answer = self.send(write_csv(rows, header), **more)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["result"]["id"])

    def check(self, rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER, **more: Any) -> UUID:
        """Uploads and has a worker preview every row."""
        run_id = self.upload(rows, header, **more)
        self.advance(run_id)
        return run_id

    def advance(self, run_id: UUID) -> None:
        assert self.worker().advance_next(run_id) == run_id

    def do(
        self, verb: str, run_id: UUID, acknowledge: Sequence[str] = (), program: Program | None = None
    ) -> Any:
        """Start, pause, … through the API."""
        headers = {"Idempotency-Key": uuid4().hex}
        path = f"/v1/admin/bulk-runs/{run_id}/{verb}"
        return (program or self.program).post(path, json={"acknowledge": list(acknowledge)}, headers=headers)

    def run_all(self, run_id: UUID, acknowledge: Sequence[str] = ()) -> None:
        answer = self.do("start", run_id, acknowledge)
        assert answer.status_code == 200, answer.text
        self.advance(run_id)

    def see(self, run_id: UUID) -> Mapping[str, Any]:
        """The run as the API gives it."""
        answer = self.program.get(f"/v1/admin/bulk-runs/{run_id}")
        assert answer.status_code == 200, answer.text
        found: Mapping[str, Any] = answer.json()
        return found

    def rows(self, run_id: UUID) -> list[RunRow]:
        with self.board.rows() as session:
            found = select(RunRow).where(RunRow.run_id == run_id).order_by(RunRow.number)
            return list(session.scalars(found))

    def statuses(self, run_id: UUID) -> list[str]:
        return [row.status.value for row in self.rows(run_id)]

    def entries(self, run_id: UUID, action: str) -> list[AuditEntry]:
        with self.board.rows() as session:
            found = select(AuditEntry).where(AuditEntry.run_id == run_id, AuditEntry.action == action)
            return list(session.scalars(found.order_by(AuditEntry.position)))

    def balances(self, emails: Sequence[str]) -> list[Decimal]:
        with self.board.rows() as session:
            totals = dict(
                session.execute(
                    select(User.email, CreditBalance.total).join(
                        CreditBalance, CreditBalance.user_id == User.id
                    )
                ).all()
            )
        return [totals.get(email, Decimal(0)) for email in emails]

    def run_row(self, run_id: UUID) -> Run:
        with self.board.rows() as session:
            return session.get_one(Run, run_id)
