"""Pastes that are more than text: the terminal hands over its user's clipboard by OSC 5522.

Source: https://sw.kovidgoyal.net/kitty/clipboard/ (kitty 0.27 reads, kitty 0.44.1 and Ghostty 1.4 tell of pastes in mode 5522).
"""
