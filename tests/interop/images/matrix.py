"""Files of many kinds, written by other programs."""

import json
import shutil
from pathlib import Path

from exr import exr
from jpeg import jpeg
from others import others
from plain import plain
from png import png
from tiff import tiff


def write(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for kind in (exr, tiff, png, jpeg, plain, others):
        before = len(list(folder.glob("*.expected")))
        kind(folder)
        print(f"{kind.__name__}: {len(list(folder.glob('*.expected'))) - before} images")


# Whose metadata, places and sizes are of interest.
ALWAYS = ("attributes_", "window_", "jpeg_", "palette", "one_strip", "size_zip", "utf8", "long_names_zip", "mips_zip")


def sources(folder: Path, to: Path) -> None:
    """One file of each set of channels and types, and some more."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    seen = set()
    for path in sorted(folder.glob("*.expected")):
        file = path.with_suffix("")
        about = json.loads((path / "info.json").read_text())
        kind = json.dumps(about.get("channels"))
        if file.exists() and not about.get("refused") and (kind not in seen or file.name.startswith(ALWAYS)):
            seen.add(kind)
            shutil.copy(file, to)
    print(len(list(to.iterdir())), "sources")
