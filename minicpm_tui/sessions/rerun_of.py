"""How a session says that it is another one's rerun."""

RERUN_OF = "rerun_of"
"""The setting that names the first session; in the ``request`` of a copied answer, the message it is a copy of."""
