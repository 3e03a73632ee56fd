"""Decoders of others, each of which gives planes by their names."""

from pathlib import Path

import imagecodecs
import numpy as np
import OpenEXR
import OpenImageIO as oiio
import tifffile
from PIL import Image

from expected import Planes, planes

COLORS = {1: ["Y"], 2: ["Y", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"]}


def by_oiio(file: Path) -> Planes:
    config = oiio.ImageSpec()
    # As the file has it: colours that are not multiplied by alpha, inks that are not made colours.
    config.attribute("oiio:UnassociatedAlpha", 1)
    config.attribute("oiio:RawColor", 1)
    opened = oiio.ImageInput.open(str(file), config)
    assert opened, oiio.geterror()
    spec = opened.spec()
    kinds = spec.channelformats or [spec.format] * spec.nchannels
    found = []
    for index, (name, kind) in enumerate(zip(spec.channelnames, kinds)):
        plane = opened.read_image(0, 0, index, index + 1, kind)
        assert plane is not None, opened.geterror()
        found.append((name, plane[..., 0]))
    opened.close()
    return found


def stacked(channels: Planes) -> np.ndarray:
    """Pixels as other programs give them: two axes if there is one channel."""
    return channels[0][1] if len(channels) == 1 else np.dstack([plane for _, plane in channels])


def by_openexr(file: Path) -> Planes:
    with OpenEXR.File(str(file), separate_channels=True) as opened:
        channels = opened.parts[0].channels
        return [(name, channels[name].pixels.copy()) for name in sorted(channels)]


def by_tifffile(file: Path) -> Planes:
    with tifffile.TiffFile(file) as opened:
        page = opened.pages[0]
        pixels = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
        return planes(pixels, tiff_names(page))


def tiff_names(page) -> list[str]:
    """What bands are, by tags alone."""
    known = {
        tifffile.PHOTOMETRIC.MINISBLACK: ["Y"], tifffile.PHOTOMETRIC.RGB: ["R", "G", "B"],
        tifffile.PHOTOMETRIC.SEPARATED: ["C", "M", "Y", "K"],
    }[page.photometric]
    extra = [int(kind) for kind in page.extrasamples]
    assert len(known) + len(extra) == page.samplesperpixel, "each band has a meaning"
    if len(known) == 1 and extra and extra[0] == 0:
        return [str(number) for number in range(page.samplesperpixel)]
    return known + ["A" if kind else str(len(known) + at) for at, kind in enumerate(extra)]


def by_libtiff(file: Path) -> Planes:
    return by_count(imagecodecs.tiff_decode(file.read_bytes()))


def by_libpng(file: Path) -> Planes:
    return by_count(imagecodecs.png_decode(file.read_bytes()))


def by_pillow(file: Path) -> Planes:
    opened = Image.open(file)
    # Grey of 16 bits is in more modes than one, some of them wider.
    kinds = {"L": ["Y"], "I;16": ["Y"], "I;16B": ["Y"], "I": ["Y"], "F": ["Y"], "LA": ["Y", "A"]}
    pixels = np.asarray(opened)
    return planes(pixels.astype("u2") if opened.mode[0] == "I" else pixels, kinds.get(opened.mode, list(opened.mode)))


def by_numpy(file: Path) -> Planes:
    pixels = np.load(file)
    return by_number(pixels)


def by_hand_npy(file: Path) -> Planes:
    """By the letter of NEP 1: C order, little endian, the header padded to 64 bytes."""
    data = file.read_bytes()
    assert data[:8] == b"\x93NUMPY\1\0"
    start = 10 + int.from_bytes(data[8:10], "little")
    assert start % 64 == 0 and data[start - 1:start] == b"\n"
    about = eval(data[10:start], {"__builtins__": {}})  # A literal of our own.
    assert not about.pop("fortran_order") and set(about) == {"descr", "shape"}
    assert about["descr"][0] in "<|"
    return by_number(np.frombuffer(data, about["descr"], offset=start).reshape(about["shape"]))


def by_number(pixels: np.ndarray) -> Planes:
    return planes(pixels, [str(number) for number in range(1 if pixels.ndim == 2 else pixels.shape[2])])


def by_count(pixels: np.ndarray) -> Planes:
    """Without names: those of colours, if they may be some."""
    bands = 1 if pixels.ndim == 2 else pixels.shape[2]
    return planes(pixels, COLORS.get(bands)) if bands in COLORS else by_number(pixels)


def by_hand_netpbm(file: Path) -> Planes:
    """By the letter of the formats' pages, as we write them: no comments, one blank."""
    data = file.read_bytes()
    if data.startswith(b"P7"):
        end = data.index(b"ENDHDR\n") + 7
        about = dict(line.split(b" ", 1) for line in data[3:end - 8].split(b"\n"))
        width, height, bands, largest = (int(about[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
        kinds = {b"GRAYSCALE_ALPHA": 2, b"RGB_ALPHA": 4}
        assert kinds[about[b"TUPLTYPE"]] == bands
    else:
        kind, size, last, _ = data.split(b"\n", 3)
        end = len(kind) + len(size) + len(last) + 3
        width, height = map(int, size.split(b" "))
        bands, largest = {b"P5": 1, b"P6": 3, b"Pf": 1, b"PF": 3}[kind], float(last)
    if data[:2] in (b"PF", b"Pf"):
        pixels = np.frombuffer(data, "<f4" if largest < 0 else ">f4", offset=end)
        return planes(np.flipud(pixels.reshape(height, width, bands)))
    return planes(np.frombuffer(data, ">u2" if largest > 255 else "u1", offset=end).reshape(height, width, bands))
