"""PNG files, most of them written by hand, and what libpng and Pillow read from them."""

import struct
import zlib
from itertools import product
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from decoders import by_oiio, stacked
from expected import cut, planes, put, refused
from samples import HEIGHT, SEED, WIDTH, bits, pack, pixels

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
BANDS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
DEPTHS = {GREY: [1, 2, 4, 8, 16], RGB: [8, 16], PALETTE: [1, 2, 4, 8], GREY_ALPHA: [8, 16], RGBA: [8, 16]}
NAMES = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey_alpha", RGBA: "rgba"}
SIZES = [(HEIGHT, WIDTH), (1, 1), (1, 9), (9, 1), (2, 3), (5, 4)]
# Rows and columns of the seven passes: first and step.
ADAM7 = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]
WHOLE = [(0, 1, 0, 1)]


def png(folder: Path) -> None:
    for color, is_interlaced, is_clear, (height, width) in product(NAMES, [False, True], [False, True], SIZES):
        for depth in DEPTHS[color]:
            if is_clear and color in (GREY_ALPHA, RGBA):
                continue
            name = f"{NAMES[color]}_{depth}{'_interlaced' * is_interlaced}{'_clear' * is_clear}_{height}x{width}"
            by_hand(folder / f"{name}.png", color, depth, height, width, is_interlaced, is_clear)
    by_others(folder)
    for name in ["grey_8_45x67", "rgba_16_interlaced_45x67", "imagecodecs_u1_3_9"]:
        cut(folder / f"{name}.png")
    file = folder / "wrong_checksum.png"
    data = bytearray((folder / "rgb_8_45x67.png").read_bytes())
    data[data.index(b"IDAT") + 100] ^= 1
    file.write_bytes(data)
    refused(file)


def by_hand(file: Path, color: int, depth: int, height: int, width: int, is_interlaced: bool, is_clear: bool) -> None:
    bands = BANDS[color]
    data = bits(depth, None if bands == 1 else bands, height, width)
    chunks, shown = [], data
    if color == PALETTE:
        colors = SEED.integers(0, 256, (2**depth, 3)).astype("u1")
        chunks.append((b"PLTE", colors.tobytes()))
        shown = colors[data]
        if is_clear:
            # Fewer than there are colours: the others are opaque.
            alpha = SEED.integers(0, 256, 2**depth - 1).astype("u1")
            chunks.append((b"tRNS", alpha.tobytes()))
            shown = np.dstack([shown, np.append(alpha, np.uint8(255))[data]])
    else:
        if depth < 8:
            shown = (data.astype("u2") * 255 // (2**depth - 1)).astype("u1")
        if is_clear:
            clear = np.atleast_1d(data[height // 2, width // 2])
            chunks.append((b"tRNS", clear.astype(">u2").tobytes()))
            is_opaque = (data.reshape(height, width, -1) != clear).any(axis=2)
            shown = np.dstack([shown, is_opaque * np.iinfo(shown.dtype).max]).astype(shown.dtype)
    save(file, color, depth, data, is_interlaced, chunks)
    seen(file, shown)
    put(file, planes(shown))


def seen(file: Path, shown: np.ndarray) -> None:
    """Whether OpenImageIO sees the same, and Pillow, where it keeps all bits."""
    found = stacked(by_oiio(file))
    assert found.dtype == shown.dtype and (found.reshape(shown.shape) == shown).all(), file
    image = Image.open(file)
    bands = 1 if shown.ndim == 2 else shown.shape[2]
    # Pillow compares grey of fewer bits with the clear one after it is scaled.
    if shown.dtype == np.uint8 and bands != 2:
        image = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[bands])
        assert (np.asarray(image) == shown).all(), file


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def save(file: Path, color: int, depth: int, data: np.ndarray, is_interlaced: bool, chunks: list) -> None:
    height, width = data.shape[:2]
    stream = b""
    for y, dy, x, dx in ADAM7 if is_interlaced else WHOLE:
        part = data[y::dy, x::dx]
        if part.size:
            rows = pack(part.reshape(len(part), -1), depth)
            stream += filtered(rows, max(1, depth * BANDS[color] // 8))
    packed = zlib.compress(stream)
    middle = len(packed) // 2
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, is_interlaced))
        + chunk(b"tEXt", b"Comment\0by hand") + b"".join(chunk(*entry) for entry in chunks)
        + chunk(b"IDAT", packed[:middle]) + chunk(b"IDAT", b"") + chunk(b"IDAT", packed[middle:])
        + chunk(b"IEND", b"")
    )


def filtered(rows: list[bytes], step: int) -> bytes:
    """Rows after each of the five filters in turn."""
    above, out = np.zeros(len(rows[0]), "i2"), b""
    for number, row in enumerate(rows):
        row = np.frombuffer(row, "u1").astype("i2")
        left, corner = (np.append(np.zeros(step, "i2"), line)[: len(row)] for line in (row, above))
        kind = number % 5
        guess = [0, left, above, (left + above) // 2, paeth(left, above, corner)][kind]
        out += bytes([kind]) + (row - guess).astype("u1").tobytes()
        above = row
    return out


def paeth(left: np.ndarray, above: np.ndarray, corner: np.ndarray) -> np.ndarray:
    near = [abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)]
    return np.select([(near[0] <= near[1]) & (near[0] <= near[2]), near[1] <= near[2]], [left, above], corner)


def by_others(folder: Path) -> None:
    for dtype, bands, level in product(["u1", "u2"], [1, 2, 3, 4], [0, 9]):
        data = pixels(dtype, None if bands == 1 else bands)
        file = folder / f"imagecodecs_{dtype}_{bands}_{level}.png"
        file.write_bytes(imagecodecs.png_encode(data, level))
        assert (imagecodecs.png_decode(file.read_bytes()) == data).all()
        put(file, planes(data))
    for mode in ["1", "L", "LA", "RGB", "RGBA", "P"]:
        file = folder / f"pillow_{mode}.png"
        image = Image.fromarray(pixels("u1", 3)).convert(mode)
        image.save(file)
        shown = image.convert({"1": "L", "P": "RGB"}.get(mode, mode))
        put(file, planes(np.asarray(shown)))
    frames = [Image.fromarray(pixels("u1", 3)) for _ in range(3)]
    file = folder / "moving.png"
    frames[0].save(file, save_all=True, append_images=frames[1:], duration=50)
    put(file, planes(np.asarray(frames[0])))
