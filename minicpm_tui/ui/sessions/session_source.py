"""What the list of sessions shows: the library, or its trash. Blocks: call it from threads."""

from __future__ import annotations

from pathlib import Path

from minicpm_tui.i18n import _, ngettext
from minicpm_tui.sessions import Journal
from minicpm_tui.sessions.library import MOST_HITS, Library, SearchHit
from minicpm_tui.sessions.summary import SessionInfo


def found_words(count: int, *, searched: bool, ready: bool) -> str:
    """What so many rows of the list are: all sessions that there are or that fit, or as many as are shown or known by now."""
    if searched and not ready:
        return _("{count} so far").format(count=count)
    if count == MOST_HITS if searched else not ready:
        return _("latest {count}").format(count=count)
    return ngettext("{count} session", "{count} sessions", count).format(count=count)


class SessionSource:
    """``in_trash`` says which of the two. Everything may raise MinicpmTuiError."""

    def __init__(self) -> None:
        self.in_trash = False
        self._deleted: list[SessionInfo] | None = None

    def folder(self, library: Library) -> Path:
        """The folder of the session folders."""
        return library.trash_folder if self.in_trash else library.folder

    def found(self, library: Library, words: str, limit: int) -> list[SearchHit]:
        """The sessions that have all of ``words``; without words the newest ``limit`` (-1: all). The trash by its titles."""
        if not self.in_trash:
            return library.search(words, limit) if not words.strip() else library.search(words)
        wanted = words.casefold().split()
        self._deleted = library.trash() if self._deleted is None else self._deleted
        return [SearchHit(info, "", "") for info in self._deleted if all(each in info.title.casefold() for each in wanted)]

    @staticmethod
    def reader(library: Library, info: SessionInfo) -> Journal:
        """A saved conversation, to be read."""
        with Journal.open(library.folder / info.id, read_only=True) as journal:
            return journal

    @staticmethod
    def rename(library: Library, info: SessionInfo, title: str, journal: Journal | None) -> None:
        """Name a session; ``journal`` is it when this program is writing it."""
        if journal is not None:
            journal.set_title(title)
            library.touch(info.id)
        else:
            library.rename(info.id, title)

    def forget(self) -> None:
        """Read the trash anew the next time: there is no index of it."""
        self._deleted = None
