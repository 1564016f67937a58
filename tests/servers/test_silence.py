"""A server that was ready and no longer answers."""

from __future__ import annotations

import os
import signal

import pytest

from minicpm_tui.servers import live, registry, watch
from minicpm_tui.servers.watch import Watcher
from tests.waiting import wait_for

from .conftest import HEALTHY, Start


def test_a_server_that_was_ready_and_falls_silent_is_not_loading(start_script: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_PATIENT_SECONDS", 0.2)
    monkeypatch.setattr(watch, "_CHECK_SECONDS", 0.0)
    server = start_script(HEALTHY)
    with Watcher(server) as watcher:
        wait_for(lambda: watcher.poll().state == "ready")
        os.kill(server.pid, signal.SIGSTOP)
        try:
            wait_for(lambda: registry.find(server.id).state == "unresponsive")
            assert not live.status(registry.find(server.id), 0).answers
            wait_for(lambda: watcher.poll().state == "unresponsive")
            with Watcher(registry.find(server.id)) as later:
                wait_for(lambda: later.poll().state == "unresponsive")
        finally:
            os.kill(server.pid, signal.SIGCONT)
        wait_for(lambda: watcher.poll().state == "ready")
    assert registry.find(server.id).state == "ready"
