"""Make the virtual environment and install locked packages into it.

Runs before anything is installed, so it uses nothing but Python's own library.
"""

import argparse
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
CHECKOUT_RECORD = VENV / ".checkout"
LOCKS = {
    "runtime": ["requirements/runtime.txt", "requirements/build.txt"],
    "dev": ["requirements/dev.txt"],
    "build": ["requirements/build.txt"],
    "frontend": ["requirements/frontend.txt"],
    "packaging": ["requirements/packaging.txt"],
}
# Where Debian and Alpine, Fedora and Red Hat, and macOS keep the certificates the machine trusts.
SYSTEM_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
NO_PIP = (
    "This Python cannot give a virtual environment its pip: the modules venv and ensurepip are not both "
    "installed. On Debian and Ubuntu: apt-get install python3-venv. Elsewhere install Python 3.11 or newer "
    "from python.org, and name it with: make PYTHON=/path/to/python3"
)


class SetupError(Exception):
    """The environment cannot be made; the message says what to do about it."""


def run(command: list[str | Path], *, environment: dict[str, str] | None = None) -> None:
    """Run a command whose output the reader sees; raises SetupError when it fails."""
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        words = " ".join(str(word) for word in command[:4])
        raise SetupError(f"This failed, for the reason printed above: {words} …")


def works(python: Path) -> bool:
    """Whether the environment's interpreter starts; it does not once the Python it was made from is gone."""
    if not python.exists():
        return False
    return subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0


def create_environment() -> None:
    """Make `.venv`, anew when it was moved here from elsewhere or its Python has gone, with uv in it."""
    moved = CHECKOUT_RECORD.exists() and CHECKOUT_RECORD.read_text() != str(ROOT)
    if moved or not works(PYTHON):
        if find_spec("venv") is None:
            raise SetupError(NO_PIP)
        import venv  # noqa: PLC0415 - the sentence above is for a Python without it

        venv.EnvBuilder(clear=True, symlinks=True, with_pip=find_spec("ensurepip") is not None).create(VENV)
    uv = ["install", "--quiet", "--require-hashes", "-r", "requirements/uv.txt"]
    run([*installer_of_uv(), *uv], environment=dict(os.environ) | cache_settings())
    CHECKOUT_RECORD.write_text(str(ROOT))


def installer_of_uv() -> list[str | Path]:
    """The first that can install into the environment: its own pip, the system's pip, a uv on the path."""
    if subprocess.run([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return [PYTHON, "-m", "pip"]
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "pip", f"--python={PYTHON}"]
    raise SetupError(NO_PIP)


def install(part: str) -> None:
    """Install one part's locked packages, their hashes checked; `runtime` adds the project itself.

    Bytecode is written now: a process that may not write it later would compile everything at each start.
    """
    environment = uv_environment()
    into = ["install", "--compile-bytecode", "--python", str(PYTHON)]
    files = [word for lock in LOCKS[part] for word in ("-r", lock)]
    run([UV, "pip", *into, "--require-hashes", "--no-build", *files], environment=environment)
    if part == "runtime":
        project = ["--no-deps", "--no-build-isolation", "--editable", "."]
        run([UV, "pip", *into, *project], environment=environment)


def uv_environment() -> dict[str, str]:
    """The environment for uv, which reads none of pip's settings: the same index and certificates."""
    environment = dict(os.environ) | cache_settings()
    settings = pip_settings()
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys() and "index-url" in settings:
        environment["UV_DEFAULT_INDEX"] = settings["index-url"]
    if certificates := find_certificates(settings):
        environment["SSL_CERT_FILE"] = certificates
    return environment


def pip_settings() -> dict[str, str]:
    """What `pip config list` says, by the setting's bare name; the environment wins over files, as in pip."""
    command: list[str | Path] = [PYTHON, "-m", "pip", "config", "list"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line.partition("=") for line in answer.stdout.splitlines()]
    lines.sort(key=lambda line: line[0].startswith(":env:"))
    return {name.rpartition(".")[2]: value.strip("'\"") for name, _, value in lines}


def find_certificates(settings: dict[str, str]) -> str | None:
    """The file of trusted certificates: the environment's, else pip's, else the machine's own."""
    named = os.environ.get("SSL_CERT_FILE") or settings.get("cert")
    return named or next((path for path in SYSTEM_CERTIFICATES if Path(path).exists()), None)


def cache_settings() -> dict[str, str]:
    """Caches inside the environment for an account whose home cannot be written, as in many containers."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises for an account without a name
    if os.access(home, os.W_OK):
        return {}
    names = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv", "npm_config_cache": "npm"}
    return {variable: str(VENV / "cache" / folder) for variable, folder in names.items()}


def main() -> None:
    """Read which part to set up from the command line, and set it up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["venv", *LOCKS])
    part = parser.parse_args().part
    try:
        create_environment() if part == "venv" else install(part)
    except SetupError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
