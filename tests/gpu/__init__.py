"""Checks for machines with GPUs, run by hand."""
