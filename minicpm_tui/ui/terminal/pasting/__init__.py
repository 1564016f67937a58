"""Pastes and drops that are more than text: the terminal hands over its user's clipboard by OSC 5522, and drops by OSC 72.

Sources: https://sw.kovidgoyal.net/kitty/clipboard/ (kitty 0.27 reads, kitty 0.44.1 and Ghostty 1.4 tell of pastes in mode 5522),
https://sw.kovidgoyal.net/kitty/dnd-protocol/ (kitty 0.47).
"""
