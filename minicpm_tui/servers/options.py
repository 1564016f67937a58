"""Every option of ``vllm serve`` that the form knows: what it means, what it takes, and since which version.

Sources: vLLM's ``config/*.py`` and ``engine/arg_utils.py`` of 0.7.1 to 0.33, https://docs.vllm.ai/en/latest/cli/serve.html.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from minicpm_tui.i18n import N_

Kind = Literal["text", "int", "size", "length", "share", "number", "flag", "choice", "json", "path", "secret"]
Group = Literal["model", "memory", "media", "network", "parallel", "speed", "environment"]


class Option(msgspec.Struct, frozen=True):
    """One option. ``length`` is a number of tokens (``8k``, ``-1`` and ``auto`` too), ``size`` one of bytes (``256M``),
    ``share`` a fraction of one up to 1.

    ``env`` marks what goes into the environment. ``since`` is the first vLLM with it, ``minimum`` the least number it takes.
    """

    name: str
    kind: Kind
    group: Group
    meaning: str
    choices: tuple[str, ...] = ()
    minimum: int = 0
    aliases: tuple[str, ...] = ()
    since: str = "0.7.1"
    env: bool = False


_ALL = (
    Option(
        "dtype",
        "choice",
        "model",
        N_("number format of the weights; half for GPUs older than Ampere"),
        ("auto", "half", "float16", "bfloat16", "float", "float32"),
    ),
    Option("served-model-name", "text", "model", N_("model name that requests use instead of the path")),
    Option("trust-remote-code", "flag", "model", N_("run the code that comes with the model; needed up to MiniCPM-V 4.5")),
    Option("quantization", "text", "model", N_("awq, gptq, fp8 …; detected from the model when empty"), aliases=("q",)),
    Option("load-format", "text", "model", N_("how weights are read; dummy: random weights, for trying out")),
    Option("revision", "text", "model", N_("branch, tag or commit on the hub")),
    Option("tokenizer", "text", "model", N_("tokenizer to use instead of the model's own")),
    Option("chat-template", "path", "model", N_("file with a different chat template")),
    Option("generation-config", "text", "model", N_("auto: the model's sampling defaults; vllm: none")),
    Option(
        "reasoning-parser",
        "text",
        "model",
        N_("separates reasoning from the reply; minicpmv where vLLM has it"),
        since="0.7.1",
    ),
    Option("max-model-len", "length", "memory", N_("tokens of prompt and reply together; more needs more GPU memory"), minimum=1),
    Option("gpu-memory-utilization", "share", "memory", N_("share of GPU memory that vLLM takes")),
    Option(
        "kv-cache-memory-bytes",
        "size",
        "memory",
        N_("size of the KV cache in bytes (256M, 4G), instead of a share of the memory"),
        minimum=1,
        since="0.10.2",
    ),
    Option("kv-cache-dtype", "text", "memory", N_("fp8 halves the KV cache")),
    Option("max-num-seqs", "int", "memory", N_("number of requests answered at once"), minimum=1),
    Option("max-num-batched-tokens", "int", "memory", N_("tokens in one step; at least 64 for each video frame"), minimum=1),
    Option("cpu-offload-gb", "number", "memory", N_("GB of weights kept in main memory; slow")),
    Option(
        "limit-mm-per-prompt",
        "json",
        "media",
        N_('how many pictures and videos one conversation takes: {"image": 5, "video": 2}'),
    ),
    Option("media-io-kwargs", "json", "media", N_('how media are read: {"video": {"num_frames": 64}}'), since="0.9.2"),
    Option("mm-processor-kwargs", "json", "media", N_('how pictures are sliced: {"max_slice_nums": 4}')),
    Option(
        "mm-processor-cache-gb",
        "number",
        "media",
        N_("size in GB of the cache for pictures and videos seen before; 0: off"),
        since="0.10.1",
    ),
    Option("trust-request-mm-kwargs", "flag", "media", N_("requests may set their own media options"), since="0.31.0"),
    Option("allowed-local-media-path", "path", "media", N_("folder whose files requests may refer to by file://")),
    Option("allowed-media-domains", "text", "media", N_("hosts from which media may be fetched"), since="0.11.0"),
    Option("interleave-mm-strings", "flag", "media", N_("keep pictures where they are in the text"), since="0.10.0"),
    Option("host", "text", "network", N_("address to listen on; 127.0.0.1: this machine only")),
    Option("port", "int", "network", N_("port to listen on"), minimum=1),
    Option("api-key", "secret", "network", N_("key that requests must send; random when empty, never on the command line")),
    Option(
        "api-server-count",
        "int",
        "network",
        N_("number of processes that prepare pictures; several speed up batches"),
        minimum=1,
        since="0.9.1",
    ),
    Option("shutdown-timeout", "int", "network", N_("seconds that running requests are given when stopping"), since="0.19.1"),
    Option("tensor-parallel-size", "int", "parallel", N_("number of GPUs that share one model"), minimum=1, aliases=("tp",)),
    Option("pipeline-parallel-size", "int", "parallel", N_("number of pipeline stages across GPUs"), minimum=1, aliases=("pp",)),
    Option(
        "data-parallel-size",
        "int",
        "parallel",
        N_("copies of the model, each on its own GPUs"),
        minimum=1,
        aliases=("dp",),
        since="0.8.3",
    ),
    Option(
        "distributed-executor-backend",
        "choice",
        "parallel",
        N_("how several GPUs are driven"),
        ("mp", "ray", "uni", "external_launcher"),
    ),
    Option(
        "enforce-eager",
        "flag",
        "speed",
        N_("no compilation, no CUDA graphs: answers up to four times more slowly, and is often no sooner ready"),
    ),
    Option("enable-prefix-caching", "flag", "speed", N_("keep the beginning of conversations in the KV cache")),
    Option("enable-chunked-prefill", "flag", "speed", N_("process long prompts in chunks")),
    Option("enable-sleep-mode", "flag", "speed", N_("let the server free the GPU while idle")),
    Option("enable-prompt-tokens-details", "flag", "speed", N_("report how many prompt tokens came from the cache")),
    Option("HF_HOME", "path", "environment", N_("folder of the Hugging Face cache"), env=True),
    Option("HF_ENDPOINT", "text", "environment", N_("mirror of the Hugging Face hub, such as https://hf-mirror.com"), env=True),
    Option("HF_HUB_OFFLINE", "flag", "environment", N_("never access the hub: use only what is on disk"), env=True),
    Option("HF_TOKEN", "secret", "environment", N_("access token for models whose terms must be accepted"), env=True),
    Option("VLLM_USE_MODELSCOPE", "flag", "environment", N_("download from ModelScope"), env=True),
    Option(
        "VLLM_ENGINE_READY_TIMEOUT_S", "int", "environment", N_("seconds that the engine may take to load"), minimum=1, env=True
    ),
    Option(
        "VLLM_USE_FLASHINFER_SAMPLER", "choice", "environment", N_("0 where flashinfer is not installed"), ("0", "1"), env=True
    ),
)

OPTIONS = {option.name: option for option in _ALL}
_BY_FLAG = {alias: option for option in _ALL if not option.env for alias in (option.name, *option.aliases)}


def by_flag(flag: str) -> Option | None:
    """The option that ``--max_model_len``, ``--max-model-len``, ``max-model-len`` or ``-tp`` means."""
    return _BY_FLAG.get(flag.lstrip("-").replace("_", "-"))
