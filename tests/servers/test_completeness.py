"""A model's folder is looked through before the minutes that a start takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minicpm_tui.errors import ModelMissing
from minicpm_tui.servers import files
from minicpm_tui.servers.discovery import Vllm
from minicpm_tui.servers.form import Form
from minicpm_tui.servers.plan import prepare
from tests.model_folder import complete


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "MiniCPM-V-2_6"
    folder.mkdir()
    code = {"AutoConfig": "configuration_minicpm.MiniCPMVConfig", "AutoModel": "other/repo--modeling.Model"}
    config = {"model_type": "minicpmv", "version": 2.6, "auto_map": code}
    (folder / "config.json").write_text(json.dumps(config))
    return complete(folder)


def test_what_is_missing_is_named(model: Path) -> None:
    assert files.missing(model) == ("configuration_minicpm.py",)
    (model / "configuration_minicpm.py").touch()
    assert files.missing(model) == ()
    (model / "preprocessor_config.json").write_text('{"auto_map": {"AutoProcessor": ["processing.P", null]}}')
    assert files.missing(model) == ("processing.py",)
    (model / "preprocessor_config.json").unlink()
    (model / "tokenizer.json").unlink()
    (model / "model.safetensors").unlink()
    assert files.missing(model) == ("preprocessor_config.json", "tokenizer.json", "model.safetensors")
    assert files.missing(model, tokenizer=False, weights=False) == ("preprocessor_config.json",)


def test_shards_that_the_index_names_are_looked_for(model: Path) -> None:
    (model / "configuration_minicpm.py").touch()
    shards = {"a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-2.safetensors"}
    (model / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    (model / "model-1.safetensors").touch()
    assert files.missing(model) == ("model-2.safetensors",)


def test_an_incomplete_folder_is_refused_before_it_is_started(model: Path) -> None:
    with pytest.raises(ModelMissing, match=r"configuration_minicpm\.py") as caught:
        prepare(Form(str(model)), None, {}, []).require_files()
    assert caught.value.title == "The model is an incomplete download"
    (model / "configuration_minicpm.py").touch()
    prepare(Form(str(model)), None, {}, []).require_files()
    (model / "tokenizer.json").unlink()
    prepare(Form(str(model), {"tokenizer": "openbmb/MiniCPM-V-2_6"}), None, {}, []).require_files()
    prepare(Form(str(model), extra=("--skip-tokenizer-init",)), None, {}, []).require_files()
    (model / "model.safetensors").unlink()
    prepare(Form(str(model), {"tokenizer": "x/y", "load-format": "dummy"}), None, {}, []).require_files()


def test_a_folder_of_another_model_is_vllms_to_judge(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    prepare(Form(str(tmp_path)), None, {}, []).require_files()


def test_bare_gguf_weights_come_with_what_they_need(tmp_path: Path) -> None:
    folder = tmp_path / "MiniCPM-V-4_5-gguf"
    folder.mkdir()
    (folder / "ggml-model-Q4_K_M.gguf").touch()
    with pytest.raises(ModelMissing, match=r"openbmb/MiniCPM-V-4_5 .*pip install 'vllm\[extra-quant\]'"):
        prepare(Form(str(folder)), None, {}, []).require_files()


@pytest.mark.parametrize("has", [True, False])
def test_a_vllm_that_reads_no_gguf_is_said(tmp_path: Path, has: bool) -> None:
    folder = tmp_path / "MiniCPM-V-4_5-gguf"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "minicpmv", "version": 4.5}')
    (folder / "ggml-model-Q4_K_M.gguf").touch()
    packages = tmp_path / "lib/python3.12/site-packages"
    (packages / ("gguf-0.17.0.dist-info" if has else "torch")).mkdir(parents=True)
    plan = prepare(Form(str(folder)), Vllm(tmp_path / "bin" / "vllm", "0.33.0"), {}, [])
    assert any("extra-quant" in note for note in plan.notes) == (not has)
