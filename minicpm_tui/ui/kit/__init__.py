"""What every screen is built with: commands and their keys, dialogs, lists, help, palette, themes, messages, saved state."""
