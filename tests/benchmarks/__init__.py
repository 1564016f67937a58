"""Measurements, run by hand: ``python -m tests.benchmarks.streaming`` and ``… .startup``.

They print ratios, for seconds depend on the machine.
"""
