"""Files from a folder, and what other programs read from them."""

import shutil
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from decoders import by_oiio, tiff_names
from expected import planes, put
from exr import levels_of, parts_of


def corpus(folder: Path, files: Path) -> None:
    readers = {".exr": exr, ".tif": tiff, ".tiff": tiff, ".png": png, ".jpg": jpeg, ".pgm": netpbm, ".ppm": netpbm}
    for path in sorted(files.iterdir()):
        if reader := readers.get(path.suffix.lower()):
            file = folder / f"corpus_{path.stem}{path.suffix.lower()}"
            shutil.copyfile(path, file)
            reader(file)


def exr(file: Path) -> None:
    parts = parts_of(file)
    for number, channels in enumerate(parts):
        put(file, channels, part=f".{number}.0" if number else "")
    if len(parts) == 1:
        for level, channels in enumerate(levels_of(file)[1:], 1):
            put(file, channels, part=f".0.{level}")


def tiff(file: Path) -> None:
    with tifffile.TiffFile(file) as opened:
        for number, page in enumerate(opened.pages):
            page = page.aspage() if hasattr(page, "aspage") else page
            pixels = page.asarray()
            if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and pixels.ndim == 3:
                pixels = np.moveaxis(pixels, 0, -1)
            is_jpeg = page.compression == tifffile.COMPRESSION.JPEG
            settings = {"tolerance": 5, "mean": 0.8} if is_jpeg else {}
            part = f".{number}.0" if number else ""
            put(file, planes(pixels, tiff_names(page)), part=part, **settings)


def png(file: Path) -> None:
    put(file, by_oiio(file))


def jpeg(file: Path) -> None:
    put(file, planes(imagecodecs.jpeg8_decode(file.read_bytes())), tolerance=5, mean=0.8)


def netpbm(file: Path) -> None:
    put(file, planes(np.asarray(Image.open(file))))
