"""vLLM's words for why it does not start or dies. The first rule that matches a line wins.

Sources: vLLM's own messages of 0.7 to 0.33 (``v1/worker/*.py``, ``v1/core/kv_cache_utils.py``, ``engine/arg_utils.py``,
``entrypoints``) and recorded logs.
"""

from __future__ import annotations

from minicpm_tui.i18n import N_, _
from minicpm_tui.servers import fixes, remedy
from minicpm_tui.servers.remedy import Remedy
from minicpm_tui.servers.rule import Rule, rule

START_RULES: tuple[Rule, ...] = (
    rule(
        "gpu_busy",
        N_("Not enough memory is free: other programs hold it"),
        r"(?:Free|Available) memory on (?:device|node)(?: \S+)? "
        r"\((?P<free>[\d.]+)/(?P<total>[\d.]+) GiB\) on startup is less than desired",
        fixes.busy,
        N_("stop the other programs, or use a smaller share"),
    ),
    rule(
        "kv_cache_too_small",
        N_("GPU memory cannot hold one conversation of this length"),
        r"To serve at least one request with the models?'s max seq len(?:.*?estimated maximum model length is (?P<length>\d+))?",
        fixes.proposed_length,
    ),
    rule(
        "kv_cache_too_small",
        N_("GPU memory cannot hold one conversation of this length"),
        r"max seq len \(\d+\) is larger than the maximum number of tokens that can be stored in KV cache \((?P<length>\d+)\)",
        fixes.proposed_length,
    ),
    rule("no_kv_cache", N_("No memory is left for the KV cache"), r"No available memory for the cache blocks", fixes.more_cache),
    rule(
        "no_spare_memory",
        N_("Not enough GPU memory is left besides the KV cache"),
        r"out of memory occurred when warming up",
        fixes.less_cache,
    ),
    rule(
        "memory_changed",
        N_("Another program freed GPU memory while vLLM was measuring it"),
        r"Error in memory profiling",
        fixes.again,
        N_("wait until the other programs have ended"),
    ),
    rule(
        "out_of_memory",
        N_("The model does not fit in the GPU's memory"),
        r"Failed to load model - not enough GPU memory|CUDA out of memory"
        r"|torch\.(?:cuda\.)?OutOfMemoryError|CUDA error: out of memory|HIP out of memory",
        fixes.no_room,
        N_("free the GPU, or use smaller weights"),
    ),
    rule(
        "port_taken",
        N_("The port is already in use"),
        r"\[Errno 98\]|[Aa]ddress already in use",
        fixes.next_port,
        N_("stop what listens there, or use another port"),
    ),
    rule(
        "remote_code",
        N_("The model comes with its own code, which must be allowed"),
        r"`trust_remote_code=True|contains custom code which must be executed|--trust-remote-code flag"
        r"|set the option `trust_remote_code",
        lambda _match, _context: fixes.change(N_("--trust-remote-code"), trust_remote_code=True),
    ),
    rule(
        "gated",
        N_("The model requires you to accept its terms"),
        r"You are trying to access a gated repo|Cannot access gated repo|403 Client Error.*huggingface",
        lambda _match, _context: [Remedy(_("download from ModelScope"), {"VLLM_USE_MODELSCOPE": True})],
        N_("accept its terms on its hub page, then set HF_TOKEN"),
    ),
    rule(
        "model_missing",
        N_("There is no such model folder"),
        r"Repo id must be in the form|Repo id must use alphanumeric",
        None,
        N_("vLLM took the path for a hub id: check that the folder exists"),
    ),
    rule(
        "model_unknown",
        N_("The hub has no such model"),
        r"RepositoryNotFoundError|404 Client Error.*huggingface|is not a valid model identifier",
        None,
        N_("check the spelling of the id, or use a folder"),
    ),
    rule(
        "not_a_model",
        N_("The folder is not a complete model"),
        r"does not appear to have a file named|no file named|Cannot find any model weights|(?:Invalid"
        r"|Unrecognized) (?:repository|model) in|Error while deserializing header|SafetensorError",
        None,
        N_("copy or download the model again"),
    ),
    rule(
        "hub_unreachable",
        N_("The model hub cannot be reached"),
        r"couldn't connect to 'https?://|LocalEntryNotFoundError|outgoing traffic has been disabled"
        r"|Max retries exceeded with url|httpx\.Connect(?:Error|Timeout)"
        r"|cannot find the requested files in the (?:local|disk) cache",
        fixes.other_hub,
        N_("check the network, or use a folder on this disk"),
    ),
    rule(
        "model_code",
        N_("vLLM cannot load its own code for this model"),
        r"Model architectures \[.*\] failed to be inspected",
        None,
        N_("its packages do not fit together: install vLLM anew in an environment of its own"),
    ),
    rule(
        "incomplete",
        N_("The model's folder is an incomplete download"),
        r"Invalid type of HuggingFace processor\. Expected type: (?:<class ')?[\w.]*ProcessorMixin",
        None,
        advice=fixes.missing_files,
    ),
    rule(
        "architecture",
        N_("This vLLM does not know the model"),
        r"Model architectures \[.*\] are not supported"
        r"|Currently, MiniCPMV only supports versions|does not recognize this architecture",
        None,
        N_("upgrade vLLM: pip install -U vllm"),
    ),
    rule(
        "bitsandbytes",
        N_("This vLLM cannot read these quantised weights"),
        r"Unknown quantization method|install (?:vllm-)?bitsandbytes|No module named 'bitsandbytes'|[Ii]nvalid `?quantization",
        lambda _match, context: remedy.quantised(context.family),
        N_("pip install vllm-bnb-plugin for bitsandbytes, vllm[extra-quant] for GGUF"),
    ),
    rule(
        "bfloat16",
        N_("This GPU cannot compute with bfloat16"),
        r"Bfloat16 is only supported on GPUs with compute capability",
        lambda _match, _context: fixes.change(N_("--dtype half"), dtype="half"),
    ),
    rule(
        "no_gpu",
        N_("vLLM sees no GPU"),
        r"Failed to infer device type|No CUDA GPUs are available|NVML_ERROR|no NVIDIA GPU detected"
        r"|Found no NVIDIA driver|driver version is insufficient",
        None,
        N_("check nvidia-smi, CUDA_VISIBLE_DEVICES and the driver"),
    ),
    rule(
        "kernel_image",
        N_("This vLLM is not built for this GPU"),
        r"no kernel image is available for execution",
        None,
        N_("install a vLLM that is built for this GPU's generation"),
    ),
    rule(
        "world_size",
        N_("More GPUs are requested than there are"),
        r"World size \(\d+\) is larger than the number of available GPUs(?: \((?P<gpus>\d+)\))?",
        fixes.fewer_gpus,
    ),
    rule(
        "heads",
        N_("The model cannot be shared among so many GPUs"),
        r"attention heads \((?P<heads>\d+)\) must be divisible by tensor parallel size \((?P<size>\d+)\)",
        fixes.dividing_size,
    ),
    rule(
        "start_timeout",
        N_("Loading took longer than vLLM waits"),
        r"Timed out waiting for engine (?:core )?process",
        lambda _match, _context: [Remedy(_("wait up to half an hour"), {"VLLM_ENGINE_READY_TIMEOUT_S": 1800})],
    ),
    rule(
        "length_over_model",
        N_("The length exceeds what the model was trained for"),
        r"max_model_len \(\d+\) is greater than the derived max_model_len \(\D*(?P<length>\d+)",
        fixes.derived_length,
    ),
    rule(
        "step_under_length",
        N_("One step takes fewer tokens than a conversation or a picture"),
        r"max_num_batched_tokens \(\d+\) is smaller than max_model_len \((?P<needed>\d+)\)",
        fixes.larger_step,
    ),
    rule(
        "step_under_item",
        N_("One step takes fewer tokens than one picture or video"),
        r"max_tokens_per_mm_item \((?P<needed>\d+)\) is larger than max_num_batched_tokens",
        fixes.larger_step,
    ),
    rule(
        "unknown_option",
        N_("This vLLM does not know an option"),
        r"unrecognized arguments: (?P<flag>--?[\w-]+)",
        fixes.without_option,
        N_("remove it, or upgrade vLLM"),
    ),
    rule("bad_option", N_("vLLM rejects an option's value"), r"error: argument (?P<flag>--?[\w-]+)", fixes.without_option),
    rule(
        "shared_memory",
        N_("There is not enough shared memory"),
        r"Bus error|insufficient shared memory|(?:[Ee]rror|[Ff]ailed|No space).*/dev/shm",
        None,
        N_("in a container: start it with --ipc=host or a larger --shm-size"),
    ),
    rule(
        "disk_full",
        N_("The disk is full"),
        r"\[Errno 28\]|No space left on device",
        None,
        N_("free some space; downloads go to HF_HOME"),
    ),
    rule(
        "nccl",
        N_("The GPUs cannot talk to each other"),
        r"NCCL error|ncclSystemError|ncclUnhandledCudaError|DistBackendError",
        None,
        N_("set NCCL_DEBUG=INFO and start again to see why; try one GPU"),
    ),
    rule(
        "missing_module",
        N_("A Python package is missing from vLLM's environment"),
        r"(?:ModuleNotFoundError|ImportError): No module named '(?P<module>[\w.]+)'",
        fixes.module,
        advice=fixes.package,
    ),
    rule(
        "broken_install",
        N_("The vLLM installation is broken"),
        r"ImportError: .*(?:undefined symbol|cannot open shared object file)",
        None,
        N_("reinstall vLLM in its own environment"),
    ),
    rule(
        "processor",
        N_("The model's picture processor fails"),
        r"Failed to apply MiniCPM\w+Processor",
        None,
        N_("the model's files and this version of transformers may not fit together"),
    ),
    rule(
        "engine_died",
        N_("The engine crashed while answering"),
        r"EngineCore encountered an issue|EngineDeadError|EngineCore hit an exception"
        r"|AsyncLLM output_handler failed|Engine loop has died",
        fixes.again,
        scope="wrapper",
    ),
    rule(
        "engine_init",
        N_("The engine did not start"),
        r"Engine core initialization failed|Engine process failed to start",
        scope="wrapper",
    ),
)
