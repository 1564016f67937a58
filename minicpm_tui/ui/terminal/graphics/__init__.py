"""Pictures in the terminal: kitty's, sixel and iTerm2 graphics where the terminal has them, half blocks elsewhere.

``query`` finds out before the app starts, ``painter`` turns a picture into rows of segments that a widget draws as text.
"""
