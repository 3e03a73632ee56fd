"""Netpbm's files, PFM and NPY, which are written by hand or by NumPy."""

from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

from decoders import by_oiio, stacked
from expected import cut, planes, put, refused
from samples import HEIGHT, WIDTH, finite, pixels


def plain(folder: Path) -> None:
    netpbm(folder)
    bitmaps(folder)
    pam(folder)
    pfm(folder)
    npy(folder)


def big(data: np.ndarray) -> bytes:
    return data.astype(data.dtype.newbyteorder(">")).tobytes()


def netpbm(folder: Path) -> None:
    heads = {
        "plain": f"{WIDTH} {HEIGHT}\n%d\n", "comments": f"# a comment\n{WIDTH} # another\n{HEIGHT}\n#third\n#\n%d\n",
        "spaces": f"  \t{WIDTH}\r\n\n {HEIGHT}\t%d ",
    }
    for (name, head), largest, bands in product(heads.items(), [1, 7, 100, 255, 256, 1023, 65535], [1, 3]):
        dtype = "u1" if largest < 256 else "u2"
        data = (pixels(dtype, None if bands == 1 else bands).astype("u4") * largest // np.iinfo(dtype).max).astype(dtype)
        ending = "pgm" if bands == 1 else "ppm"
        file = folder / f"binary_{name}_{largest}.{ending}"
        file.write_bytes(f"P{5 if bands == 1 else 6}\n{head % largest}".encode() + big(data))
        put(file, planes(data))
        if largest in (255, 65535):
            assert (stacked(by_oiio(file)) == data).all(), file
            if bands == 1 or largest == 255:  # Pillow has colours of 8 bits.
                assert (np.asarray(Image.open(file)) == data).all(), file
        text = folder / f"text_{name}_{largest}.{ending}"
        # No more than 70 letters a line.
        words = [str(value) for value in data.flat]
        lines = "\n".join(" ".join(words[i:i + 11]) for i in range(0, len(words), 11))
        text.write_text(f"P{2 if bands == 1 else 3}\n{head % largest}\n{lines}\n", newline="")
        put(text, planes(data))
    for name in ["binary_plain_255.pgm", "binary_plain_65535.ppm", "text_plain_255.ppm"]:
        cut(folder / name)


def bitmaps(folder: Path) -> None:
    for height, width in [(HEIGHT, WIDTH), (1, 1), (3, 8), (2, 17)]:
        is_black = pixels("bool", height=height, width=width)
        grey = np.where(is_black, 0, 255).astype("u1")
        size = f"{height}x{width}"
        rows = ["".join("01"[int(bit)] for bit in row) for row in is_black]
        files = {
            f"bits_{size}.pbm": f"P4\n{width} {height}\n".encode() + np.packbits(is_black, axis=1).tobytes(),
            f"text_{size}.pbm": f"P1\n{width} {height}\n".encode() + "\n".join(rows).encode(),
            f"text_spaces_{size}.pbm": f"P1 #c\n{width}\n{height}\n".encode() + " ".join("".join(rows)).encode() + b"\n",
        }
        for name, data in files.items():
            file = folder / name
            file.write_bytes(data)
            assert (np.asarray(Image.open(file).convert("L")) == grey).all(), file
            put(file, planes(grey))


def pam(folder: Path) -> None:
    kinds = ["GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"]
    for (bands, kind), dtype in product(enumerate(kinds, 1), ["u1", "u2"]):
        data = pixels(dtype, bands)
        file = folder / f"{kind.lower()}_{dtype}.pam"
        head = (
            f"P7\n# a comment\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH {bands}\n"
            f"MAXVAL {np.iinfo(dtype).max}\nTUPLTYPE {kind}\nENDHDR\n"
        )
        file.write_bytes(head.encode() + big(data))
        put(file, planes(data))
    bands = pixels("u1", 6)
    file = folder / "six.pam"
    head = f"P7\nHEIGHT {HEIGHT}\nWIDTH {WIDTH}\nDEPTH 6\nMAXVAL 255\nENDHDR\n"
    file.write_bytes(head.encode() + bands.tobytes())
    put(file, planes(bands, [str(number) for number in range(6)]))


def pfm(folder: Path) -> None:
    for bands, order, scale in product([1, 3], "<>", [1.0, 0.5]):
        data = pixels("f4", None if bands == 1 else bands)
        file = folder / f"{bands}_{'le' if order == '<' else 'be'}_{scale}.pfm"
        head = f"{'Pf' if bands == 1 else 'PF'}\n{WIDTH} {HEIGHT}\n{-scale if order == '<' else scale}\n"
        file.write_bytes(head.encode() + np.flipud(data).astype(f"{order}f4").tobytes())
        put(file, planes(data))
        if scale == 1:
            assert stacked(by_oiio(file)).tobytes() == data.tobytes(), file
    cut(folder / "3_le_1.0.pfm")


NPY_TYPES = ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]


def npy(folder: Path) -> None:
    for dtype, order, bands, memory in product(NPY_TYPES, "<>", [None, 1, 3, 5], "CF"):
        data = pixels(dtype, bands)
        stored = np.asarray(data.astype(data.dtype.newbyteorder(order)), order=memory)
        name = "bool" if dtype == "?" else dtype
        file = folder / f"{name}_{'le' if order == '<' else 'be'}_{bands or 'flat'}_{memory}.npy"
        np.save(file, stored)
        put(file, planes(data, [str(number) for number in range(bands or 1)]))
    for version in [(1, 0), (2, 0), (3, 0)]:
        data = finite("f4", 3)
        file = folder / f"version_{version[0]}.npy"
        with file.open("wb") as out:
            np.lib.format.write_array(out, data, version)
        put(file, planes(data, ["0", "1", "2"]))
    cut(folder / "u2_le_3_C.npy")
    cut(folder / "u2_le_3_F.npy")
    for name, data in [
        ("one_axis", np.zeros(5)), ("four_axes", np.zeros((2, 3, 4, 5))), ("texts", np.array([["a", "b"]])),
        ("records", np.zeros((2, 3), "u1,f4")), ("objects", np.array([[None, 1]])), ("times", np.zeros((2, 3), "M8[s]")),
    ]:
        file = folder / f"not_read_{name}.npy"
        np.save(file, data, allow_pickle=True)
        refused(file)
