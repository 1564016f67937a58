"""Files that come from the user's own machine: through the terminal, a socket, or a folder that is watched."""
