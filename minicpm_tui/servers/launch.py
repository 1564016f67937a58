"""Starting a server so that it cannot be lost, and stopping it so that nothing stays."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.errors import PortTaken, ServerError, StartFailed, StorageError, VllmMissing
from minicpm_tui.i18n import _
from minicpm_tui.servers import children, logfiles, processes, registry
from minicpm_tui.servers.local import LocalServer, Record

STOP_SECONDS = 20.0


@dataclass(frozen=True)
class LaunchPlan:
    """What to run: ``argv`` without any key, what to add to the environment, and where it will answer.

    ``key`` is handed over as ``VLLM_API_KEY``; empty: the environment's, else a random one. ``model`` is the name that requests
    will use, ``folder`` what vLLM is given.
    """

    argv: tuple[str, ...]
    host: str
    port: int
    model: str
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    key: str = field(default="", repr=False)
    form: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""


def start(plan: LaunchPlan, environ: Mapping[str, str] | None = None) -> LocalServer:
    """Start the server in a session of its own, its output going to a log file, and write down how to find it again.

    Raises PortTaken, VllmMissing, StartFailed, StorageError; nothing runs then.
    """
    environ = os.environ if environ is None else environ
    key = plan.key or plan.environment.get("VLLM_API_KEY") or environ.get("VLLM_API_KEY") or secrets.token_urlsafe(24)
    server_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    child_environment = {
        "VLLM_LOGGING_COLOR": "0",
        "PYTHONUNBUFFERED": "1",
        **environ,
        **plan.environment,
        "VLLM_API_KEY": key,
        processes.MARKER: server_id,
    }
    record = Record(
        id=server_id,
        boot_id=processes.boot_id(),
        argv=plan.argv,
        environment=dict(plan.environment),
        host=plan.host,
        port=plan.port,
        model=plan.model,
        folder=plan.folder,
        log=str(logfiles.path_for(server_id)),
        key=key,
        started=time.time(),
        form=dict(plan.form),
        version=plan.version,
    )
    registry.refresh()
    with registry.locked():
        promised = [other for other in registry.records() if not other.ended and other.port == plan.port]
        if promised:
            raise PortTaken(f"{plan.host}:{plan.port}", hint=_("server {id} is starting there").format(id=promised[0].id))
        require_free_port(plan.host, plan.port)
        registry.save(record)
        registry.forget_ended(plan.folder)
        log = logfiles.open_new(server_id)
        try:
            record = _run(record, child_environment, log)
        except BaseException:
            registry.remove(server_id)
            raise
        finally:
            os.close(log)
        registry.save(record)
    return registry.describe(record)


def _run(record: Record, environment: Mapping[str, str], log: int) -> Record:
    try:
        child = subprocess.Popen(
            record.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True, close_fds=True
        )
    except (FileNotFoundError, PermissionError) as error:
        if Path(record.argv[0]).exists():
            raise _broken(record.argv[0], error) from error
        raise VllmMissing(
            f"{record.argv[0]}: {error.strerror}", hint=_("set vllm_command in config.toml, or install vLLM")
        ) from error
    except OSError as error:
        raise _broken(record.argv[0], error) from error
    children.adopt(child)
    # Not collected yet, so it can be read even if it has ended already.
    now = processes.stat(child.pid)
    return msgspec.structs.replace(record, pid=child.pid, group=child.pid, start_ticks=now.start if now else 0)


def _broken(command: str, error: OSError) -> StartFailed:
    """Its first line names no interpreter, or one that has gone with its environment."""
    return StartFailed(f"{command}: {error.strerror}", hint=_("this command cannot be run: reinstall vLLM"))


def require_free_port(host: str, port: int) -> None:
    """Raises PortTaken when something listens there, ServerError when ``host`` is no address of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise ServerError(
                f"{host}:{port}", hint=_("ports below 1024 are reserved for the administrator: use a higher one")
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"{host}:{port}", hint=_("use another with --port, or stop what listens there")) from error
            raise ServerError(f"{host}:{port}: {error.strerror or error}", hint=_("use an address of this machine")) from error


def free_port(first: int = 8000, host: str = "127.0.0.1") -> int:
    """The first port from ``first`` on that nothing listens on, nor will as soon as a server of ours has loaded."""
    promised = registry.promised_ports()
    for port in range(max(first, 1024), 65536):
        if port in promised:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise PortTaken(_("no free port at or above {port}").format(port=first))


def stop(server_id: str, seconds: float = STOP_SECONDS) -> LocalServer:
    """End a server and everything it started: SIGTERM to its group, ``seconds`` of grace, then SIGKILL.

    The log stays. Blocks until nothing is left. Raises ServerNotFound; ServerError when a process cannot be ended.
    """
    record = registry.find_record(server_id)
    with registry.locked():
        record = msgspec.structs.replace(registry.load(record.id) or record, stopping=True)
        with contextlib.suppress(StorageError):  # it is to end on a full disk too
            registry.save(record)
    log = Path(record.log)
    left = _group(record, log)
    processes.send(left, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        children.exit_status(record.pid)
        if record.pid in left:
            # Its children end with it or are ended below; there is no sense in waiting for each.
            with processes.DeathWatch(record.pid, record.start_ticks) as watch:
                watch.wait(min(0.2, max(0.0, deadline - time.monotonic())))
        else:
            deadline = min(deadline, time.monotonic() + 2)
            time.sleep(0.05)
        left = _group(record, log)
    processes.send(left, signal.SIGKILL)
    survivors = registry.end_orphans(record)
    children.exit_status(record.pid)
    if survivors:
        pids = ", ".join(str(pid) for pid in survivors)
        raise ServerError(
            _("processes {pids} cannot be stopped").format(pids=pids), hint=_("look at them with ps; the driver may be stuck")
        )
    with registry.locked():
        registry.remove(record.id)
    return registry.describe(msgspec.structs.replace(record, ended="exited"))


def _group(record: Record, log: Path) -> list[int]:
    """What runs of the server: its main process, while it is the one we started, and all that carry its mark."""
    main = [record.pid] if processes.alive(record.pid, record.start_ticks) else []
    return main + [pid for pid in processes.members(record.group, record.id, log) if pid != record.pid]
