"""A database that has been filled once, for all tests that only look at it."""

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console
from sqlalchemy import Connection, create_engine
from sqlalchemy.orm import Session

from adminboard.db.embedded import EmbeddedServer
from adminboard.demo.seed.load import Loaded, seed_database
from adminboard.demo.seed.progress import SeedProgress
from tests.db.templates import Addresses, copied_database
from tests.demo.plans import make_plan


@pytest.fixture
def quiet() -> SeedProgress:
    return SeedProgress(Console(file=StringIO()))


@pytest.fixture(scope="session")
def filled_addresses(server: EmbeddedServer, template_database: str) -> Iterator[Addresses]:
    with copied_database(server, template_database) as copied:
        yield copied


@pytest.fixture(scope="session")
def loaded(filled_addresses: Addresses) -> Loaded:
    progress = SeedProgress(Console(file=StringIO()))
    return seed_database(filled_addresses.owner_url, make_plan(), progress, processes=1)


@pytest.fixture(scope="session")
def filled_connection(filled_addresses: Addresses, loaded: Loaded) -> Iterator[Connection]:
    """As the owner of the tables. Change nothing."""
    engine = create_engine(
        filled_addresses.owner_url, connect_args={"options": "-c search_path=public,board -c timezone=UTC"}
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def filled(filled_connection: Connection) -> Iterator[Session]:
    """What is changed through this session is rolled back."""
    with Session(filled_connection, join_transaction_mode="create_savepoint") as session:
        yield session
    filled_connection.rollback()
