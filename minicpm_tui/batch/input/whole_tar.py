"""Members of a tar that is whole: ``tarfile`` takes a damaged header, or a file that is cut between two members, for its end."""

from __future__ import annotations

from tarfile import BLOCKSIZE, EmptyHeaderError, EOFHeaderError, HeaderError, ReadError, TarFile, TarInfo  # type: ignore[attr-defined]


class Member(TarInfo):
    """For ``tarfile.open(tarinfo=Member)``: tars that follow one another in a file are one, and only zeros end the last.

    A tar ends with two blocks of zeros, of which one is enough here; GNU tar reads on behind them with ``--ignore-zeros``.
    Raises tarfile.ReadError.
    """

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Member:
        """The next member."""
        zeros = False
        while True:
            try:
                return super().fromtarfile(tarfile)
            except EOFHeaderError:
                zeros = True
            except EmptyHeaderError:
                if zeros:
                    raise
                raise ReadError("unexpected end of data") from None
            except HeaderError as error:
                raise ReadError(str(error)) from None

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Member:
        """The member of the header ``buf``; one that is cut off and holds zeros alone is the beginning of the end."""
        whole = bytes(buf).ljust(BLOCKSIZE, b"\0") if buf and not any(buf) else buf
        return super().frombuf(whole, encoding, errors)
