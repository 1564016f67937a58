from tests.ui.chat.conftest import picture

__all__ = ["picture"]
