"""What a file is expected to hold, in a folder beside it."""

import json
from pathlib import Path

import numpy as np

FORMATS = {
    ".exr": "EXR", ".tif": "TIFF", ".png": "PNG", ".jpg": "JPEG", ".npy": "NPY", ".hdr": "Radiance HDR",
    ".bmp": "BMP", ".gif": "GIF", ".webp": "WebP", ".tga": "TGA", ".qoi": "QOI", ".ico": "ICO",
    ".ff": "farbfeld", ".dds": "DDS",
    **dict.fromkeys([".pnm", ".pbm", ".pgm", ".ppm", ".pam", ".pfm"], "PNM"),
}

Planes = list[tuple[str, np.ndarray]]


def put(file: Path, channels: Planes, *, part: str = "", tolerance: int = 0, mean: float = 0) -> None:
    """Says what a part of a file holds: names and planes, in the file's order.

    Samples may be off by `tolerance`, and by `mean` on average: none by default.
    """
    folder = file.with_name(f"{file.name}{part}.expected")
    folder.mkdir()  # Which fails if two cases have one name.
    for index, (_, plane) in enumerate(channels):
        np.save(folder / f"{index}.npy", np.ascontiguousarray(plane))
    about = {
        "format": FORMATS[file.suffix.lower()],
        "height": channels[0][1].shape[0],
        "width": channels[0][1].shape[1],
        "channels": [{"name": name, "dtype": little(plane)} for name, plane in channels],
        "tolerance": tolerance,
        "mean": mean,
    }
    (folder / "info.json").write_text(json.dumps(about))


def refused(file: Path) -> None:
    """Says that a file is not to be read: it is damaged, or of a kind that is not supported."""
    folder = file.with_name(f"{file.name}.expected")
    folder.mkdir()  # Which fails if two cases have one name.
    (folder / "info.json").write_text(json.dumps({"refused": True}))


def cut(file: Path, keep: float = 0.7) -> None:
    """The start of a file, in a file beside it, which must be refused."""
    data = file.read_bytes()
    short = file.with_name(f"cut_{file.name}")
    short.write_bytes(data[: int(len(data) * keep)])
    refused(short)


def little(plane: np.ndarray) -> str:
    return plane.dtype.newbyteorder("<").str


def planes(pixels: np.ndarray, names: list[str] | None = None) -> Planes:
    """The channels of pixels whose last axis is channels, if there are three axes."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    count = pixels.shape[2]
    if names is None:
        names = {1: ["Y"], 2: ["Y", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"]}[count]
    assert len(names) == count
    return [(names[i], pixels[..., i]) for i in range(count)]
