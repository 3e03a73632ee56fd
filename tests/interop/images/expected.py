"""What a file is expected to hold."""

import json
from pathlib import Path

import numpy as np


def put(file: Path, channels: list[tuple[str, np.ndarray]], *, part: str = "", tolerance: int = 0) -> None:
    """Says what a part of a file holds: names and planes, in the file's order."""
    folder = file.with_name(f"{file.name}{part}.expected")
    folder.mkdir(parents=True, exist_ok=True)
    for index, (_, plane) in enumerate(channels):
        np.save(folder / f"{index}.npy", np.ascontiguousarray(plane))
    about = {
        "height": channels[0][1].shape[0],
        "width": channels[0][1].shape[1],
        "channels": [{"name": name, "dtype": little(plane)} for name, plane in channels],
        "tolerance": tolerance,
    }
    (folder / "info.json").write_text(json.dumps(about))


def refused(file: Path) -> None:
    """Says that a file, which is sound, is not read."""
    folder = file.with_name(f"{file.name}.expected")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "info.json").write_text(json.dumps({"refused": True}))


def little(plane: np.ndarray) -> str:
    return plane.dtype.newbyteorder("<").str


def planes(pixels: np.ndarray, names: list[str] | None = None) -> list[tuple[str, np.ndarray]]:
    """The channels of pixels whose last axis is channels, if there are three axes."""
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    count = pixels.shape[2]
    if names is None:
        names = {1: ["Y"], 2: ["Y", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"]}[count]
    return [(names[i], pixels[..., i]) for i in range(count)]
