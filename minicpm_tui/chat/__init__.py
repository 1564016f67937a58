"""One conversation at work: prepare, journal, stream, cancel; replay and rerun."""
