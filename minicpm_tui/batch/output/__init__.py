"""What a run leaves: JSON lines, tables, sidecars, the manifest, accuracy, the summary."""
