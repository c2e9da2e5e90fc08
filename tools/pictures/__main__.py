"""Make the guide's pictures anew: `make guide`.

A demonstration is started for it, with a database that is thrown away afterwards. Its people, calls and
amounts are the same each time; only dates move on.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tools.browser import MISSING, find_browser
from tools.pictures import money_scenes, scenes
from tools.pictures.camera import FOLDER, Studio

START_SECONDS = 300
SCENES = [*scenes.SCENES, *money_scenes.SCENES]


@contextmanager
def demonstration(password: str) -> Iterator[str]:
    """A demonstration of its own at a free port, until the end of the block; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        own = {"DATA_DIR": folder, "PORT": str(port), "DEMO_PASSWORD": password}
        environment = {**os.environ, **own}
        command = [sys.executable, "-m", "adminboard", "demo"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                wait_until_ready(url, process)
                yield url
            finally:
                process.terminate()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns once the board answers. Raises `SystemExit` when it has ended or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):  # noqa: S310 - it is our own address
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    sys.exit("The demonstration did not start; `make run` tells why.")


def main() -> None:
    """Take all pictures, or those whose names begin with one of the words given."""
    browser_path = find_browser()
    if browser_path is None:
        sys.exit(MISSING)
    wanted = tuple(sys.argv[1:]) or ("",)
    FOLDER.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    with demonstration(password) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        studio = Studio(browser, url, password)
        for scene in SCENES:
            if scene.name.startswith(wanted):
                print(f"{studio.take(scene):>8,} bytes  {scene.name}")
        browser.close()


if __name__ == "__main__":
    main()
