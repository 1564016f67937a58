"""The terminal itself: what it can show and take, and what is written to it."""
