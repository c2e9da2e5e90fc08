"""Serving the application: uvicorn with our settings, in one process or several, and a sentence when the port
is taken."""

from __future__ import annotations

import errno
import gc
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from adminboard.core.errors import Unavailable

GRACEFUL_SHUTDOWN_SECONDS = 20
START_SECONDS = 20
"""A process that does not answer its parent for so long is replaced, also while it starts: on a busy machine
reading the code alone can take longer than uvicorn's own 5, and it would be replaced for ever."""
NEW_OBJECTS = 10_000
"""So many are made by some ten pages; Python's own 700 had it look through them with each."""


class PortTaken(Unavailable):
    """Another program listens there."""


class AddressNotOurs(Unavailable):
    """The address cannot be listened on."""


def bind(host: str, port: int) -> socket.socket:
    """A socket listening there. Raises `PortTaken` or `AddressNotOurs` with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {port} is in use by another program. Stop it, or choose another: PORT={port + 1}."
            ) from None
        raise AddressNotOurs(f"The board cannot listen on {host}:{port}: {error.strerror}.") from None
    return listener


def settle_memory() -> None:
    """Tells the garbage collector that what was made until now stays as long as the process, and to look
    through what is new less often than after every page.

    Call it once, when the application is made: going through all of it took 0.2 s in the middle of a request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def serve(app: FastAPI, listener: socket.socket, *, trusted_proxies: tuple[str, ...] = ()) -> None:
    """Serves until the process is told to stop; requests that were accepted are finished first."""
    settle_memory()
    uvicorn.Server(_configured(app, trusted_proxies)).run(sockets=[listener])


def serve_in_processes(
    factory: str, listener: socket.socket, *, processes: int, trusted_proxies: tuple[str, ...] = ()
) -> None:
    """Serves in several processes, each making its application by ``factory`` ("package.module:function").

    They share the listener. One that dies is replaced; told to stop, all finish what they accepted.
    """
    config = _configured(factory, trusted_proxies, processes=processes)
    Multiprocess(config, sockets=[listener]).run()


def _configured(
    app: FastAPI | str, trusted_proxies: tuple[str, ...], *, processes: int = 1
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        workers=processes,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
        timeout_keep_alive=75,
        timeout_worker_healthcheck=START_SECONDS,
        lifespan="on",
    )
