"""Makes files of every kind that can be sent, from a seed, with the truth beside them: ``python -m tests.media.corpus FOLDER``.

``NAME.truth.png`` is what a person should see of a file (of a video: each frame), ``corpus.json`` what else is expected.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random

from tests.media.samples import colour, dicoms, documents, formats, high_range, raws, scientific, turned, videos
from tests.media.samples.sample import Sample

SEED = 12
MAKERS = tuple(each.make for each in (scientific, colour, turned, high_range, videos, documents, formats, raws, dicoms))


def make(folder: Path, seed: int = SEED) -> list[Sample]:
    """All samples, their files in ``folder``. The seed decides on every picture in them."""
    return [sample for maker in MAKERS for sample in maker(folder, Random(f"{seed} {maker.__module__}"))]


def main() -> None:
    """Make the corpus and its truth in a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number, sample in enumerate(make(options.folder, options.seed)):
        truth = [f"{sample.path.name}.{number}.{index}.truth.png" for index in range(len(sample.truth))]
        for name, picture in zip(truth, sample.truth, strict=True):
            picture.save(options.folder / name)
        wishes = {key: str(value) for key, value in sample.wishes.items()}
        entries.append(
            {"file": sample.path.name, "wishes": wishes, "truth": truth, "says": sample.says, "refused": sample.refused}
        )
    (options.folder / "corpus.json").write_text(json.dumps(entries, indent=1), "utf-8")
    print(f"{len({entry['file'] for entry in entries})} files, {len(entries)} samples")


if __name__ == "__main__":
    main()
