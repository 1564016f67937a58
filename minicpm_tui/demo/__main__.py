"""The demo server's process: an order on standard input, a report on standard output, and the end when standard input ends."""

from __future__ import annotations

import os
import sys

import msgspec

from minicpm_tui.demo.app import make_app
from minicpm_tui.demo.server import bind, make_server, url_of, watch
from minicpm_tui.demo.spawn import Order, Report
from minicpm_tui.demo.state import State
from minicpm_tui.errors import MinicpmTuiError


def main() -> int:
    """Serve until the parent closes the pipe or is gone."""
    line = sys.stdin.buffer.readline()
    if not line:
        return 0
    order = msgspec.json.decode(line, type=Order)
    try:
        listener = bind(order.port)
    except MinicpmTuiError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    server = make_server(make_app(State(order.options)))
    watch(sys.stdin.buffer.read, server)
    report = msgspec.json.encode(Report(url_of(listener)))
    os.write(sys.stdout.fileno(), report + b"\n")
    server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    # The interpreter's own end would wait for the thread that reads standard input.
    code = main()
    sys.stderr.flush()
    os._exit(code)
