"""Tiny folders with random weights that vLLM takes for one of the families: their answers are noise, their prompts are real.

The makers run in the environment of the real vLLM, with the checkout on ``PYTHONPATH``:
``python -m tests.real_vllm.checkpoints FAMILY=FOLDER …``, FAMILY being an id of the catalogue.
"""

LEGACY = ("minicpm-llama3-v-2.5", "minicpm-v-4", "minicpm-v-4.5", "minicpm-o-2.6", "minicpm-o-4.5")
"""Those that come with code of their own."""

NATIVE = ("minicpm-v-4.6", "minicpm-v-4.6-thinking", "minicpm-v-4.7-1b", "minicpm-v-4.7-35b-a3b")
"""Those whose code is transformers'; they need torchvision."""
