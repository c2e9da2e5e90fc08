"""The board as in production, on this machine: three web processes behind a balancer, two workers, PgBouncer
in transaction mode, PostgreSQL with a streaming standby, Stripe's stand-in. All are real processes.

The web processes go through PgBouncer; the workers, which listen for jobs, straight to whichever PostgreSQL
can be written to.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import make_url

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.account import choose_account
from tests.cluster.installation import DATABASE, PYTHON, Installation, open_installation
from tests.cluster.pooler import Pooler
from tests.cluster.postgres import has_caught_up, start_standby
from tests.cluster.programs import ROOT, Program, free_ports, listens, wait_until
from tests.stand_in import WEBHOOK_SECRET
from tools.soak_programs import find_missing, find_program, say_missing

WEB_PROCESSES, WORKERS = 3, 2
REPLICA = "adminboard_replica"
"""How the pooler names the standby's database."""
HAPROXY = ROOT / "deploy" / "haproxy" / "haproxy.cfg"


@dataclass(kw_only=True)
class Cluster(Installation):
    """The parts, each to be killed, frozen and started again."""

    url: str
    """Where people reach the board: the balancer."""
    standby: EmbeddedServer
    pooler: Pooler
    balancer: Program
    stand_in: Program
    stand_in_url: str
    webs: list[Program]
    web_urls: list[str]
    workers: list[Program]

    @property
    def programs(self) -> list[Program]:
        return [*self.webs, *self.workers, self.pooler, self.stand_in, self.balancer]

    def is_whole(self) -> bool:
        """Whether every web process is ready, and the balancer too has seen it."""
        try:
            answers = [httpx.get(f"{url}/readyz", timeout=2) for url in [*self.web_urls, self.url]]
        except httpx.TransportError:
            return False
        return all(answer.status_code == 200 for answer in answers)

    def wait_until_whole(self) -> float:
        """Returns how many seconds it took."""
        return wait_until(self.is_whole, "all of the cluster answers")

    def wait_for_standby(self) -> float:
        return wait_until(lambda: has_caught_up(self.primary, self.standby), "the standby has caught up")


@contextmanager
def open_cluster(*, users: int = 300, calls: int = 3_000) -> Iterator[Cluster]:
    """Everything started and answering, with made-up data of this size; all of it gone at the end."""
    assert not find_missing(), say_missing(find_missing())
    with open_installation(users=users, calls=calls) as installation, ExitStack() as stack:
        standby = start_standby(installation.primary, installation.folder / "standby")
        stack.callback(standby.stop)
        cluster = _put_together(installation, standby)
        for program in cluster.programs:
            stack.callback(program.end)
        _start_all(cluster)
        yield cluster


def _put_together(installation: Installation, standby: EmbeddedServer) -> Cluster:
    """Nothing is started yet."""
    balancer_port, pooler_port, stand_in_port, *web_ports = free_ports(3 + WEB_PROCESSES)
    folder, primary = installation.folder, installation.primary
    url, stand_in_url = f"http://127.0.0.1:{balancer_port}", f"http://127.0.0.1:{stand_in_port}"
    environment = installation.environment | {"PUBLIC_URL": url, "STRIPE_API_BASE": stand_in_url}
    pooler = Pooler(
        folder / "pgbouncer",
        pooler_port,
        {DATABASE: primary.app_url(DATABASE), REPLICA: standby.app_url(DATABASE)},
        [primary.app_url(DATABASE)],
        choose_account(folder / "primary"),
    )
    stand_in = Program(
        "stand-in",
        [PYTHON, "-m", "tests.cluster.stand_in_program", str(stand_in_port), url],
        folder / "stand-in.log",
        environment={"DATABASE_URL": primary.app_url(DATABASE), "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET},
    )
    return Cluster(
        folder=folder,
        url=url,
        primary=primary,
        standby=standby,
        pooler=pooler,
        balancer=_make_balancer(folder, balancer_port, web_ports),
        stand_in=stand_in,
        stand_in_url=stand_in_url,
        webs=[_make_web(folder, port, environment, pooler) for port in web_ports],
        web_urls=[f"http://127.0.0.1:{port}" for port in web_ports],
        workers=_make_workers(folder, environment, either_url(primary, standby)),
        environment=environment,
    )


def _make_balancer(folder: Path, port: int, web_ports: list[int]) -> Program:
    webs = {f"WEB_{number}": f"127.0.0.1:{web}" for number, web in enumerate(web_ports, start=1)}
    command = [str(find_program("haproxy")), "-db", "-f", str(HAPROXY)]
    environment = {"BIND": f"127.0.0.1:{port}", **webs}
    return Program("haproxy", command, folder / "haproxy.log", environment=environment)


def _make_web(folder: Path, port: int, environment: dict[str, str], pooler: Pooler) -> Program:
    through = {
        "DATABASE_URL": pooler.url(DATABASE),
        "REPLICA_DATABASE_URL": pooler.url(REPLICA),
        "DB_PREPARED_STATEMENTS": "false",
    }
    command = [PYTHON, "-m", "adminboard", "serve", "--no-worker", "--port", str(port)]
    return Program(f"web at {port}", command, folder / f"web-{port}.log", environment=environment | through)


def _make_workers(folder: Path, environment: dict[str, str], database_url: str) -> list[Program]:
    return [
        Program(
            f"worker {number}",
            [PYTHON, "-m", "adminboard", "worker"],
            folder / f"worker-{number}.log",
            environment=environment | {"DATABASE_URL": database_url},
        )
        for number in range(WORKERS)
    ]


def either_url(*servers: EmbeddedServer) -> str:
    """The address of whichever of the servers can be written to."""
    urls = [make_url(server.app_url(DATABASE)) for server in servers]
    query = {
        "host": ",".join(str(url.query["host"]) for url in urls),
        "port": ",".join(str(url.query["port"]) for url in urls),
        "target_session_attrs": "read-write",
    }
    return urls[0].set(query=query).render_as_string(hide_password=False)


def _start_all(cluster: Cluster) -> None:
    """The stand-in first, since the board asks it; the balancer last."""
    cluster.pooler.start()
    cluster.stand_in.start()
    for program in [*cluster.webs, *cluster.workers]:
        program.start()
    cluster.balancer.start()
    stand_in_port = int(cluster.stand_in_url.rpartition(":")[2])
    wait_until(lambda: listens(stand_in_port), "the stand-in listens")
    cluster.wait_until_whole()
