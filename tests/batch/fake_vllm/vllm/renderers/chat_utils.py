"""The parts of a message that are understood: newer versions take pictures that are decoded already."""

import os

MM_PARSER_MAP = {"text": None, "image_url": None} | ({} if os.environ.get("FAKE_VLLM") == "old" else {"image_pil": None})
