"""One server for several processes, which start, leave and die in any order."""

import os
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.processes import find_postmaster, is_alive, processes_of
from adminboard.db.urls import psycopg_conninfo
from tests.db.embedded.neighbours import Neighbour, wait_until


def works(server: EmbeddedServer) -> bool:
    with psycopg.connect(psycopg_conninfo(server.app_url("postgres"))) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_the_last_of_two_processes_stops_it(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server, Neighbour(data_dir) as neighbour:
        assert neighbour.wait_for_start()["postmaster"] == server.postmaster_pid
        server.release()
        assert works(server)
        neighbour.leave()
        assert server.postmaster_pid is None


def test_a_neighbour_that_leaves_first_does_not_stop_it(data_dir: Path) -> None:
    with Neighbour(data_dir) as neighbour:
        neighbour.wait_for_start()
        with EmbeddedServer.start(data_dir) as server:
            neighbour.leave()
            assert works(server)
    assert server.postmaster_pid is None


def test_processes_that_start_together_share_one(data_dir: Path) -> None:
    with Neighbour(data_dir) as first, Neighbour(data_dir) as second, Neighbour(data_dir) as third:
        answers = [neighbour.wait_for_start() for neighbour in (first, second, third)]
        assert len({answer["postmaster"] for answer in answers}) == 1
        assert len({answer["url"] for answer in answers}) == 1


def test_a_server_left_by_a_killed_process_is_taken_over(data_dir: Path) -> None:
    with Neighbour(data_dir) as neighbour:
        left_behind = neighbour.wait_for_start()["postmaster"]
        neighbour.kill()
    with EmbeddedServer.start(data_dir) as server:
        assert server.postmaster_pid == left_behind
        assert works(server)
    assert server.postmaster_pid is None


def test_a_kill_during_the_first_start_leaves_nothing_in_the_way(data_dir: Path) -> None:
    with Neighbour(data_dir) as neighbour:
        wait_until(lambda: any(data_dir.glob("unfinished-*")))
        neighbour.kill()
    with EmbeddedServer.start(data_dir) as server:
        assert works(server)


def test_a_kill_before_the_roles_are_made_is_made_good(data_dir: Path) -> None:
    with Neighbour(data_dir) as neighbour:
        wait_until((data_dir / "cluster" / "postmaster.pid").exists)
        neighbour.kill()
    with EmbeddedServer.start(data_dir) as server:
        assert works(server)


def test_it_starts_again_after_its_postmaster_was_killed_under_a_busy_session(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        busy = psycopg.connect(psycopg_conninfo(server.app_url("postgres")), autocommit=True)
        busy.pgconn.send_query(b"SELECT sum(number) FROM generate_series(1, 10000000000) AS number")
        wait_until(lambda: session_is_active(server))
        killed = server.postmaster_pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: not psutil.pid_exists(killed) or not is_alive(psutil.Process(killed)))
        server.ensure_running()
        assert works(server)
        busy.close()


def session_is_active(server: EmbeddedServer) -> bool:
    with psycopg.connect(psycopg_conninfo(server.superuser_url())) as connection:
        active = "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT sum%' AND state = 'active'"
        return connection.execute(active).fetchone() is not None


def test_a_pid_file_whose_number_now_belongs_to_another_process_is_no_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        cluster = server.directories.cluster
        socket_lock = next(path for path in (server.directories.home / "run").glob(".*.lock"))
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        server.kill()
        for claim in (cluster / "postmaster.pid", socket_lock):
            claim.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        assert server.postmaster_pid is None
        server.ensure_running()
        assert works(server)


def test_a_killed_postmaster_that_nobody_reaped_is_no_server(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        postmaster = server.postmaster_pid
        assert postmaster is not None
        command = psutil.Process(postmaster).cmdline()
        owner = psutil.Process(postmaster).uids().real
        server.stop()
    our_child = subprocess.Popen(command, user=owner, stderr=subprocess.DEVNULL, cwd="/")
    cluster = server.directories.cluster
    wait_until(lambda: find_postmaster(cluster) is not None)
    our_child.kill()
    wait_until(lambda: not is_alive(psutil.Process(our_child.pid)))
    with EmbeddedServer.start(data_dir) as server:
        assert works(server)
    our_child.wait()


def test_killing_leaves_no_process_behind(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        server.kill()
        assert list(processes_of(server.directories.cluster)) == []
        server.ensure_running()
        assert works(server)


def test_to_release_twice_is_to_release_once(data_dir: Path) -> None:
    first, second = EmbeddedServer.start(data_dir), EmbeddedServer.start(data_dir)
    first.release()
    first.release()
    assert works(second)
    second.release()
    assert second.postmaster_pid is None


def test_addresses_stay_the_same_over_restarts(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        before = server.app_url("postgres"), server.owner_url("postgres"), server.superuser_url()
    with EmbeddedServer.start(data_dir) as server:
        assert (server.app_url("postgres"), server.owner_url("postgres"), server.superuser_url()) == before
