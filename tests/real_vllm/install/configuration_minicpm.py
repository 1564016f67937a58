"""The checkpoint's configuration class, loaded by transformers with ``trust_remote_code``."""

from __future__ import annotations

from typing import Any

from transformers import Qwen2Config, SiglipVisionConfig


class MiniCPMVConfig(Qwen2Config):
    """Qwen2's fields and those of the vision tower and resampler."""

    model_type = "minicpmv"

    def __init__(
        self,
        *,
        query_num: int = 64,
        image_size: int = 448,
        drop_vision_last_layer: bool = False,
        batch_vision_input: bool = True,
        slice_config: dict[str, Any] | None = None,
        vision_config: dict[str, Any] | SiglipVisionConfig | None = None,
        use_image_id: bool = True,
        vision_batch_size: int = 16,
        version: float = 2.6,
        slice_mode: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query_num = query_num
        self.image_size = image_size
        self.drop_vision_last_layer = drop_vision_last_layer
        self.batch_vision_input = batch_vision_input
        self.use_image_id = use_image_id
        self.vision_batch_size = vision_batch_size
        self.version = version
        self.slice_mode = slice_mode
        self.slice_config = slice_config or {}
        if isinstance(vision_config, dict):
            vision_config = SiglipVisionConfig(**{key: value for key, value in vision_config.items() if key != "model_type"})
        self.vision_config = vision_config or SiglipVisionConfig()
        self.patch_size = self.vision_config.patch_size
