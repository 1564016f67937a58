"""The saved conversations: library, replay and rerun screens."""
