"""Servers are found again, by every program and after crashes; nothing of another process is ever touched."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from minicpm_tui.errors import PortTaken, ServerNotFound, StartFailed, StorageError, VllmMissing
from minicpm_tui.servers import launch, local, processes, registry
from minicpm_tui.servers.launch import LaunchPlan
from minicpm_tui.servers.local import Record
from minicpm_tui.servers.watch import Watcher
from tests.waiting import wait_for

from .conftest import HEALTHY, Start

SLEEPS = "import time\nprint('hello', flush=True)\ntime.sleep(600)\n"


def test_a_ready_server_is_running_with_its_key_and_url(start_script: Start) -> None:
    server = start_script(HEALTHY)
    wait_for(lambda: registry.find(server.id).state == "ready")
    (found,) = registry.running()
    assert (found.url, found.model, found.pid) == (server.url, "tiny", server.pid)
    assert len(found.key) > 20
    assert found.ready_at is not None
    assert found.key not in repr(found)


def test_the_state_file_is_private_and_the_key_is_not_in_argv(start_script: Start) -> None:
    server = start_script(SLEEPS, key="secret-key")
    path = local.folder() / f"{server.id}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "secret-key" not in Path(f"/proc/{server.pid}/cmdline").read_text()
    assert b"VLLM_API_KEY=secret-key" in Path(f"/proc/{server.pid}/environ").read_bytes()


def test_a_users_own_key_is_used(start_script: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "mine")
    assert start_script(SLEEPS).key == "mine"


def test_another_program_sees_and_stops_the_server(start_script: Start) -> None:
    server = start_script(HEALTHY)
    wait_for(lambda: registry.find(server.id).state == "ready")
    code = "from minicpm_tui.servers import registry, launch; s, = registry.running(); launch.stop(s.id); print(s.url)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == server.url
    assert processes.members(server.pid, server.id, server.log) == []
    assert registry.running() == []


def test_a_server_outlives_a_killed_program(vllm_script: object, home: Path, tmp_path: Path) -> None:
    script = tmp_path / "vllm"
    script.write_text(f"#!{sys.executable}\n{HEALTHY}")
    script.chmod(0o755)
    port = launch.free_port(24000)
    code = f"""
import os, signal
from minicpm_tui.servers.launch import LaunchPlan, start
start(LaunchPlan(({str(script)!r}, "--port", "{port}"), "127.0.0.1", {port}, "tiny", "tiny"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    wait_for(lambda: [server.state for server in registry.running()] == ["ready"])
    (server,) = registry.running()
    launch.stop(server.id)
    assert processes.members(server.pid, server.id, server.log) == []


def test_dead_main_process_is_noticed_and_its_orphans_are_ended(start_script: Start) -> None:
    server = start_script("""
        import subprocess, sys, time
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('worker', flush=True); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code])
        time.sleep(600)
    """)
    wait_for(lambda: b"worker" in server.log.read_bytes())
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: registry.find(server.id).state == "failed", seconds=2)
    assert processes.members(server.pid, server.id, server.log) == []
    assert registry.running() == []


def test_stop_ends_a_group_that_ignores_sigterm(start_script: Start) -> None:
    server = start_script("""
        import signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import time; print('worker', flush=True); time.sleep(600)"])
        time.sleep(600)
    """)
    wait_for(lambda: b"worker" in server.log.read_bytes())
    launch.stop(server.id, seconds=0.3)
    assert processes.members(server.pid, server.id, server.log) == []
    with pytest.raises(ServerNotFound):
        registry.find(server.id)
    assert server.log.exists()


def test_a_child_that_wiped_its_environment_is_known_by_its_log(start_script: Start) -> None:
    server = start_script("""
        import subprocess, sys, time
        subprocess.Popen([sys.executable, "-c", "import time; print('worker', flush=True); time.sleep(600)"], env={})
        time.sleep(600)
    """)
    wait_for(lambda: b"worker" in server.log.read_bytes())
    assert len(processes.members(server.pid, server.id, server.log)) == 2
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: registry.find(server.id).state == "failed")
    assert processes.members(server.pid, server.id, server.log) == []


@pytest.mark.parametrize(
    ("log", "state", "kind"),
    [
        ("INFO:     Application startup complete.\nINFO:     Application shutdown complete.\n", "exited", None),
        ("INFO:     Application startup complete.\n", "failed", "ended"),
        ("OSError: [Errno 98] Address already in use\n", "failed", "port_taken"),
    ],
)
def test_the_log_tells_how_a_server_of_another_program_ended(home: Path, log: str, state: str, kind: str | None) -> None:
    path = home / "server.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(log)
    gone = Record(
        id="a", pid=os.getpid(), group=os.getpid(), start_ticks=1, boot_id=processes.boot_id(), log=str(path), ready_at=1.0
    )
    with registry.locked():
        registry.save(gone)
    with Watcher(registry.describe(gone)) as watcher:
        update = watcher.poll()
    assert update.explanation is not None
    failure = update.explanation.failure
    assert (update.state, failure.kind if failure else None) == (state, kind)


def test_state_of_an_earlier_boot_and_a_reused_pid_are_cleared_without_a_signal(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True) as other:
        now = processes.stat(other.pid)
        assert now is not None
        common = {"pid": other.pid, "group": other.pid, "log": str(home / "none.log"), "model": "m"}
        with registry.locked():
            registry.save(msgspec.convert({**common, "id": "old", "boot_id": "another", "start_ticks": now.start}, Record))
            registry.save(
                msgspec.convert({**common, "id": "reused", "boot_id": processes.boot_id(), "start_ticks": now.start - 9}, Record)
            )
        assert [(server.id, server.state) for server in registry.servers()] == [("reused", "failed")]
        assert other.poll() is None
        other.kill()


def test_a_server_whose_pid_was_never_written_is_adopted(start_script: Start) -> None:
    server = start_script(SLEEPS)
    record = registry.load(server.id)
    assert record is not None
    with registry.locked():
        registry.save(msgspec.structs.replace(record, pid=0, group=0, start_ticks=0))
        registry.save(msgspec.structs.replace(record, id="never-started", pid=0))
    assert [(found.id, found.pid) for found in registry.running()] == [(server.id, server.pid)]


@pytest.mark.parametrize("data", [b"{", b'{"id": "\xff"}', b'{"id": 3}', b"[" * 100_000])
def test_a_damaged_state_file_is_put_aside_and_said_once(home: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with registry.locked():
        (local.folder() / "x.json").write_bytes(data)
    assert registry.servers() == []
    assert registry.servers() == []
    assert (local.folder() / "x.json.damaged").read_bytes() == data
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "x.json was damaged" in said


def test_a_taken_port_is_said_before_starting(vllm_script: object) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)):
            launch.start(LaunchPlan(("/bin/true",), "127.0.0.1", port, "m", "m"))
    assert registry.servers() == []


def test_a_missing_command_leaves_nothing_behind() -> None:
    with pytest.raises(VllmMissing, match="no-such-vllm"):
        launch.start(LaunchPlan(("/no-such-vllm",), "127.0.0.1", launch.free_port(26000), "m", "m"))
    assert registry.servers() == []


def test_a_command_that_cannot_be_run_is_said(tmp_path: Path) -> None:
    command = tmp_path / "vllm"
    for first_line in ("#!/no/such/python", "no program at all"):
        command.write_text(first_line)
        command.chmod(0o755)
        with pytest.raises(StartFailed, match="reinstall vLLM"):
            launch.start(LaunchPlan((str(command),), "127.0.0.1", launch.free_port(26000), "m", "m"))
    assert registry.servers() == []


def test_a_full_disk_neither_hides_a_server_nor_keeps_it_from_being_stopped(
    start_script: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _value: object) -> None:
        raise StorageError(f"{path}: No space left on device")

    server, other = start_script(HEALTHY), start_script(HEALTHY)
    monkeypatch.setattr(registry, "write_state", full)
    with Watcher(server) as watcher:
        wait_for(lambda: watcher.poll().state == "ready")
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: watcher.poll().state == "failed")
    launch.stop(other.id)
    assert processes.members(other.pid, other.id, other.log) == []


def test_the_cause_after_megabytes_without_a_line_is_found(start_script: Start) -> None:
    server = start_script("print('x' * 5_000_000)\nprint('OSError: [Errno 98] Address already in use')\nraise SystemExit(1)")
    with Watcher(server) as watcher:
        wait_for(lambda: watcher.poll().state == "failed")
        explanation = watcher.poll().explanation
    assert explanation is not None
    assert explanation.failure is not None
    assert (explanation.failure.kind, explanation.failure.line_number) == ("port_taken", 2)


def test_a_new_start_clears_what_ended_before(start_script: Start) -> None:
    for _attempt in range(2):
        ended = start_script("print('bye')")
        wait_for(lambda: [server.state for server in registry.servers()] == ["failed"])
    assert [server.id for server in registry.servers()] == [ended.id]


def test_a_state_folder_that_cannot_be_written_is_said(home: Path) -> None:
    home.mkdir()
    (home / "state").write_text("a file")
    with pytest.raises(StorageError, match="state"):
        launch.start(LaunchPlan(("/bin/true",), "127.0.0.1", launch.free_port(26000), "m", "m"))


def test_another_servers_health_does_not_make_ours_ready(start_script: Start) -> None:
    other = start_script(HEALTHY)
    wait_for(lambda: registry.find(other.id).state == "ready")
    ours = start_script(SLEEPS)
    record = registry.load(ours.id)
    assert record is not None
    port = int(other.url.rpartition(":")[2])
    with registry.locked():
        registry.save(msgspec.structs.replace(record, port=port))
    assert registry.find(ours.id).state in ("starting", "loading")


def test_an_exit_at_once_is_a_failure_with_its_status(start_script: Start) -> None:
    server = start_script("print('bye')")
    wait_for(lambda: registry.find(server.id).state == "failed")
    assert registry.find(server.id).exit_status == 0
    launch.stop(server.id)
    assert registry.servers() == []


def test_options_are_read_from_the_command_line(start_script: Start) -> None:
    server = start_script(
        SLEEPS,
        "--limit-mm-per-prompt",
        '{"image":5,"video":{"count":2}}',
        '--media_io_kwargs={"video":{"num_frames":64}}',
        "--mm-processor-kwargs",
        '{"max_slice_nums":4}',
        "--max-model-len",
        "4096",
    )
    assert server.limits == {"image": 5, "video": 2}
    assert (server.num_frames, server.max_model_len) == (64, 4096)
    assert json.loads(json.dumps(server.argv))[-1] == server.url.rpartition(":")[2]


def test_a_port_is_promised_before_anybody_listens_there(start_script: Start) -> None:
    server = start_script(SLEEPS)
    port = int(server.url.rpartition(":")[2])
    assert launch.free_port(port) != port
    with pytest.raises(PortTaken, match=str(port)):
        launch.start(LaunchPlan(("/bin/true",), "127.0.0.1", port, "m", "m"))


def test_a_lock_that_is_never_given_back_is_said(start_script: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start_script(SLEEPS)
    monkeypatch.setattr(registry, "_LOCK_SECONDS", 0.1)
    code = "import time\nfrom minicpm_tui.servers import registry\n"
    code += "with registry.locked(): print('held', flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StorageError, match=str(other.pid)):
            registry.servers()
        other.kill()
