"""One of several processes that serve the board: what `serve` starts by name in each of them."""

from __future__ import annotations

from fastapi import FastAPI

from adminboard.app import create_app
from adminboard.logs import configure_logs
from adminboard.runtime import open_runtime
from adminboard.serving import settle_memory
from adminboard.settings import load_settings
from adminboard.worker import worker_alongside


def make_app() -> FastAPI:
    """The application of this process, with its jobs; the queue gives each job to one process only."""
    configure_logs()
    runtime = open_runtime(load_settings())
    app = create_app(runtime, alongside=worker_alongside(runtime))
    settle_memory()
    return app


def make_app_without_worker() -> FastAPI:
    """The application of this process, when `adminboard worker` runs the jobs elsewhere."""
    configure_logs()
    app = create_app(open_runtime(load_settings()))
    settle_memory()
    return app


def make_intake() -> FastAPI:
    """The application of this process, when it only takes in what Stripe sends."""
    configure_logs()
    app = create_app(open_runtime(load_settings()), only_incoming=True)
    settle_memory()
    return app
