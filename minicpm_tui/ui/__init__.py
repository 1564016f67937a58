"""The terminal program: app, screens, widgets, commands, themes."""
