"""``--url``: a batch through one server or several."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from minicpm_tui.batch.output.summary import Summary
from minicpm_tui.batch.run.look import look_through
from minicpm_tui.batch.run.requests import RequestMaker
from minicpm_tui.batch.run.start import Run, carry_out, named
from minicpm_tui.batch.servers.client import Server
from minicpm_tui.batch.servers.engine import ServerEngine
from minicpm_tui.batch.servers.target import Address, find_target
from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.i18n import _


async def through_servers(wanted: Run, addresses: Sequence[Address], *, concurrency: int | None, patience: float) -> Summary:
    """Ask servers. Raises MinicpmTuiError before the first request, and when no server is left; what was answered is saved."""
    seen = await asyncio.to_thread(look_through, wanted.job)
    target = await find_target(addresses, wanted.options.model)
    maker = RequestMaker(
        profile=target.profile,
        options=named(wanted.options, target.model),
        preparer=Preparer(target.limits),
        uuids=target.uuids,
        overrides=wanted.overrides,
        busy_cores=target.busy_cores,
    )
    thinking = bool(target.profile.thinks_by_default if wanted.options.thinking is None else wanted.options.thinking)
    servers = [Server(address.url, address.key, thinking=thinking) for address in addresses]
    engine = ServerEngine(servers, concurrency=concurrency, patience=patience, down=target.silent)
    notes = [_("{url} does not answer yet: {reason}").format(url=url, reason=reason) for url, reason in target.silent.items()]
    summary = await carry_out(wanted, seen, engine, maker, target.model, notes)
    return replace(summary, limit=engine.limit.words())
