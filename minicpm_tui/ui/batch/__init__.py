"""Batches in the terminal: a run's table, the picture and the answer of a row, its failures and trying them again."""
