"""Stripe's stand-in as a program: filled from the board's database, telling the board what happens.

Like Stripe it goes on without the board. Unlike Stripe it keeps nothing: started again it is filled anew.
"""

import os
import sys
from threading import Event

from adminboard.core.clock import SystemClock
from adminboard.db.engine import Database, create_engine_for
from adminboard.demo.stand_in.filling import fill_stand_in
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.fake.webhooks import Endpoint


def run(port: int, board_url: str) -> None:
    standin = StandIn(SystemClock())
    database = Database(create_engine_for(os.environ["DATABASE_URL"], application_name="stand-in"))
    with database.reading(statement_timeout_ms=0) as session:
        fill_stand_in(session, standin.account)
    database.dispose()
    standin.webhooks.collect()
    secret = os.environ["STRIPE_WEBHOOK_SECRET"]
    standin.webhooks.endpoints.append(Endpoint(f"{board_url}/webhooks/stripe", secret))
    with serving(make_standin_app(standin, delivers=True), port=port):
        Event().wait()


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2])
