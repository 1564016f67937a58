"""From what the user attached to what is sent."""

from __future__ import annotations

from minicpm_tui.errors import MediaUnsupported
from minicpm_tui.i18n import _
from minicpm_tui.media.opening import open_regular, sniff_file, unsupported
from minicpm_tui.media.pictures import prepare_picture
from minicpm_tui.media.spec import AttachmentSpec, Cancelled, MediaLimits, PreparationCancelled, Prepared, Progress


def prepare(
    spec: AttachmentSpec, limits: MediaLimits, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Prepared:
    """The attachment as a message part with its bytes, for a model and server with ``limits``.

    Blocks, sometimes for seconds: call it from a thread. ``progress`` and ``cancelled`` are called from that thread. Raises
    MediaError subclasses; PreparationCancelled after ``cancelled`` has answered true.
    """
    if spec.path is None:
        raise MediaUnsupported(_("nothing to attach"))
    if cancelled and cancelled():
        raise PreparationCancelled
    file, _status = open_regular(spec.path)
    with file:
        what = sniff_file(file, spec.path)
        if what.kind != "image":
            raise unsupported(spec.path, what)
        prepared = prepare_picture(file, spec.path, what, spec, limits)
    if progress:
        progress(1.0)
    return prepared
