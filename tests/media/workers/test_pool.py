"""Workers that fail in every way cost one call: it is told why, and the next one is done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from minicpm_tui.errors import MediaDamaged, MediaError
from minicpm_tui.media.spec import PreparationCancelled
from minicpm_tui.media.workers import pool as pools
from minicpm_tui.media.workers.limits import MIB, Limits
from minicpm_tui.media.workers.pool import Pool
from minicpm_tui.media.workers.worker import Listener, SystemKilledIt, TookTooLong, TookTooMuchMemory, WorkerDied
from tests.waiting import wait_for

JOBS = "tests.media.workers.jobs"
USUAL = Limits()


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(JOBS, 2)
    yield made
    made.close()


def wait_until_gone(pid: int) -> None:
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def pid_in(path: Path) -> int:
    """What a job that hangs has written: it is at work now."""
    wait_for(lambda: path.exists() and path.read_text("ascii"))
    return int(path.read_text("ascii"))


def test_large_pieces_come_back_whole(pool: Pool) -> None:
    data = os.urandom(3 * MIB)
    assert pool.run("echo", (data, 5), USUAL) == [data] * 5
    assert pool.run("echo", (b"", 1), USUAL) == [b""]
    assert pool.run("echo", (b"", 0), USUAL) == []


def test_one_worker_does_one_job_after_another(pool: Pool) -> None:
    first, second = (pool.run("own_pid", (), USUAL) for _ in range(2))
    assert first == second
    assert int(first[0]) != os.getpid()


def test_a_refusal_is_the_same_error_and_leaves_a_worker(pool: Pool) -> None:
    with pytest.raises(MediaDamaged, match="look at it"):
        pool.run("refuse", (), USUAL)
    assert len(before := pool.pids) == 1
    assert pool.run("own_pid", (), USUAL) == [str(before[0]).encode()]


def test_too_much_memory_is_refused_and_the_next_job_is_done(pool: Pool) -> None:
    with pytest.raises(TookTooMuchMemory):
        pool.run("take", (400 * MIB,), Limits(memory=300 * MIB))
    assert pool.run("take", (400 * MIB,), Limits(memory=600 * MIB)) == [str(400 * MIB).encode()]


@pytest.mark.parametrize("manner", ["damaged", "crash"])
def test_what_calls_a_file_damaged_for_want_of_memory_took_too_much(pool: Pool, manner: str) -> None:
    with pytest.raises(TookTooMuchMemory):
        pool.run("brittle", (400 * MIB, manner), Limits(memory=300 * MIB))
    assert pool.run("echo", (b"a", 1), USUAL) == [b"a"]


def test_a_worker_in_which_an_allocation_failed_is_asked_nothing_more(pool: Pool) -> None:
    assert pool.run("lame", (400 * MIB,), Limits(memory=300 * MIB)) == [str(400 * MIB).encode()]


def test_memory_that_is_asked_for_and_not_used_is_not_too_much(pool: Pool) -> None:
    assert pool.run("reserve", (400 * MIB,), Limits(memory=300 * MIB)) == [str(400 * MIB).encode()]
    with pytest.raises(TookTooMuchMemory):  # the limit holds for the next job
        pool.run("take", (400 * MIB,), Limits(memory=300 * MIB))


def test_what_the_system_kills_is_told_as_memory(pool: Pool) -> None:
    with pytest.raises(SystemKilledIt):
        pool.run("be_killed", (), USUAL)
    assert pool.run("echo", (b"a", 1), USUAL) == [b"a"]


def test_what_ends_as_it_starts_is_not_the_fault_of_the_file() -> None:
    pool = Pool("tests.media.workers.not_there", 1)
    with pytest.raises(MediaError, match=r"No process can be started.*as it started \(1\): memory may be short") as caught:
        pool.run("echo", (b"a", 1), USUAL)
    assert not isinstance(caught.value, MediaDamaged)
    pool.close()


def test_a_hung_decoder_is_killed_and_replaced(pool: Pool, tmp_path: Path) -> None:
    pool.run("own_pid", (), USUAL)  # it is there: starting counts as well
    with pytest.raises(TookTooLong):
        pool.run("hang", (str(tmp_path / "pid"),), Limits(silent=1.0))
    wait_until_gone(pid_in(tmp_path / "pid"))
    assert pool.run("echo", (b"a", 1), USUAL) == [b"a"]


def test_steps_are_signs_of_life_but_not_for_ever(pool: Pool) -> None:
    seen: list[float] = []
    pool.run("own_pid", (), USUAL)
    pool.run("step", (10, 0.2), Limits(silent=1.5), Listener(progress=seen.append))
    assert seen == [pytest.approx((number + 1) / 10) for number in range(10)]
    with pytest.raises(TookTooLong):
        pool.run("step", (1000, 0.2), Limits(seconds=1.0))


@pytest.mark.parametrize(("job", "said"), [("die", "SIGSEGV"), ("trip", "ZeroDivisionError"), ("stammer", "SIGKILL")])
def test_a_worker_that_dies_or_goes_astray_costs_one_job(pool: Pool, job: str, said: str) -> None:
    with pytest.raises(WorkerDied, match=said):
        pool.run(job, (), USUAL)
    assert pool.run("echo", (b"a", 1), USUAL) == [b"a"]


def test_what_was_killed_while_it_waited_is_replaced(pool: Pool) -> None:
    pid = int(pool.run("own_pid", (), USUAL)[0])
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert int(pool.run("own_pid", (), USUAL)[0]) != pid


def test_no_longer_wanted_it_is_killed(pool: Pool, tmp_path: Path) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.run, "hang", (str(tmp_path / "pid"),), USUAL, Listener(cancelled=stop.is_set))
        pid = pid_in(tmp_path / "pid")
        stop.set()
        with pytest.raises(PreparationCancelled):
            waiting.result()
    wait_until_gone(pid)


def test_no_more_workers_than_allowed_and_waiting_for_one_can_be_cancelled(tmp_path: Path) -> None:
    pool, stop = Pool(JOBS, 1), threading.Event()
    with ThreadPoolExecutor(2) as threads:
        busy = threads.submit(pool.run, "hang", (str(tmp_path / "pid"),), USUAL, Listener(cancelled=stop.is_set))
        pid_in(tmp_path / "pid")
        with pytest.raises(PreparationCancelled):
            pool.run("own_pid", (), USUAL, Listener(cancelled=lambda: True))
        after = threads.submit(pool.run, "echo", (b"a", 1), USUAL)
        stop.set()
        with pytest.raises(PreparationCancelled):
            busy.result()
        assert after.result() == [b"a"]
    pool.close()


def test_what_has_nothing_to_do_ends() -> None:
    pool = Pool(JOBS, 1, idle_seconds=0.2)
    pid = int(pool.run("own_pid", (), USUAL)[0])
    wait_until_gone(pid)
    assert int(pool.run("own_pid", (), USUAL)[0]) != pid
    pool.close()


def test_what_keeps_much_memory_is_replaced(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "MOST_RESIDENT", 80 * MIB)
    small = pool.run("own_pid", (), USUAL)
    pool.run("hold", (MIB,), USUAL)
    assert pool.run("own_pid", (), USUAL) == small
    pool.run("hold", (90 * MIB,), USUAL)
    assert pool.run("own_pid", (), USUAL) != small


@pytest.mark.parametrize("idle", [True, False])
def test_a_program_that_is_killed_leaves_nothing_behind(tmp_path: Path, *, idle: bool) -> None:
    path = tmp_path / "pid"
    code = (
        "import sys, time\n"
        "from minicpm_tui.media.workers.pool import Pool\n"
        "from minicpm_tui.media.workers.limits import Limits\n"
        f"pool = Pool({JOBS!r}, 1)\n"
        f"pid = pool.run('own_pid', (), Limits())[0].decode()\n"
        f"open({str(path)!r}, 'w').write(pid) if {idle} else pool.run('hang', ({str(path)!r},), Limits())\n"
        "time.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", code], cwd=Path.cwd())
    pid = pid_in(path)
    program.kill()
    program.wait()
    wait_until_gone(pid)


def test_where_no_process_can_be_started_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    pool = Pool(JOBS, 1)
    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", refuse)
        with pytest.raises(MediaError, match="ulimit"):
            pool.run("own_pid", (), USUAL)
    assert pool.run("own_pid", (), USUAL)
    pool.close()
