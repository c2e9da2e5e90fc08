"""A program that serves in processes which are long in starting, as on a busy machine: each reads it anew."""

import socket
import sys
import time

from fastapi import FastAPI

from adminboard.serving import serve_in_processes

SECONDS = 6.5
"""More than uvicorn waits by itself."""


def make_app() -> FastAPI:
    return FastAPI()


if __name__ == "__mp_main__":
    time.sleep(SECONDS)
if __name__ == "__main__":
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(sys.argv[1])))
        serve_in_processes("tests.web.slow_start:make_app", listener, processes=2)
