"""What is found on a machine: vLLM, models, servers that answer, logs, and what ends a kept server."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.config import Endpoint, Settings
from minicpm_tui.errors import VllmMissing
from minicpm_tui.servers import asked_version, discovery, endpoints, logfiles, models, processes, survival
from minicpm_tui.servers.doctor import report
from minicpm_tui.servers.form import locate_model
from minicpm_tui.servers.watch import Watcher, last_time, remember
from minicpm_tui.versions import at_least
from tests.model_folder import complete
from tests.waiting import wait_for

from .conftest import Script, Start
from .test_stages import LOGS, read


def command(folder: Path, body: str = "", version: str = "") -> Path:
    path = folder / "bin" / "vllm"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(0o755)
    if version:
        (folder / f"lib/python3.12/site-packages/vllm-{version}.dist-info").mkdir(parents=True)
    return path


def test_the_setting_comes_before_the_environment_and_path(tmp_path: Path) -> None:
    chosen, active, on_path = (
        command(tmp_path / name, version=version) for name, version in [("a", "0.9.1"), ("b", "0.25.1"), ("c", "0.32.0+cpu")]
    )
    environ = {"VIRTUAL_ENV": str(tmp_path / "b"), "PATH": str(on_path.parent)}
    for setting, path, version in [(str(chosen), chosen, "0.9.1"), ("", active, "0.25.1")]:
        found = discovery.find(setting, environ)
        assert found is not None
        assert (found.path, found.version, found.cpu) == (path, version, False)
    found = discovery.find("", {"PATH": str(on_path.parent)})
    assert found is not None
    assert (found.version, found.cpu) == ("0.32.0+cpu", True)
    assert discovery.find("", {"PATH": str(tmp_path)}) is None


def test_a_command_without_metadata_is_asked(tmp_path: Path) -> None:
    assert discovery.version_of(command(tmp_path, "print('INFO something')\nprint('0.8.5')")) == "0.8.5"
    assert discovery.version_of(command(tmp_path, "raise SystemExit(1)")) == ""


def test_a_command_that_says_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_version, "_SECONDS", 0.2)
    assert discovery.version_of(command(tmp_path, "import time\ntime.sleep(60)")) == ""


def test_a_slow_command_is_asked_once_for_each_of_its_modifications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = tmp_path / "runs"
    body = f"open({str(runs)!r}, 'a').write('x')\nimport sys\n"
    slow = command(tmp_path, f"{body}print('0.11.2')")
    assert [discovery.version_of(slow) for _time in range(3)] == ["0.11.2"] * 3
    assert runs.read_text() == "x"
    silent = command(tmp_path, f"{body}sys.exit(1)")
    os.utime(silent, (1, 1))
    assert [discovery.version_of(silent) for _time in range(3)] == [""] * 3
    assert runs.read_text() == "xx"
    monkeypatch.setattr(asked_version, "_AGAIN_SECONDS", 0.0)
    assert discovery.version_of(silent) == ""
    assert runs.read_text() == "xxx"


@pytest.mark.parametrize(
    "line", ['exec {root}/bin/vllm "$@"', "source {root}/bin/activate\nvllm $*", "'{root}/bin/python3' -m vllm.x"]
)
def test_the_environment_that_a_wrapper_names_tells_the_version(tmp_path: Path, line: str) -> None:
    (tmp_path / "env" / "lib/python3.12/site-packages/vllm-0.14.1.dist-info").mkdir(parents=True)
    wrapper = tmp_path / "scripts" / "vllm"
    wrapper.parent.mkdir()
    wrapper.write_text(f"#!/bin/bash\nexport X=1\n{line.format(root=tmp_path / 'env')}\nsleep 60\n")
    wrapper.chmod(0o755)
    assert discovery.version_of(wrapper) == "0.14.1"


@pytest.mark.parametrize(
    ("setting", "version", "words"),
    [("/no/such/vllm", "", "vllm_command"), ("", "0.6.6", "pip install"), ("", "", "pip install")],
)
def test_missing_and_old_ones_come_with_what_to_do(tmp_path: Path, setting: str, version: str, words: str) -> None:
    path = command(tmp_path / "old", version=version).parent if version else tmp_path
    with pytest.raises(VllmMissing) as caught:
        discovery.require(setting, {"PATH": str(path)})
    assert words in str(caught.value)


@given(st.lists(st.integers(0, 99), min_size=3, max_size=3), st.lists(st.integers(0, 99), min_size=3, max_size=3))
def test_versions_are_compared_by_number(one: list[int], other: list[int]) -> None:
    texts = [".".join(map(str, version)) for version in (one, other)]
    assert at_least(texts[0] + "+cu130", texts[1]) == (one >= other)
    assert at_least("", texts[1])


def test_models_of_both_caches_and_of_configured_folders(tmp_path: Path) -> None:
    hub = tmp_path / "hf" / "hub" / "models--openbmb--MiniCPM-V-2_6"
    snapshot = hub / "snapshots" / "abc"
    scope = tmp_path / "ms" / "models" / "OpenBMB" / "MiniCPM-V-4___5"
    own = tmp_path / "own" / "deep" / "thing"
    other = tmp_path / "hf" / "hub" / "models--x--llama" / "snapshots" / "1"
    for folder, config in [
        (snapshot, {"model_type": "minicpmv", "version": 2.6}),
        (scope, {"model_type": "minicpmv", "version": 4.5}),
        (own, {"model_type": "llama", "quantization_config": {"quant_method": "gptq"}}),
        (other, {"model_type": "llama"}),
    ]:
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(config))
    (hub / "refs").mkdir()
    (hub / "refs" / "main").write_text("abc")
    (scope / "a.safetensors").write_bytes(b"x" * 10)
    (scope / "a.bin").write_bytes(b"x" * 99)
    environ = {"HF_HOME": str(tmp_path / "hf"), "MODELSCOPE_CACHE": str(tmp_path / "ms")}
    found = {model.name: model for model in models.find([str(tmp_path / "own"), "/no/such"], environ)}
    assert found.keys() == {"openbmb/MiniCPM-V-2_6", "OpenBMB/MiniCPM-V-4.5", "thing"}
    assert not found["openbmb/MiniCPM-V-2_6"].complete
    assert found["OpenBMB/MiniCPM-V-4.5"].missing == ("preprocessor_config.json", "tokenizer.json")
    assert found["thing"].missing == ()
    assert (found["OpenBMB/MiniCPM-V-4.5"].family.id, found["OpenBMB/MiniCPM-V-4.5"].bytes) == ("minicpm-v-4.5", 10)
    assert (found["thing"].family.generic, found["thing"].quantization) == (True, "gptq")
    assert models.cached_folder("openbmb/minicpm-v-2_6", environ) == snapshot


def test_a_name_in_modelscopes_cache_is_served_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "ms" / "models" / "OpenBMB" / "MiniCPM-V-4___5"
    snapshot = tmp_path / "hf" / "hub" / "models--openbmb--MiniCPM-V-2_6" / "snapshots" / "abc"
    for path in (folder, snapshot):
        path.mkdir(parents=True)
        (path / "config.json").write_text('{"model_type": "minicpmv", "version": 4.5}')
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "ms"))
    assert locate_model("openbmb/MiniCPM-V-4.5") == (str(folder), folder)
    assert locate_model("openbmb/MiniCPM-V-2_6") == ("openbmb/MiniCPM-V-2_6", snapshot)


@pytest.fixture
def answering() -> Iterator[str]:
    """A server that wants the key ``right``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fine = self.headers.get("Authorization") == "Bearer right" or self.path == "/version"
            self.send_response(200 if fine else 401)
            self.end_headers()
            answer = {"/version": {"version": "0.25.1"}, "/v1/models": {"data": [{"id": "m"}]}}.get(self.path, {})
            self.wfile.write(json.dumps(answer if fine else {"error": "Unauthorized"}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_servers_that_answer_with_and_without_their_key(answering: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (found,) = endpoints.answering((), [(answering, "right")])
    assert (found.model, found.version, found.ours, found.locked) == ("m", "0.25.1", False, False)
    port = int(answering.rpartition(":")[2])
    (locked,) = endpoints.answering((port,))
    assert (locked.model, locked.locked) == (None, True)
    assert endpoints.answering((1,)) == []


def test_the_report_names_what_stands_in_the_way(answering: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "USUAL_PORTS", ())
    monkeypatch.setattr("minicpm_tui.servers.gpus.gpus", lambda **_: [])
    folder = tmp_path / "MiniCPM-V-4.6"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "minicpmv4_6"}')
    (folder / "model.safetensors").write_bytes(b"x")
    path = command(tmp_path / "env", version="0.20.0")
    settings = Settings(model_folders=(str(folder),), servers=(Endpoint(url=f"{answering}/v1", api_key_env="KEY"),))
    environ = {"PATH": str(path.parent), "KEY": "right", "HF_HOME": str(tmp_path), "MODELSCOPE_CACHE": str(tmp_path)}
    found = report(settings, environ)
    titles = [problem.title for problem in found.problems]
    assert "no GPU is visible" in titles
    assert "MiniCPM-V-4.6 is an incomplete download" in titles
    complete(folder)
    found = report(settings, environ)
    titles = [problem.title for problem in found.problems]
    assert "MiniCPM-V-4.6 needs vLLM 0.22.0" in titles
    assert "right" not in json.dumps(found.to_dict())
    assert answering in [server.url for server in found.servers]


@pytest.mark.parametrize(
    ("text", "kills"),
    [("[Login]\nKillUserProcesses=yes\n", True), ("[Login]\n#KillUserProcesses=yes\n", False), ("broken", False)],
)
def test_a_login_that_ends_everything_is_known(tmp_path: Path, text: str, kills: bool) -> None:
    (tmp_path / "etc/systemd").mkdir(parents=True)
    (tmp_path / "etc/systemd/logind.conf").write_text(text)
    assert bool(survival.warnings({"XDG_SESSION_ID": "3", "USER": "ann"}, tmp_path)) == kills
    (tmp_path / "var/lib/systemd/linger").mkdir(parents=True)
    (tmp_path / "var/lib/systemd/linger/ann").touch()
    assert survival.warnings({"XDG_SESSION_ID": "3", "USER": "ann"}, tmp_path) == []


def test_a_batch_job_is_known(tmp_path: Path) -> None:
    assert "Slurm" in survival.warnings({"SLURM_JOB_ID": "1"}, tmp_path)[0][0]


def test_the_last_ten_logs_are_kept_but_none_that_is_written_to(start_script: Start) -> None:
    server = start_script("import time\ntime.sleep(600)")
    for number in range(15):
        path = logfiles.folder() / f"{number:02}.log"
        path.write_text("x")
        os.utime(path, (2_000_000_000 + number, 2_000_000_000 + number))
    os.utime(server.log, (1, 1))
    os.close(logfiles.open_new("new"))
    kept = sorted(path.name for path in logfiles.folder().glob("*.log"))
    assert kept == sorted(["new.log", server.log.name, *(f"{number:02}.log" for number in range(6, 15))])


def test_a_log_that_grows_too_large_gives_its_middle_back(tmp_path: Path) -> None:
    path = tmp_path / "big.log"
    with path.open("wb") as file:
        for _ in range(40):
            file.write(b"y" * (1 << 20))
        file.write(b"the end\n")
    before = path.stat()
    logfiles.cap(path, limit=30 << 20)
    after = path.stat()
    assert after.st_blocks < before.st_blocks
    if after.st_size:  # where holes cannot be punched it starts anew
        data = path.read_bytes()
        assert data.startswith(b"y" * 1000)
        assert data.endswith(b"the end\n")


def test_how_long_it_took_last_time_is_remembered() -> None:
    remember("/models/m", read((LOGS / "ready-0.25-gpu.log").read_bytes()).stages)
    assert last_time("/models/m")["weights"] == 11.0
    assert last_time("/models/other") == {}
    remember("/models/m", read((LOGS / "exited-0.32-cpu.log").read_bytes()).stages, "0.32.0")
    assert last_time("/models/m", "0.32.0")["weights"] < 11.0
    assert last_time("/models/m")["weights"] == 11.0
    assert last_time("/models/m", "0.33.0") == {}


def test_a_script_is_no_reason_to_wait(vllm_script: Script) -> None:
    assert discovery.version_of(vllm_script("import time\ntime.sleep(60)")) == "0.32.0"


def test_a_long_log_of_a_ready_server_is_read_at_both_ends(start_script: Start) -> None:
    server = start_script("import time\ntime.sleep(600)")
    start = (LOGS / "ready-0.25-gpu.log").read_bytes()
    filler = b'INFO:     127.0.0.1:36440 - "POST /v1/chat/completions HTTP/1.1" 200 OK\n' * 150_000
    server.log.write_bytes(start + filler + b"(EngineCore pid=1) ERROR 11-22 08:30:00 [a.py:1] the last line\n")
    with Watcher(replace(server, ready_at=1.0)) as watcher:
        numbers = [line.number for _ in range(20) for line in watcher.poll(0).lines]
    assert len(numbers) < 100_000
    assert numbers[-1] == start.count(b"\n") + 150_000 + 1


@pytest.mark.parametrize("name", ["nap", "fifteen-letters", "a-name-that-the-kernel-cuts"])
def test_processes_have_their_whole_names(tmp_path: Path, name: str) -> None:
    program = Path(shutil.copy(shutil.which("sleep") or "", tmp_path / name))
    with subprocess.Popen([program, "60"]) as child:
        wait_for(lambda: processes.name(child.pid) == name)
        child.kill()
    assert processes.name(child.pid) == ""
