"""MiniCPM-Llama3-V 2.5, MiniCPM-V 4 and 4.5, MiniCPM-o 2.6 and 4.5, as their published files have them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

import tests.real_vllm.install as install_package
from tests.real_vllm.checkpoints.common import linear, tokenizer_of, write
from tests.real_vllm.checkpoints.legacy_kinds import KINDS, MARKS, OMNI_NAMES, Kind
from tests.real_vllm.install.tiny_checkpoint import (
    EYE_FEED_FORWARD,
    EYE_HIDDEN,
    EYE_LAYERS,
    EYE_SIDE,
    FEED_FORWARD,
    HEADS,
    HIDDEN,
    KEY_HEADS,
    LAYERS,
    PATCH,
)
from tests.real_vllm.install.tiny_checkpoint import (
    shapes as shapes_of_2_6,
)

CODE = Path(install_package.__file__).parent
CONFIGURATION = '''"""The checkpoint's configuration class, loaded by transformers with ``trust_remote_code``."""

from typing import Any

from transformers import {base}, SiglipVisionConfig, WhisperConfig


class MiniCPMConfig({base}):
    """The language model's fields and those of the towers."""

    model_type = "{model_type}"

    def __init__(self, *, vision_config: Any = None, audio_config: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(vision_config, dict):
            vision_config = SiglipVisionConfig(**{{key: value for key, value in vision_config.items() if key != "model_type"}})
        self.vision_config = vision_config or SiglipVisionConfig()
        if isinstance(audio_config, dict):
            audio_config = WhisperConfig(**{{key: value for key, value in audio_config.items() if key != "model_type"}})
        if audio_config is not None:
            self.audio_config = audio_config
        self.patch_size = self.vision_config.patch_size
'''

PROCESSING_OMNI = '''"""The checkpoint's processor: carries what vLLM's own takes out of it."""

from typing import Any

from transformers.processing_utils import ProcessorMixin


class MiniCPMOProcessor(ProcessorMixin):
    attributes = ["image_processor", "feature_extractor", "tokenizer"]
    image_processor_class = "AutoImageProcessor"
    feature_extractor_class = "WhisperFeatureExtractor"
    tokenizer_class = "AutoTokenizer"

    def __init__(self, image_processor: Any = None, feature_extractor: Any = None, tokenizer: Any = None, **kwargs: Any) -> None:
        super().__init__(image_processor, feature_extractor, tokenizer)
'''

AUDIO_HIDDEN, AUDIO_FEED_FORWARD, AUDIO_LAYERS, MELS, AUDIO_POSITIONS = 32, 128, 2, 80, 1500


def image_processor_code(queries: int, nested: bool) -> str:
    """The 2.6 checkpoint's own file; 2.5 takes one argument and puts all slices into one pair of marks."""
    code = (CODE / "image_processing_minicpmv.py").read_text()
    if not nested:
        return code
    text = f'''

class MiniCPMVImageProcessor25(MiniCPMVImageProcessor):
    """As in MiniCPM-Llama3-V 2.5: no numbers, and each slice looks like a picture inside one pair of slice marks."""

    def get_slice_image_placeholder(self, image_size: tuple[int, int]) -> str:
        one = self.im_start_token + self.unk_token * {queries} + self.im_end_token
        grid = self.get_sliced_grid(image_size)
        if grid is None:
            return one
        rows = "\\n".join([one * grid[0]] * grid[1])
        return one + self.slice_start_token + rows + self.slice_end_token
'''
    return code.replace("\n\ndef _groups", text + "\n\ndef _groups", 1)


def config_of(kind: Kind, tokenizer: Any) -> dict[str, Any]:
    """``config.json`` of that kind; the vocabulary is padded to a multiple of 64."""
    ids = [tokenizer.convert_tokens_to_ids(name) for name in kind.eos]
    found = {
        "architectures": ["MiniCPMO" if kind.omni else "MiniCPMV"],
        "model_type": "minicpmo" if kind.omni else "minicpmv",
        "auto_map": {"AutoConfig": "configuration_minicpm.MiniCPMConfig"},
        "hidden_size": HIDDEN, "intermediate_size": FEED_FORWARD, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "num_key_value_heads": KEY_HEADS, "head_dim": HIDDEN // HEADS, "hidden_act": "silu",
        "max_position_embeddings": kind.context, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
        "vocab_size": -(-len(tokenizer) // 64) * 64, "bos_token_id": tokenizer.bos_token_id, "eos_token_id": ids[0],
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True, "attention_bias": False,
        "image_size": 448, "query_num": kind.queries, "drop_vision_last_layer": False, "batch_vision_input": True,
        "slice_mode": True, "slice_config": {"max_slice_nums": 9, "patch_size": PATCH, "model_type": "minicpmv"},
        "vision_config": {
            "model_type": "siglip", "hidden_size": EYE_HIDDEN, "image_size": EYE_SIDE,
            "intermediate_size": EYE_FEED_FORWARD, "num_attention_heads": 2, "num_hidden_layers": EYE_LAYERS, "patch_size": PATCH,
        },
        **kind.config,
    }  # fmt: skip
    if kind.version is not None:
        found["version"] = kind.version
    if kind.omni:
        found |= {
            "audio_pool_step": kind.audio_pool, "audio_chunk_length": 1.0,
            "audio_config": {
                "model_type": "whisper", "d_model": AUDIO_HIDDEN, "encoder_attention_heads": 2,
                "encoder_ffn_dim": AUDIO_FEED_FORWARD, "encoder_layers": AUDIO_LAYERS, "num_mel_bins": MELS,
                "max_source_positions": AUDIO_POSITIONS,
            },
        }  # fmt: skip
    return found


def shapes(kind: Kind, vocabulary: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor's name and shape: those of 2.6, but for what the kind has otherwise."""
    head = HIDDEN // HEADS
    for name, shape in shapes_of_2_6(vocabulary):
        if name == "resampler.query":
            yield name, (kind.queries, HIDDEN)
        elif kind.base != "Qwen2Config" and name.startswith("llm.") and name.endswith("_proj.bias"):
            continue
        else:
            yield name, shape
    if kind.base == "Qwen3Config":
        for layer in range(LAYERS):
            yield f"llm.model.layers.{layer}.self_attn.q_norm.weight", (head,)
            yield f"llm.model.layers.{layer}.self_attn.k_norm.weight", (head,)
    if kind.omni:
        yield from _audio()


def _audio() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "apm.conv1.weight", (AUDIO_HIDDEN, MELS, 3)
    yield "apm.conv1.bias", (AUDIO_HIDDEN,)
    yield "apm.conv2.weight", (AUDIO_HIDDEN, AUDIO_HIDDEN, 3)
    yield "apm.conv2.bias", (AUDIO_HIDDEN,)
    yield "apm.embed_positions.weight", (AUDIO_POSITIONS, AUDIO_HIDDEN)
    yield from linear("apm.layer_norm", AUDIO_HIDDEN)
    for layer in range(AUDIO_LAYERS):
        name = f"apm.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from linear(f"{name}.self_attn.{part}", AUDIO_HIDDEN, AUDIO_HIDDEN, bias=part != "k_proj")
        yield from linear(f"{name}.self_attn_layer_norm", AUDIO_HIDDEN)
        yield from linear(f"{name}.fc1", AUDIO_FEED_FORWARD, AUDIO_HIDDEN)
        yield from linear(f"{name}.fc2", AUDIO_HIDDEN, AUDIO_FEED_FORWARD)
        yield from linear(f"{name}.final_layer_norm", AUDIO_HIDDEN)
    yield from linear("audio_projection_layer.linear1", HIDDEN, AUDIO_FEED_FORWARD // 4)
    yield from linear("audio_projection_layer.linear2", HIDDEN, HIDDEN)


def make(name: str, folder: Path) -> None:
    """Write the folder of the family ``name``, which must not exist yet."""
    torch.manual_seed(0)
    kind = KINDS[name]
    folder.mkdir(parents=True)
    tokenizer = tokenizer_of(kind.names, [*kind.added, *MARKS], kind.plain, limit=kind.context)
    tokenizer.chat_template = kind.template
    tokenizer.save_pretrained(folder)
    if kind.omni:
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"extra_special_tokens": OMNI_NAMES, **OMNI_NAMES}, indent=2))
    config = config_of(kind, tokenizer)
    nested = name == "minicpm-llama3-v-2.5"
    ids = [tokenizer.convert_tokens_to_ids(token) for token in kind.eos]
    processor = "MiniCPMOProcessor" if kind.omni else "MiniCPMVProcessor"
    module = "processing_minicpmo" if kind.omni else "processing_minicpmv"
    preprocessor: dict[str, Any] = {
        "image_processor_type": "MiniCPMVImageProcessor", "processor_class": processor,
        "auto_map": {
            "AutoProcessor": f"{module}.{processor}",
            "AutoImageProcessor": "image_processing_minicpmv.MiniCPMVImageProcessor" + ("25" if nested else ""),
        },
        "max_slice_nums": 9, "scale_resolution": 448, "patch_size": PATCH, "use_image_id": not nested,
        "image_feature_size": kind.queries, "slice_mode": True,
        "norm_mean": [0.5, 0.5, 0.5], "norm_std": [0.5, 0.5, 0.5], "version": 2.5 if nested else 2.6,
    }  # fmt: skip
    if kind.omni:
        preprocessor |= {
            "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": MELS, "sampling_rate": 16000, "hop_length": 160,
            "chunk_length": 30, "n_fft": 400, "padding_value": 0.0,
        }  # fmt: skip
    files = {
        "config.json": config,
        "generation_config.json": {
            "bos_token_id": tokenizer.bos_token_id, "eos_token_id": ids if len(ids) > 1 else ids[0],
            "pad_token_id": tokenizer.pad_token_id, **kind.generation,
        },
        "preprocessor_config.json": preprocessor,
        "configuration_minicpm.py": CONFIGURATION.format(base=kind.base, model_type=config["model_type"]),
        "image_processing_minicpmv.py": image_processor_code(kind.queries, nested),
    }  # fmt: skip
    if kind.omni:
        files["processing_minicpmo.py"] = PROCESSING_OMNI
    else:
        shutil.copy(CODE / "processing_minicpmv.py", folder)
    write(folder, files, shapes(kind, config["vocab_size"]))
