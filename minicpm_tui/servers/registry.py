"""Which servers this user's programs have started on this machine: one private state file each, under one lock.

Every program sees the same servers, after a crash of the one that started them too.
"""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from minicpm_tui.errors import ServerNotFound, StorageError
from minicpm_tui.files import FileLock, LockHeld, make_private_dir, read_state, write_state
from minicpm_tui.i18n import _
from minicpm_tui.redaction import know
from minicpm_tui.servers import argv, children, logfiles, processes, sockets
from minicpm_tui.servers.local import LocalServer, Record, State, folder

_HEALTH_SECONDS = 2.0
_PATIENT_SECONDS = 5.0
"""For one that has been ready: it may be busy with a request."""
_LOCK_SECONDS = 30.0


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One program at a time changes the state files.

    Raises StorageError when the folder cannot be written, or when another program holds the lock for half a minute.
    """
    lock = FileLock(make_private_dir(folder()) / ".lock")
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            lock.acquire()
            break
        except LockHeld as held:
            if time.monotonic() > deadline:
                hint = _("check that program; it may be suspended")
                raise StorageError(
                    _("{path} is held by {holder}").format(path=lock.path, holder=held.holder), hint=hint
                ) from held
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


def save(record: Record) -> None:
    """Write one state file. Raises StorageError."""
    write_state(folder() / f"{record.id}.json", record)


def remove(server_id: str) -> None:
    """Delete the state file of ``server_id``, if it is there. Call it under the lock."""
    (folder() / f"{server_id}.json").unlink(missing_ok=True)


def forget_ended(model: str) -> None:
    """Drop the state files of servers of ``model`` that ended by themselves; their logs stay. Call it under the lock."""
    for record in records():
        if record.ended and record.folder == model:
            remove(record.id)


def load(server_id: str) -> Record | None:
    """One state file; None when it is gone. One that cannot be read is put aside as ``.damaged``."""
    path = folder() / f"{server_id}.json"
    record = read_state(path, Record)
    if record is not None:
        know(record.key)
    return record


def records() -> list[Record]:
    """All state files as they stand, the newest server first."""
    found = (load(path.stem) for path in folder().glob("*.json"))
    return sorted((record for record in found if record), key=lambda record: record.started, reverse=True)


def refresh() -> list[Record]:
    """Bring the state files in line with the processes, and return what is true, also when the disk is full.

    Servers of an earlier boot are forgotten; one that died is marked and what it left running is ended. Raises StorageError.
    """
    if not folder().is_dir():
        return []
    with locked():
        found = [_refresh(record) for record in records()]
    return [record for record in found if record]


def _refresh(record: Record) -> Record | None:
    if record.boot_id != processes.boot_id():
        remove(record.id)
        return None
    if record.ended:
        return record
    if record.pid == 0:
        # The program that wrote this was ended between writing and starting, or between starting and writing again.
        leader = processes.find_leader(record.id)
        if leader is None:
            remove(record.id)
            return None
        return _note(msgspec.structs.replace(record, pid=leader.pid, start_ticks=leader.start, group=leader.group))
    if processes.alive(record.pid, record.start_ticks):
        logfiles.cap(Path(record.log))
        return record
    return _mark_ended(record)


def _mark_ended(record: Record) -> Record | None:
    """Note the end of a dead server, after ending the processes it left."""
    end_orphans(record)
    status = children.exit_status(record.pid)
    if record.stopping:
        remove(record.id)
        return None
    return _note(
        msgspec.structs.replace(record, ended="exited" if status == 0 and record.ready_at else "failed", exit_status=status)
    )


def _note(record: Record) -> Record:
    """Write down what can be found out again: a full disk is no reason to fail."""
    with contextlib.suppress(StorageError):
        save(record)
    return record


def end_orphans(record: Record, seconds: float = 5.0) -> list[int]:
    """SIGKILL what still runs of a server whose main process is gone; returns the pids that outlived even that."""
    import signal

    deadline = time.monotonic() + seconds
    while left := processes.members(record.group, record.id, Path(record.log)):
        processes.send(left, signal.SIGKILL)
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []


def promised_ports() -> set[int]:
    """Ports of servers that run: vLLM binds its port only after half a minute, so that nobody listens there yet."""
    return {record.port for record in refresh() if not record.ended}


def servers() -> list[LocalServer]:
    """Every server of ours that runs, and those that ended by themselves until they are cleared; the newest first."""
    return [describe(record) for record in refresh()]


def running() -> list[LocalServer]:
    """Those that answer now: ready ones first, then those that still load; each group newest first. Raises StorageError."""
    live = [server for server in servers() if server.live and server.state != "stopping"]
    return sorted(live, key=lambda server: server.state != "ready")


def find(server_id: str) -> LocalServer:
    """The server whose id is, or alone begins with, ``server_id``. Raises ServerNotFound."""
    return describe(find_record(server_id))


def find_record(server_id: str) -> Record:
    """The state file of the server that ``server_id`` names, brought up to date. Raises ServerNotFound for none or several."""
    matches = [record for record in refresh() if record.id.startswith(server_id)]
    exact = [record for record in matches if record.id == server_id]
    if len(exact or matches) != 1:
        several = (
            _("several ids begin like that: {ids}").format(ids=", ".join(record.id for record in matches)) if matches else ""
        )
        raise ServerNotFound(server_id, hint=several or _("minicpm-tui servers lists them"))
    return (exact or matches)[0]


def describe(record: Record) -> LocalServer:
    """What others are told of a record; asks a living server whether it is ready."""
    host = "127.0.0.1" if record.host in ("0.0.0.0", "", "::") else record.host  # noqa: S104 — compared, never bound
    return LocalServer(
        id=record.id,
        pid=record.pid,
        url=f"http://{f'[{host}]' if ':' in host else host}:{record.port}",
        model=record.model,
        folder=record.folder,
        key=record.key,
        started=record.started,
        ready_at=record.ready_at,
        state=_state(record, host),
        log=Path(record.log),
        argv=record.argv,
        command=argv.shell_line(record.argv, record.environment),
        exit_status=record.exit_status,
        form=record.form,
        version=record.version,
    )


def _state(record: Record, host: str) -> State:
    if record.ended:
        return record.ended
    if record.stopping:
        return "stopping"
    if is_ready(record, host, _HEALTH_SECONDS if record.ready_at is None else _PATIENT_SECONDS):
        return "ready"
    if record.ready_at is not None:
        return "unresponsive"
    log = Path(record.log)
    return "loading" if log.exists() and log.stat().st_size else "starting"


def is_ready(record: Record, host: str = "", seconds: float = _HEALTH_SECONDS) -> bool:
    """Whether ``/health`` answers 200 within ``seconds``, and it is this server and no other that listens on the port."""
    if not sockets.listens(record.group, record.port):
        return False
    if not healthy(host or record.host, record.port, seconds):
        return False
    if record.ready_at is None:
        note_ready(record.id)
    return True


def note_ready(server_id: str) -> None:
    """Write down when a server was first seen ready."""
    with locked():
        record = load(server_id)
        if record and record.ready_at is None and not record.ended:
            _note(msgspec.structs.replace(record, ready_at=time.time()))


def healthy(host: str, port: int, seconds: float = _HEALTH_SECONDS) -> bool:
    """Whether ``GET /health`` answers 200 in time. Goes straight to the address: no proxy."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
