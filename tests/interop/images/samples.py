"""Pixels for files, and choices of settings."""

from itertools import combinations, product

import numpy as np

# Odd, so that rows of bits, tiles and blocks end within bytes, tiles and blocks.
HEIGHT, WIDTH = 45, 67
SEED = np.random.default_rng(5)


def pixels(dtype: str, channels: int | None = None, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Smooth with some noise, over the range of the type; with NaN and infinities where there are."""
    dtype = np.dtype(dtype)
    shape = (height, width) if channels is None else (height, width, channels)
    y, x = np.mgrid[:height, :width]
    smooth = (np.sin(x / 9) + np.cos(y / 7)) / 4 + 0.5
    if channels is not None:
        smooth = smooth[..., None] * np.linspace(0.4, 1, channels)
    smooth = np.clip(smooth + SEED.normal(0, 0.01, shape), 0, 1)
    if dtype.kind == "b":
        return smooth > 0.5
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return (info.min + smooth * (float(info.max) - info.min) * 0.999).astype(dtype)
    if dtype.kind == "c":
        return (smooth + 1j * smooth[::-1]).astype(dtype)
    values = (smooth * 8 - 2).astype(dtype)
    if values.size > 9:
        values.flat[3:6] = [np.nan, np.inf, -np.inf]
        values.flat[9] = -0.0
    return values


def finite(dtype: str, channels: int | None = None, **size) -> np.ndarray:
    """Floats of 0 and above, for formats and programs that have no others."""
    return np.nan_to_num(np.abs(pixels(dtype, channels, **size)), nan=1, posinf=2)


def bits(depth: int, channels: int | None = None, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Integers of so many bits."""
    values = pixels("u1" if depth <= 8 else "u2", channels, height, width)
    return values >> (values.dtype.itemsize * 8 - depth)


def pack(values: np.ndarray, depth: int) -> list[bytes]:
    """Rows of integers of so many bits, highest first, each row from a byte on."""
    digits = values[..., None] >> np.arange(depth - 1, -1, -1, dtype=values.dtype) & 1
    return [row.tobytes() for row in np.packbits(digits.reshape(len(values), -1).astype("u1"), axis=1)]


def covering(settings: dict[str, list], is_valid, strength: int = 3) -> list[dict]:
    """Few of all combinations, such that each choice of so many settings at once occurs in one."""
    combinations_ = [dict(zip(settings, values)) for values in product(*settings.values())]
    combinations_ = [case for case in combinations_ if is_valid(case)]
    names = list(combinations(settings, strength))
    order = np.random.default_rng(1).permutation(len(combinations_))
    seen, chosen = set(), []
    # Those first that add most, which the next rounds cannot: few rounds are enough to be few.
    for wanted in (len(names), len(names) // 2, len(names) // 8, 1):
        for index in order:
            case = combinations_[index]
            new = {(group, tuple(case[name] for name in group)) for group in names} - seen
            if len(new) >= wanted:
                seen |= new
                chosen.append(case)
    return chosen
