"""The Dockerfile says what the image has to be (guarantee 30); `make packaging` runs a linter over it."""

import re
from pathlib import Path

import pytest

from adminboard.cli import cli
from tests.deploy.compose import read_services
from tests.deploy.kubernetes import base_objects, pods_user
from tests.deploy.test_environment import ANSWERS
from tools.environment import LOCKS, ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
INSTRUCTION = re.compile(r"^([A-Z]+) ((?:.*\\\n)*.*)$", re.MULTILINE)


def instructions_of(stage: str) -> list[tuple[str, str]]:
    """The instructions of one stage, as the word and what follows it."""
    (text,) = [part for part in DOCKERFILE.split("\nFROM ") if f" AS {stage}\n" in part]
    return INSTRUCTION.findall(text)


def last_of(stage: str, word: str) -> str:
    return [rest for found, rest in instructions_of(stage) if found == word][-1]


def test_it_runs_as_a_user_without_a_name_and_the_pods_take_the_same() -> None:
    assert last_of("runtime", "USER") == f"{pods_user()}:{pods_user()}"


def test_the_last_stage_runs_nothing_and_takes_the_environment_alone() -> None:
    words = [word for word, _ in instructions_of("runtime")]

    assert "RUN" not in words
    assert [rest for word, rest in instructions_of("runtime") if word == "COPY"] == [
        "--from=environment /opt/adminboard /opt/adminboard"
    ]
    assert DOCKERFILE.rindex(" AS runtime\n") > DOCKERFILE.rindex(" AS environment\n")


def test_it_is_asked_whether_it_lives() -> None:
    assert "/healthz" in last_of("runtime", "HEALTHCHECK")


def test_what_is_installed_has_a_hash_and_is_not_compiled() -> None:
    first, second = [rest for word, rest in instructions_of("environment") if word == "RUN"]

    assert "--require-hashes --only-binary :all:" in first
    assert "--no-deps --no-index" in second


@pytest.mark.parametrize("part", re.findall(r"tools/environment\.py (\w+)", DOCKERFILE))
def test_the_parts_it_sets_up_are_there(part: str) -> None:
    assert part in {"venv", *LOCKS}


def test_the_list_of_parts_is_made_from_the_lock_that_is_installed() -> None:
    assert re.search(r"^ARG REQUIREMENTS=runtime$", DOCKERFILE.partition("\nFROM ")[0], re.MULTILINE)
    assert "REQUIREMENTS" in [rest for word, rest in instructions_of("build") if word == "ARG"]
    assert 'tools.parts "${REQUIREMENTS}"' in last_of("build", "RUN")
    assert last_of("environment", "ARG") == "REQUIREMENTS"
    assert ("COPY", "requirements/${REQUIREMENTS}.txt /tmp/requirements.txt") in instructions_of(
        "environment"
    )


def test_each_command_that_is_deployed_is_one_of_the_boards() -> None:
    known = {
        command.name or command.callback.__name__ for command in cli.registered_commands if command.callback
    }
    deployed = {container["args"][0] for container in containers()}
    deployed |= {service["command"][0] for name, service in read_services(ANSWERS).items() if is_board(name)}

    assert deployed == {"serve", "worker", "migrate"}
    assert deployed <= known


def containers() -> list[dict[str, list[str]]]:
    return [
        each["spec"]["template"]["spec"]["containers"][0]
        for each in base_objects()
        if each["kind"] in {"Deployment", "Job"}
    ]


def is_board(service: str) -> bool:
    return service in {"web", "intake", "worker", "migration"}


@pytest.mark.parametrize("service", ["web", "intake", "worker", "migration"])
def test_on_one_host_too_it_writes_nowhere_and_may_do_nothing(service: str) -> None:
    found = read_services(ANSWERS)[service]

    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in found["tmpfs"]] == ["/tmp"]  # noqa: S108 - its name in there
    assert found["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}


def test_on_one_host_there_are_two_web_containers_and_only_the_proxy_is_reached() -> None:
    services = read_services(ANSWERS)

    assert services["web"]["deploy"]["replicas"] == 2
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}


def test_nothing_goes_to_the_builder_but_what_the_image_is_made_of() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)

    assert lines[1] == "*"
    for path in copied:
        assert f"!{path}" in lines or f"!{Path(path).parts[0]}/" in lines
    assert (ROOT / "src/adminboard/web/static/dist").relative_to(ROOT).as_posix() + "/" in lines
