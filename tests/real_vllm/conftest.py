"""A real vLLM for these tests: started once from ``REAL_VLLM_VENV`` (see ``install/``), or one that runs at ``REAL_VLLM_URL``.

``REAL_VLLM_URL`` is a root without ``/v1``, ``REAL_VLLM_KEY`` its key. With neither variable every test fails.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.real_vllm.install import CHECKPOINT
from tests.wire.support import LIMITS, MAX_MODEL_LEN, Target

START_SECONDS = 600.0
STOP_SECONDS = 30.0
TEST_SECONDS = 900
KV_CACHE_BYTES = 256 * 1024**2
"""Said outright: a share of the memory is a different size, or none at all, on every machine."""

ENGINE = (
    "gpu_memory_utilization=0.1",
    f"kv_cache_memory_bytes={KV_CACHE_BYTES}",
    "max_model_len=2048",
    "enforce_eager=true",
    "max_num_seqs=8",
)
"""Settings of an offline run that fits the CPU."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits for the server."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session")
def real_venv() -> Path:
    """The environment that ``tests.real_vllm.install`` made."""
    named = os.environ.get("REAL_VLLM_VENV", "")
    assert named, "set REAL_VLLM_VENV to the folder that python -m tests.real_vllm.install made"
    venv = Path(named)
    assert (venv / "bin" / "vllm").exists(), f"{venv} has no bin/vllm: make it with python -m tests.real_vllm.install"
    return venv


@pytest.fixture(scope="session", autouse=True)
def bytecode(real_venv: Path) -> Iterator[None]:
    """vLLM's processes keep their compiled modules in its environment: each start has four, which import all of torch."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        environment.setenv("PYTHONPYCACHEPREFIX", str(real_venv / "bytecode"))
        yield


@pytest.fixture(scope="session")
def real_vllm_bin(real_venv: Path) -> Path:
    """The ``vllm`` command."""
    return real_venv / "bin" / "vllm"


@pytest.fixture(scope="session")
def real_checkpoint(real_venv: Path) -> Path:
    """The tiny model's folder."""
    return real_venv / CHECKPOINT


@pytest.fixture(scope="session")
def real_key() -> str:
    """The server's key."""
    return os.environ.get("REAL_VLLM_KEY") or secrets.token_hex(8)


@pytest.fixture(scope="session")
def real_url(request: pytest.FixtureRequest, real_key: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The root URL of a server that answers."""
    if running := os.environ.get("REAL_VLLM_URL"):
        yield running.rstrip("/").removesuffix("/v1")
        return
    command: Path = request.getfixturevalue("real_vllm_bin")
    model: Path = request.getfixturevalue("real_checkpoint")
    yield from serve(command, model, real_key, tmp_path_factory.mktemp("vllm") / "server.log")


@pytest.fixture(scope="session")
def real_model(real_url: str, real_key: str) -> str:
    """The name that the server gives its model."""
    listed = httpx2.get(f"{real_url}/v1/models", headers={"Authorization": f"Bearer {real_key}"}, timeout=30).json()
    name = listed["data"][0]["id"]
    assert isinstance(name, str)
    return name


@pytest.fixture(scope="session")
def target(real_url: str, real_key: str, real_model: str) -> Iterator[Target]:
    """The same for the contract tests of ``tests/wire``."""
    target = Target.at(real_url, real_key, real_model)
    yield target
    target.http.close()


def serve(command: Path, model: Path, key: str, log: Path) -> Iterator[str]:
    """Run ``vllm serve`` with the contract tests' limits; its whole process group is gone afterwards."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    limits = ",".join(f'"{kind}":{most}' for kind, most in LIMITS.items())
    arguments: list[str | Path] = [
        command, "serve", model, "--trust-remote-code", "--host", "127.0.0.1", "--port", str(port),
        "--max-model-len", str(MAX_MODEL_LEN), "--max-num-batched-tokens", "2048", "--limit-mm-per-prompt", f"{{{limits}}}",
        "--gpu-memory-utilization", "0.1", "--kv-cache-memory-bytes", str(KV_CACHE_BYTES), "--enforce-eager",
    ]  # fmt: skip
    environment = {**os.environ, "VLLM_API_KEY": key, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
    with log.open("wb") as file:
        process = subprocess.Popen(arguments, stdout=file, stderr=file, env=environment, start_new_session=True)
    with contextlib.suppress(OSError):  # sched(7): who asks goes before a server that would hold all cores while it writes
        Path(f"/proc/{process.pid}/autogroup").write_text("19")
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process, log)
        yield url
    finally:
        end(process)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once ``/health`` answers; fails with the log's end when the server dies or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx2.get(f"{url}/health", timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.5)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
    pytest.fail(f"vLLM did not start (exit status {process.poll()}):\n{tail}")


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the group, a deadline, then SIGKILL to whatever is left of it."""
    os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
