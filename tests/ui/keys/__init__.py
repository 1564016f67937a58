"""Keys as a terminal sends them: many in one read, cut anywhere, late."""
