"""Talk with MiniCPM-V about pictures and videos, in the terminal, on your own GPU."""

__version__ = "0.1.0"
