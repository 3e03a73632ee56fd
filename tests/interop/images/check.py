"""Compares what was decoded with what is expected."""

import json
import sys
from pathlib import Path

import imagecodecs
import numpy as np
import OpenEXR
import OpenImageIO as oiio
import tifffile
from PIL import Image

from expected import planes


def load(folder: Path) -> tuple[dict, list[np.ndarray]]:
    about = json.loads((folder / "info.json").read_text())
    count = len(about.get("channels", []))
    return about, [np.load(folder / f"{index}.npy") for index in range(count)]


def difference(expected: np.ndarray, found: np.ndarray, tolerance: int) -> str | None:
    if expected.shape != found.shape or expected.dtype.newbyteorder("<") != found.dtype.newbyteorder("<"):
        return f"{expected.dtype}{expected.shape} expected, {found.dtype}{found.shape} found"
    if tolerance:
        most = np.abs(expected.astype("i8") - found.astype("i8")).max()
        return None if most <= tolerance else f"differs by up to {most}"
    # Bit for bit, NaN too; in one byte order.
    a, b = (np.ascontiguousarray(v.astype(v.dtype.newbyteorder("<"))).view("u1") for v in (expected, found))
    return None if np.array_equal(a, b) else f"{(a != b).sum()} bytes differ"


def finish(what: str, count: int, failures: list[str]) -> None:
    for failure in failures:
        print("FAILED", failure)
    print(f"{what}: {count} compared, {len(failures)} failures")
    if failures or not count:
        sys.exit(1)


def compare(folder: Path, ours: Path) -> None:
    failures, count = [], 0
    for path in sorted(folder.glob("*.expected")):
        name = path.name.removesuffix(".expected")
        count += 1
        about, expected = load(path)
        error = ours / name / "error.txt"
        if about.get("refused"):
            if not error.exists():
                failures.append(f"{name}: read, but should be refused")
            continue
        if not (ours / name / "info.json").exists():
            failures.append(f"{name}: {error.read_text() if error.exists() else 'nothing there'}")
            continue
        found_about, found = load(ours / name)
        names = [channel["name"] for channel in about["channels"]]
        found_names = [channel["name"] for channel in found_about["channels"]]
        if names != found_names:
            failures.append(f"{name}: channels {names} expected, {found_names} found")
            continue
        for channel, a, b in zip(names, expected, found):
            if problem := difference(a, b, about["tolerance"]):
                failures.append(f"{name}, {channel}: {problem}")
    finish("decoded", count, failures)


# Decoders by the ending of a file: name and function, which gives planes by their names.


def by_oiio(file: Path) -> dict[str, np.ndarray]:
    opened = oiio.ImageInput.open(str(file))
    assert opened, oiio.geterror()
    spec = opened.spec()
    kinds = spec.channelformats or [spec.format] * spec.nchannels
    found = {}
    for index, (name, kind) in enumerate(zip(spec.channelnames, kinds)):
        plane = opened.read_image(0, 0, index, index + 1, kind)
        assert plane is not None, opened.geterror()
        found[name] = plane[..., 0]
    return found


def by_openexr(file: Path) -> dict[str, np.ndarray]:
    with OpenEXR.File(str(file), separate_channels=True) as opened:
        return {name: channel.pixels.copy() for name, channel in opened.parts[0].channels.items()}


def by_number(pixels: np.ndarray) -> dict[str, np.ndarray]:
    names = [str(i) for i in range(1 if pixels.ndim == 2 else pixels.shape[2])]
    return dict(planes(pixels, names))


def by_tifffile(file: Path):
    return by_number(tifffile.imread(file))


def by_imagecodecs(file: Path):
    return by_number(imagecodecs.imread(file))


def by_pillow(file: Path):
    return by_number(np.array(Image.open(file)))


def by_netpbm(file: Path):
    return by_number(read_netpbm(file))


def read_netpbm(file: Path) -> np.ndarray:
    data = file.read_bytes()
    words, at = [], 0
    magic = data[:2]
    if magic == b"P7":
        end = data.index(b"ENDHDR\n") + 7
        about = dict(line.split(b" ", 1) for line in data[3:end - 8].split(b"\n"))
        width, height, depth, largest = (int(about[k]) for k in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"))
    else:
        at = 2
        while len(words) < 3:
            while data[at:at + 1].isspace():
                at += 1
            start = at
            while not data[at:at + 1].isspace():
                at += 1
            words.append(data[start:at])
        end = at + 1
        width, height, depth = int(words[0]), int(words[1]), 3 if magic in (b"P6", b"PF") else 1
        largest = float(words[2])
    if magic in (b"PF", b"Pf"):
        values = np.frombuffer(data, "<f4" if largest < 0 else ">f4", offset=end)
        values = np.flipud(values.reshape(height, width, depth)).astype("f4")
    else:
        values = np.frombuffer(data, ">u2" if largest > 255 else "u1", offset=end).reshape(height, width, depth)
    return values[..., 0] if depth == 1 else values


def by_numpy(file: Path):
    return by_number(np.load(file))


DECODERS = {
    ".exr": [by_openexr, by_oiio],
    ".tif": [by_tifffile, by_oiio],
    ".png": [by_imagecodecs, by_pillow, by_oiio],
    ".pnm": [by_netpbm],
    ".npy": [by_numpy],
}

def written(folder: Path) -> None:
    failures, count = [], 0
    for path in sorted(folder.glob("*.expected")):
        name = path.name.removesuffix(".expected")
        file = folder / name
        about, expected = load(path)
        names = [channel["name"] for channel in about["channels"]]
        for decoder in DECODERS[file.suffix]:
            if skips(decoder, file, names, expected):
                continue
            count += 1
            try:
                found = decoder(file)
            except Exception as error:
                failures.append(f"{name} by {decoder.__name__}: {error!r}")
                continue
            failures += differences(f"{name} by {decoder.__name__}", file, names, expected, found)
    finish("written", count, failures)


def skips(decoder, file: Path, names: list[str], expected: list[np.ndarray]) -> bool:
    """What a decoder does not read, or not as it is: OpenImageIO multiplies colours by alpha,
    and makes colours of CMYK."""
    if decoder is by_oiio and file.suffix != ".exr":
        has_zstd = ".zstd." in file.name  # Which its wheel is built without.
        return has_zstd or "A" in names or "K" in names or expected[0].dtype.itemsize == 8 or expected[0].dtype.kind in "cb" or expected[0].dtype == "f2"
    if decoder is by_pillow:
        return expected[0].dtype != np.uint8
    return False


def differences(label, file, names, expected, found) -> list[str]:
    if file.suffix == ".exr":
        order = names
    else:
        # Files without names have colours in their order.
        orders = ["Y", "YA", "RGB", "RGBA"] + (["CMYK"] if file.suffix == ".tif" else [])
        order = next((list(o) for o in orders if sorted(o) == sorted(names)), names)
        if file.suffix == ".npy":
            order = names
        found = dict(zip(order, found.values()))
    if sorted(order) != sorted(found):
        return [f"{label}: channels {order} expected, {list(found)} found"]
    problems = []
    for name, plane in zip(names, expected):
        if problem := difference(plane, found[name], 0):
            problems.append(f"{label}, {name}: {problem}")
    return problems
