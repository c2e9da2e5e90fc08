"""The cluster that the long tests share: it is put together once, and each leaves it whole."""

import sys
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.cluster import Cluster, open_cluster


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Cluster]:
    with open_cluster() as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    shared_cluster.wait_until_whole()
    return shared_cluster


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says something to whoever runs the long tests, like a figure that was measured on the way."""
    capturing = request.config.pluginmanager.getplugin("capturemanager")
    assert capturing is not None

    def say(sentence: str) -> None:
        with capturing.global_and_fixture_disabled():
            sys.stderr.write(f"\n{request.node.name}: {sentence}\n")

    return say
