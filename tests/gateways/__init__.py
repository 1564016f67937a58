"""Real gateways before the demo server (``python -m tests.gateways.try_out``), and what they were heard to answer."""
