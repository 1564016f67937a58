"""The estimate against figures that a real server logged."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.families import by_id
from minicpm_tui.servers.estimate import Device, estimate
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.gpus import Gpu, freest, select
from minicpm_tui.servers.numa import memory
from minicpm_tui.servers.shape import measure

V26: dict[str, Any] = {
    "architectures": ["MiniCPMV"],
    "version": 2.6,
    "model_type": "minicpmv",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "max_position_embeddings": 32768,
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "tie_word_embeddings": False,
    "vocab_size": 151666,
    "query_num": 64,
    "vision_config": {
        "hidden_size": 1152,
        "image_size": 980,
        "intermediate_size": 4304,
        "num_hidden_layers": 27,
        "patch_size": 14,
    },
}
H100 = Device(int(79.65 * 2**30), int(79.1 * 2**30))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(V26))
    return tmp_path


def test_the_recorded_h100_start(folder: Path) -> None:
    """``Model loading took 15.21 GiB``, ``GPU KV cache size: 1,025,472 tokens``."""
    form = Form("m", {"max-model-len": 16384, "max-num-batched-tokens": 8192, "gpu-memory-utilization": 0.9})
    found = estimate(form, folder, by_id("minicpm-v-2.6"), H100, "0.25.1")
    assert found.fits
    assert found.weights_bytes == pytest.approx(15.21 * 2**30, rel=0.1)
    assert found.kv_tokens == pytest.approx(1_025_472, rel=0.15)
    assert found.kv_bytes_per_token == 57344
    assert found.largest_max_model_len == 32768


def test_too_long_for_a_small_gpu_offers_the_length_that_fits(folder: Path) -> None:
    device = Device(19 << 30, int(18.9 * 2**30))
    found = estimate(Form("m", {"max-model-len": 32768, "gpu-memory-utilization": 0.9}), folder, by_id("minicpm-v-2.6"), device)
    assert not found.fits
    assert found.missing > 0
    lengths = [remedy.set["max-model-len"] for remedy in found.remedies if "max-model-len" in remedy.set]
    assert lengths
    again = estimate(
        Form("m", {"max-model-len": lengths[0] or 0, "gpu-memory-utilization": 0.9}), folder, by_id("minicpm-v-2.6"), device
    )
    assert again.fits


def test_too_big_offers_smaller_weights(folder: Path) -> None:
    found = estimate(Form("m", {"max-model-len": 2048}), folder, by_id("minicpm-v-4.5"), Device(16 << 30, 15 << 30))
    assert not found.fits
    assert {"model": "openbmb/MiniCPM-V-4_5-AWQ", "quantization": None} in [dict(remedy.set) for remedy in found.remedies]


def test_a_busy_gpu_offers_a_smaller_share(folder: Path) -> None:
    found = estimate(Form("m", {"max-model-len": 4096}), folder, by_id("minicpm-v-2.6"), Device(80 << 30, 40 << 30))
    assert not found.fits
    (share,) = [remedy.set["gpu-memory-utilization"] for remedy in found.remedies]
    assert isinstance(share, float)
    again = estimate(
        Form("m", {"max-model-len": 4096, "gpu-memory-utilization": share}),
        folder,
        by_id("minicpm-v-2.6"),
        Device(80 << 30, 40 << 30),
    )
    assert again.fits


def test_a_processor_with_too_little_memory_offers_a_smaller_share_unless_the_cache_is_fixed(folder: Path) -> None:
    device = Device(64 << 30, 40 << 30, cpu=True)
    found = estimate(Form("m", {"max-model-len": 4096}), folder, by_id("minicpm-v-2.6"), device)
    assert not found.fits
    assert [dict(remedy.set) for remedy in found.remedies] == [{"gpu-memory-utilization": 0.62}]
    fixed = Form("m", {"max-model-len": 4096, "kv-cache-memory-bytes": 1 << 30})
    assert estimate(fixed, folder, by_id("minicpm-v-2.6"), device).fits


def test_a_processors_memory_is_that_of_its_node(tmp_path: Path) -> None:
    for cpu in os.sched_getaffinity(0):
        (tmp_path / f"cpu/cpu{cpu}/node1").mkdir(parents=True)
    (tmp_path / "node/node1").mkdir(parents=True)
    figures = {"MemTotal": 1000, "MemFree": 400, "MemUsed": 600, "Active(file)": 30, "Inactive(file)": 20, "SReclaimable": 5}
    lines = [f"Node 1 {name}:   {count} kB" for name, count in figures.items()]
    (tmp_path / "node/node1/meminfo").write_text("\n".join([*lines, "Node 1 HugePages_Total:     0"]))
    assert memory(tmp_path) == (1000 << 10, 455 << 10)
    (tmp_path / "node/node1/meminfo").write_text("garbage")
    assert memory(tmp_path)[0] > 1 << 30


def test_without_a_gpu_nothing_is_claimed(folder: Path) -> None:
    found = estimate(Form("m"), folder, by_id("minicpm-v-2.6"), None)
    assert (found.fits, found.gpu_free_bytes) == (None, None)
    assert found.weights_bytes > 0


def test_weight_files_are_counted_as_they_are_loaded(folder: Path) -> None:
    header = json.dumps(
        {
            "a": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]},
            "b": {"dtype": "BF16", "shape": [50], "data_offsets": [400, 500]},
        }
    ).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 500)
    assert measure(V26, folder).weights == 300
    assert measure(V26, folder, dtype="float32").weights == 500
    (folder / "model.safetensors").write_bytes(b"torn")
    assert measure(V26, folder).weights == 4


def test_hybrid_models_are_rough() -> None:
    text = {
        "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 256,
        "layer_types": (["linear_attention"] * 3 + ["full_attention"]) * 6, "vocab_size": 248320, "intermediate_size": 3584,
    }  # fmt: skip
    found = measure({"model_type": "minicpmv4_6", "text_config": text})
    assert found.rough
    assert found.kv_per_token == 2 * 6 * 2 * 256 * 2


def test_a_config_without_a_shape_is_said() -> None:
    with pytest.raises(ValueError, match="hidden_size"):
        measure({})
    odds: tuple[Any, ...] = ("x", [], 0, None, float("inf"), {})
    for odd in odds:
        with contextlib.suppress(ValueError):
            measure({**V26, "num_attention_heads": odd})
        with contextlib.suppress(ValueError):
            measure({**V26, "vision_config": {"patch_size": odd, "hidden_size": odd}, "max_position_embeddings": odd})


def test_gpus_are_chosen_by_index_uuid_and_room() -> None:
    gpus = [Gpu(index, f"GPU-{index}abc", "H100", memory_used=used, memory_total=80) for index, used in enumerate([70, 10, 30])]
    assert [gpu.index for gpu in select(gpus, ("2", "GPU-0a"))] == [2, 0]
    assert [gpu.index for gpu in freest(gpus, 2)] == [1, 2]
    with pytest.raises(LookupError):
        select(gpus, ("7",))
