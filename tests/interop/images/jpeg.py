"""JPEG files, and what libjpeg-turbo decodes them to."""

from itertools import product
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from expected import cut, planes, put, refused
from samples import pixels


def jpeg(folder: Path) -> None:
    rgb, grey, cmyk = pixels("u1", 3), pixels("u1"), pixels("u1", 4)
    noise = np.random.default_rng(1).integers(0, 256, rgb.shape, dtype="u1")
    for sampling, (name, data) in product(["444", "422", "420", "440", "411"], [("rgb", rgb), ("noise", noise)]):
        by_imagecodecs(folder / f"{name}_{sampling}.jpg", data, sampling, subsampling=sampling)
    for sampling, is_progressive, quality in product(["4:4:4", "4:2:2", "4:2:0"], [False, True], [30, 95]):
        kind = "progressive" if is_progressive else "baseline"
        file = folder / f"pillow_{sampling.replace(':', '')}_{kind}_{quality}.jpg"
        by_pillow(file, rgb, sampling, subsampling=sampling, progressive=is_progressive, quality=quality)
    for is_progressive in [False, True]:
        kind = "progressive" if is_progressive else "baseline"
        by_pillow(folder / f"grey_{kind}.jpg", grey, progressive=is_progressive)
        by_pillow(folder / f"cmyk_{kind}.jpg", cmyk, mode="CMYK", progressive=is_progressive)
    for height, width in [(1, 1), (1, 17), (8, 8), (17, 1), (16, 33)]:
        data = pixels("u1", 3, height, width)
        by_pillow(folder / f"size_{height}x{width}.jpg", data, "4:2:0", subsampling="4:2:0")
    by_pillow(folder / "restart.jpg", rgb, "4:2:0", subsampling="4:2:0", restart_marker_rows=1)
    by_pillow(folder / "optimized.jpg", rgb, "4:2:0", subsampling="4:2:0", optimize=True)
    turned = Image.Exif()
    turned[0x0112] = 6
    by_pillow(folder / "turned.jpg", rgb, "4:4:4", subsampling="4:4:4", exif=turned)
    by_imagecodecs(folder / "rgb_as_it_is.jpg", rgb, colorspace="rgb", outcolorspace="rgb")
    by_imagecodecs(folder / "cmyk.jpg", cmyk, colorspace="cmyk", outcolorspace="cmyk")
    ycck = folder / "ycck.jpg"
    ycck.write_bytes(imagecodecs.jpeg8_encode(cmyk, colorspace="cmyk", outcolorspace="ycck"))
    refused(ycck)
    for name in ["rgb_420", "pillow_420_progressive_95", "grey_baseline"]:
        cut(folder / f"{name}.jpg")
    for name, data, settings in [
        ("12_bits", pixels("u2") >> 4, {"bitspersample": 12}), ("lossless", grey, {"lossless": True})
    ]:
        file = folder / f"{name}.jpg"
        file.write_bytes(imagecodecs.jpeg8_encode(data, **settings))
        refused(file)


def by_pillow(file: Path, data: np.ndarray, sampling: str = "4:4:4", mode: str | None = None, **settings) -> None:
    image = Image.fromarray(data) if mode is None else Image.frombytes(mode, data.shape[1::-1], data.tobytes())
    image.save(file, **settings)
    expect(file, sampling)


def by_imagecodecs(file: Path, data: np.ndarray, sampling: str = "444", **settings) -> None:
    file.write_bytes(imagecodecs.jpeg8_encode(data, 90, **settings))
    expect(file, sampling)


def expect(file: Path, sampling: str) -> None:
    """What libjpeg-turbo gives, inks as they are stored. Others round in ways of their own, and have
    other means between colours that are stored once for several pixels."""
    found = imagecodecs.jpeg8_decode(file.read_bytes())
    is_full = sampling.replace(":", "") == "444"
    names = list("CMYK") if found.ndim == 3 and found.shape[2] == 4 else None
    # A block or two may be off as a whole.
    mean = 1.5 if found.size < 1000 else 0.1 if is_full else 0.8
    put(file, planes(found, names), tolerance=3 if is_full else 5, mean=mean)
