"""Uncompressed EXR files of floats, written by hand: what OpenEXR has no functions for in Python."""

import struct
from pathlib import Path

import numpy as np

ORDERS = {"up": 0, "down": 1, "any": 2}
MODES = {"one": 0, "mip": 1, "rip": 2}
ROUNDINGS = {"down": 0, "up": 1}
FLOAT = 2
TILE = 16


def attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<I", len(value)) + value


def header(channels: dict, order: str, width: int, height: int, sampling: dict, tiles: bytes | None) -> bytes:
    listed = b"".join(
        name.encode() + b"\0" + struct.pack("<IIII", FLOAT, 0, sampling.get(name, 1), sampling.get(name, 1))
        for name in sorted(channels)
    )
    window = struct.pack("<iiii", 0, 0, width - 1, height - 1)
    return (
        struct.pack("<II", 20000630, 2 | (0x200 if tiles else 0))
        + attribute("channels", "chlist", listed + b"\0")
        + attribute("compression", "compression", b"\0")
        + attribute("dataWindow", "box2i", window)
        + attribute("displayWindow", "box2i", window)
        + attribute("lineOrder", "lineOrder", bytes([ORDERS[order]]))
        + attribute("pixelAspectRatio", "float", struct.pack("<f", 1))
        + attribute("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0))
        + attribute("screenWindowWidth", "float", struct.pack("<f", 1))
        + (attribute("tiles", "tiledesc", tiles) if tiles else b"")
        + b"\0"
    )


def store(file: Path, head: bytes, blocks: list[bytes], stored: list[int]) -> None:
    """Blocks as the table lists them, in the order in which they are stored."""
    offsets, at = {}, len(head) + 8 * len(blocks)
    for index in stored:
        offsets[index] = at
        at += len(blocks[index])
    table = struct.pack(f"<{len(blocks)}Q", *(offsets[index] for index in range(len(blocks))))
    file.write_bytes(head + table + b"".join(blocks[index] for index in stored))


def lines(file: Path, channels: dict, order: str, sampling: dict | None = None) -> None:
    sampling = sampling or {}
    height, width = next(iter(channels.values())).shape
    blocks = []
    for y in range(height):
        rows = [
            channels[name][y // sampling.get(name, 1)].tobytes()
            for name in sorted(channels) if y % sampling.get(name, 1) == 0
        ]
        data = b"".join(rows)
        blocks.append(struct.pack("<iI", y, len(data)) + data)
    stored = list(range(height))
    store(file, header(channels, order, width, height, sampling, None), blocks, stored[::-1] if order == "down" else stored)


def tiles(file: Path, channels: dict, mode: str, rounding: str, order: str) -> list:
    """Writes levels that are pixels of the whole, without averages; returns those that shrink both ways alike."""
    height, width = next(iter(channels.values())).shape
    description = struct.pack("<IIB", TILE, TILE, MODES[mode] | ROUNDINGS[rounding] << 4)
    blocks, diagonal, whole = [], [], []
    for across, down in levels(width, height, mode, rounding):
        columns, rows = smaller(width, across, rounding), smaller(height, down, rounding)
        level = {name: shrunk(plane, rows, columns) for name, plane in sorted(channels.items())}
        if across == down:
            diagonal.append([*level.items()])
        numbers = []
        for y, x in np.ndindex(-(-rows // TILE), -(-columns // TILE)):
            part = np.s_[y * TILE:(y + 1) * TILE, x * TILE:(x + 1) * TILE]
            cut = [plane[part] for plane in level.values()]
            data = b"".join(plane[row].tobytes() for row in range(len(cut[0])) for plane in cut)
            numbers.append((y, x, len(blocks)))
            blocks.append(struct.pack("<iiiiI", x, y, across, down, len(data)) + data)
        if order == "down":
            numbers.sort(key=lambda number: (-number[0], number[1]))
        whole += [number for _, _, number in numbers]
    stored = [int(n) for n in np.random.default_rng(3).permutation(len(blocks))] if order == "any" else whole
    store(file, header(channels, order, width, height, {}, description), blocks, stored)
    return diagonal


def levels(width: int, height: int, mode: str, rounding: str) -> list[tuple[int, int]]:
    def count(length: int) -> int:
        return (length.bit_length() if rounding == "down" else (length - 1).bit_length() + 1)

    if mode == "one":
        return [(0, 0)]
    if mode == "mip":
        return [(level, level) for level in range(count(max(width, height)))]
    return [(across, down) for down in range(count(height)) for across in range(count(width))]


def smaller(length: int, level: int, rounding: str) -> int:
    return max(1, length >> level if rounding == "down" else -(-length >> level))


def shrunk(plane: np.ndarray, rows: int, columns: int) -> np.ndarray:
    ys, xs = (np.arange(count) * length // count for count, length in zip((rows, columns), plane.shape))
    return np.ascontiguousarray(plane[np.ix_(ys, xs)])
