"""Work on files that may be hostile, in processes of their own: limited in memory and time, killed when they exceed it, replaced.

``pool.py`` keeps the processes, ``worker.py`` is one of them as the program sees it, ``child.py`` what runs in it, ``channel.py``
what travels between the two. What the work is, the room that has it done says: a module whose ``main`` calls ``child.serve``.
"""
