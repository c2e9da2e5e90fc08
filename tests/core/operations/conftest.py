"""The service outside, and what makes calls to it."""

from collections.abc import Iterator

import pytest

from adminboard.core.operation_runner import OperationRunner
from adminboard.runtime import Runtime
from tests.core.operations.outside import Outside, open_outside
from tests.core.operations.switching import make_executor


@pytest.fixture
def outside() -> Iterator[Outside]:
    with open_outside() as outside:
        yield outside


@pytest.fixture
def executor(runtime: Runtime) -> OperationRunner:
    return make_executor(runtime)
