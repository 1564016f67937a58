"""The chat screen: three panes, and what ties them to a ChatSession."""
