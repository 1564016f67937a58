"""``serve``, ``servers`` and ``doctor`` as a user runs them, with stand-ins for vLLM that behave and misbehave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.servers import launch, processes, registry
from tests.model_folder import complete
from tests.waiting import wait_for

from .conftest import HEALTHY, Script

LOGS = Path(__file__).parent / "logs"
PORT = "import sys\nport = sys.argv[sys.argv.index('--port') + 1]\n"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "minicpmv", "version": 2.6, "hidden_size": 64}')
    complete(folder)
    return folder


@pytest.fixture(autouse=True)
def stop_everything() -> Iterator[None]:
    yield
    for server in registry.servers():
        launch.stop(server.id, seconds=0.2)


class Cli:
    """Runs the command line in processes of its own."""

    def __init__(self, script: Path | None, home: Path) -> None:
        path = f"{script.parent}:{os.environ['PATH']}" if script else "/usr/bin:/bin"
        self.environ = {**os.environ, "PATH": path, "COLUMNS": "200"}
        for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
            self.environ.pop(name, None)

    @staticmethod
    def _command(words: tuple[str, ...]) -> list[str]:
        """Servers get ports of their own: tests that run beside each other do not see each other's promised ports."""
        starts = words[0] == "serve" and not {"--print", "--check", "--port"} & set(words)
        port = ["--port", str(launch.free_port(21000 + os.getpid() % 20000))] if starts else []
        return [sys.executable, "-m", "minicpm_tui", words[0], *port, *words[1:]]

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(words),
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str, stdin: bytes = b"") -> tuple[int, str, str]:
        done = subprocess.run(self._command(words), env=self.environ, capture_output=True, input=stdin, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def cli(home: Path, vllm_script: Script, request: pytest.FixtureRequest) -> Cli:
    marker = request.node.get_closest_marker("parametrize")
    body = request.node.callspec.params.get("body") if marker and hasattr(request.node, "callspec") else None
    return Cli(vllm_script(body or with_log("ready-0.25-gpu.log")), home)


def with_log(name: str) -> str:
    """A server that writes a recorded log and then answers."""
    return f"import sys\nsys.stdout.write(open({str(LOGS / name)!r}, newline='').read())\nsys.stdout.flush()\n{HEALTHY}"


def failing(name: str) -> str:
    return f"import sys\nsys.stdout.write(open({str(LOGS / name)!r}, newline='').read())\nsys.exit(1)\n"


def test_detach_list_status_logs_stop(cli: Cli, model: Path) -> None:
    code, out, err = cli("serve", str(model), "--detach", "--json")
    assert (code, "Loading weights" in err) == (0, True)
    server = json.loads(out)
    assert server["state"] == "ready"
    (listed,) = json.loads(cli("servers", "--json")[1])
    assert listed.keys() >= {"id", "pid", "url", "model", "state", "started", "log"}
    assert (listed["id"], listed["state"], listed["model"]) == (server["id"], "ready", str(model))
    assert "ssh -N -L" in cli("servers")[1]
    code, out, _err = cli("servers", "status", server["id"][:10], "--json")
    assert (code, json.loads(out)["state"]) == (0, "ready")
    assert "Model loading took 15.21 GiB" in cli("servers", "logs", server["id"])[1]
    assert cli("servers", "stop", server["id"])[0] == 0
    assert json.loads(cli("servers", "list", "--json")[1]) == []
    assert cli("servers", "status", server["id"])[0] == 1


@pytest.mark.parametrize("wanted", [True, False])
def test_the_first_answer_is_warmed_up_unless_the_settings_say_no(cli: Cli, model: Path, tmp_path: Path, wanted: bool) -> None:
    (tmp_path / "home" / "config").mkdir(parents=True)
    (tmp_path / "home" / "config" / "config.toml").write_text("" if wanted else "warm_up = false\n")
    code, out, err = cli("serve", str(model), "--detach", "--json")
    asked = tmp_path / "bin" / "vllm.asked"
    assert (code, asked.exists(), "Warming up the first answer" in err) == (0, wanted, wanted)
    assert cli("servers", "stop", json.loads(out)["id"])[0] == 0


def test_ctrl_c_while_it_warms_up_stops_the_server(cli: Cli, model: Path, tmp_path: Path) -> None:
    (tmp_path / "bin" / "vllm.hangs").touch()
    with cli.start("serve", str(model), "--detach") as process:
        wait_for((tmp_path / "bin" / "vllm.asked").exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert registry.servers() == []


def test_ctrl_c_in_the_foreground_stops_the_server(cli: Cli, model: Path) -> None:
    with cli.start("serve", str(model)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        (server,) = registry.running()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert registry.servers() == []
    assert processes.members(server.pid, server.id, server.log) == []


@pytest.mark.parametrize("body", ["import time\ntime.sleep(600)"], ids=["silent"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_loading_can_be_cancelled(cli: Cli, model: Path, body: str, number: signal.Signals) -> None:
    with cli.start("serve", str(model)) as process:
        wait_for(registry.running)
        process.send_signal(number)
        assert process.wait(30) == 130
    assert registry.servers() == []


def test_a_lost_terminal_keeps_the_server(cli: Cli, model: Path) -> None:
    with cli.start("serve", str(model)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.wait(30) == 0
    assert [server.state for server in registry.running()] == ["ready"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (failing("port-in-use.log"), ["The port is already in use", "use port"]),
        (failing("memory.log"), ["less than desired CPU memory", "--gpu-memory-utilization 0.86"]),
        ("print('bye')", ["ended with exit status 0"]),
        (
            "import sys\nsys.stdout.buffer.write(bytes(range(256)) * 400 + b'x' * 5_000_000 + b'\\n')\nsys.exit(3)",
            ["ended with exit status 3"],
        ),
    ],
    ids=["port", "memory", "exits-at-once", "garbage"],
)
def test_failures_are_explained(cli: Cli, model: Path, body: str, words: list[str]) -> None:
    code, out, err = cli("serve", str(model), "--detach")
    assert (code, out) == (1, "")
    for word in words:
        assert word in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    assert [server["state"] for server in json.loads(cli("servers", "--json")[1])] == ["failed"]


def test_no_wait_returns_while_it_loads(cli: Cli, model: Path) -> None:
    code, out, _err = cli("serve", str(model), "--detach", "--no-wait", "--json")
    assert (code, json.loads(out)["state"] in ("starting", "loading", "ready")) == (0, True)


@pytest.mark.parametrize("whole", [True, False])
def test_a_followed_log_ends_with_its_server(cli: Cli, model: Path, whole: bool) -> None:
    server = json.loads(cli("serve", str(model), "--detach", "--json")[1])
    with cli.start("servers", "logs", "-f", server["id"] if whole else server["id"][:10]) as follower:
        assert follower.stdout is not None
        assert follower.stdout.readline()
        os.kill(server["pid"], signal.SIGKILL)
        assert follower.wait(20) == 0


def test_print_shows_the_command_without_the_key(cli: Cli, model: Path) -> None:
    code, out, _err = cli("serve", str(model), "--api-key", "token-abc123", "--print")
    assert code == 0
    assert out.count("\n") == 1
    assert "token-abc123" not in out
    shown = json.loads(cli("serve", str(model), "--api-key", "token-abc123", "--print", "--json", "--", "--seed", "7")[1])
    assert shown["env"]["VLLM_API_KEY"] == "***"
    assert shown["argv"][-2:] == ["--seed", "7"]


def test_wrong_usage_and_missing_models(cli: Cli, model: Path) -> None:
    assert cli("serve", str(model), "--no-such-option", "--print")[0] == 2
    code, _out, err = cli("serve", "/no/such/folder", "--detach")
    assert (code, "/no/such/folder" in err) == (1, True)
    assert cli("serve", str(model), "--preset", "nope", "--print")[0] == 2
    assert cli("serve", str(model), "second", "--print")[0] == 2
    assert registry.servers() == []


def test_without_vllm_the_install_line_is_shown(home: Path, model: Path) -> None:
    code, _out, err = Cli(None, home)("serve", str(model))
    assert (code, "pip install" in err) == (1, True)


def test_check_says_that_there_is_nothing_to_measure(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "shaped"
    folder.mkdir()
    config = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 100, "intermediate_size": 128}
    (folder / "config.json").write_text(json.dumps(config))
    code, out, _err = cli("serve", str(folder), "--check", "--json")
    found: dict[str, Any] = json.loads(out)
    assert found.keys() >= {
        "fits",
        "weights_bytes",
        "kv_bytes_per_token",
        "kv_bytes",
        "gpu_free_bytes",
        "largest_max_model_len",
        "remedies",
    }
    assert code == (0 if found["fits"] else 1)
    assert found["kv_bytes_per_token"] == 2 * 2 * 2 * 32 * 2


def test_an_empty_log_is_called_so(cli: Cli) -> None:
    assert "this log is empty" in cli("servers", "explain", "-")[1]


def test_explain_reads_files_and_stdin(cli: Cli) -> None:
    for code, out, _err in (
        cli("servers", "explain", str(LOGS / "port-in-use.log"), "--json"),
        cli("servers", "explain", "-", "--json", stdin=(LOGS / "port-in-use.log").read_bytes()),
    ):
        found = json.loads(out)
        assert (code, found["state"], found["failure"]["kind"]) == (0, "failed", "port_taken")
        assert found["failure"]["remedies"] == [{"label": "use port 8001", "set": {"port": 8001}}]
    assert cli("servers", "explain", "/no/such.log")[0] == 2
    assert "The port is already in use" in cli("servers", "explain", str(LOGS / "port-in-use.log"))[1]


def test_doctor_says_what_is_here(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "home" / "config").mkdir(parents=True)
    folder = tmp_path / "models" / "MiniCPM-V-4_5-AWQ"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(
        '{"model_type": "minicpmv", "version": 4.5, "quantization_config": {"quant_method": "awq"}}'
    )
    (folder / "model.safetensors").write_bytes(b"x" * 1000)
    (tmp_path / "home" / "config" / "config.toml").write_text(f'model_folders = ["{tmp_path / "models"}"]\n')
    code, out, _err = cli("doctor", "--json")
    found = json.loads(out)
    assert code == 0
    assert found.keys() >= {"python", "vllm", "install", "gpus", "models", "servers", "problems"}
    (listed,) = [entry for entry in found["models"] if entry["path"] == str(folder)]
    assert (listed["family"], listed["bytes"], listed["quantization"]) == ("minicpm-v-4.5", 1000, "awq")
    assert cli("doctor", "--strict")[0] == (1 if found["problems"] else 0)
    assert "MiniCPM-V 4.5" in cli("doctor")[1]
