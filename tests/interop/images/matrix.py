"""Files of many kinds, written by other programs."""

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
