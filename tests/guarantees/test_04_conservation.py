"""Credits are never lost, doubled or silently negative, whatever dies in between."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Event, Semaphore
from uuid import UUID

import httpx
from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.credits.verify import verify_ledger
from adminboard.db.embedded import EmbeddedServer
from tests.db.templates import Addresses
from tests.factories import make_user
from tests.guarantees.served_board import ADMIN_KEY, ServedBoard

ADJUSTERS = 64
ADJUSTMENTS_EACH = 6
USERS = 4
AMOUNTS = ["3.00", "-1.25", "0.75", "-4.00", "2.10", "150.00"]
PATIENCE_SECONDS = 60
MAX_ATTEMPTS = 200


class Adjusters:
    """Staff who repeat what was not answered, each time with the same idempotency key."""

    def __init__(self, url: str, users: list[UUID]) -> None:
        self.url = url
        self.users = users
        self.answered = Semaphore(0)
        self.board_is_up = Event()
        self.board_is_up.set()

    def adjust(self, number: int) -> dict[str, Decimal]:
        """Makes this adjuster's changes; returns id → amount of all that were acknowledged."""
        acknowledged = {}
        with httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS) as client:
            for step in range(ADJUSTMENTS_EACH):
                result = self._adjust_until_answered(client, f"{number}-{step}", number + step, AMOUNTS[step])
                acknowledged[result["id"]] = Decimal(result["amount"])
                self.answered.release()
        return acknowledged

    def _adjust_until_answered(
        self, client: httpx.Client, key: str, turn: int, amount: str
    ) -> dict[str, str]:
        answer = None
        for _ in range(MAX_ATTEMPTS):
            assert self.board_is_up.wait(PATIENCE_SECONDS)
            try:
                answer = client.post(
                    f"/v1/admin/users/{self.users[turn % len(self.users)]}/credit-adjustments",
                    headers={"X-Admin-Key": ADMIN_KEY, "Idempotency-Key": key},
                    json={
                        "amount": amount,
                        "reason": "Proof of conservation",
                        "acknowledge": ["large_amount", "negative_balance"],
                    },
                )
            except httpx.TransportError:
                continue
            if answer.status_code < 500:
                assert answer.status_code == 201, answer.text
                result: dict[str, str] = answer.json()["result"]
                return result
        raise AssertionError(f"{key} was never answered, lastly with {answer and answer.text}")

    def wait_for_answers(self, count: int) -> None:
        for _ in range(count):
            assert self.answered.acquire(timeout=PATIENCE_SECONDS)


def test_what_was_acknowledged_is_there_once_though_board_and_database_are_killed(
    killable_server: EmbeddedServer, killable_addresses: Addresses
) -> None:
    owner = create_engine(killable_addresses.owner_url, poolclass=NullPool)
    with Session(owner) as session:
        users = [make_user(session).id for _ in range(USERS)]
        session.commit()
    with ServedBoard(killable_addresses.app_url) as board, ThreadPoolExecutor(ADJUSTERS) as pool:
        adjusters = Adjusters(board.url, users)
        results = [pool.submit(adjusters.adjust, number) for number in range(ADJUSTERS)]
        third = ADJUSTERS * ADJUSTMENTS_EACH // 3

        adjusters.wait_for_answers(third)
        adjusters.board_is_up.clear()
        board.kill()
        board.start()
        adjusters.board_is_up.set()

        adjusters.wait_for_answers(third)
        adjusters.board_is_up.clear()
        killable_server.kill()
        killable_server.ensure_running()
        adjusters.board_is_up.set()

        acknowledged = {key: amount for result in results for key, amount in result.result().items()}

    assert len(acknowledged) == ADJUSTERS * ADJUSTMENTS_EACH
    with Session(owner) as session:
        entries = {str(entry.id): entry.amount for entry in session.scalars(select(CreditTransaction))}
        assert entries == acknowledged
        assert session.scalar(select(func.sum(CreditBalance.total))) == sum(acknowledged.values())
        audited = select(func.count()).where(AuditEntry.action == "credits.adjust")
        assert session.scalar(audited) == len(acknowledged)
        assert verify_ledger(session) == []
