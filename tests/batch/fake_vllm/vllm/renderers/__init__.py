"""Where newer versions have what they take in a chat."""
