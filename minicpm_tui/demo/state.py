"""What one demo server knows between requests."""

from __future__ import annotations

import asyncio
import secrets
import time

import msgspec

from minicpm_tui.demo import refusals
from minicpm_tui.demo.cache import MediaCache
from minicpm_tui.demo.metrics import Metrics
from minicpm_tui.demo.options import DemoOptions, Faults
from minicpm_tui.demo.prefixes import PrefixCache


class State:
    """Options, caches, counters, and the seats that ``max_num_seqs`` leaves for replies at the same time.

    ``fingerprint`` names this start of the server, as vLLM's does.
    """

    def __init__(self, options: DemoOptions) -> None:
        self.options = options
        self.cache = MediaCache(options.cache_items)
        self.prefixes = PrefixCache()
        self.metrics = Metrics()
        self.seats = asyncio.Semaphore(options.max_num_seqs)
        self.created = int(time.time())
        self.fingerprint = f"vllm-{options.version}-{secrets.token_hex(4)}"
        self._unavailable = options.faults.unavailable

    def set_faults(self, faults: Faults) -> None:
        """Go wrong in this way from the next request on."""
        self.options = msgspec.structs.replace(self.options, faults=faults)
        self._unavailable = faults.unavailable

    def check_faults(self) -> None:
        """Raises the Refusal that the faults demand of a chat request before it is looked at."""
        faults = self.options.faults
        if self._unavailable > 0:
            self._unavailable -= 1
            raise refusals.fault_status(503)
        if faults.status is not None:
            raise refusals.fault_status(faults.status)
        if faults.engine_dead:
            raise refusals.engine_dead()
