"""A run from its options to its last row: prepared, sent, recorded, watched."""
