"""Compares what was decoded with what is expected."""

import json
import sys
from pathlib import Path

import numpy as np

import decoders
from expected import Planes


def load(folder: Path) -> tuple[dict, list[np.ndarray]]:
    about = json.loads((folder / "info.json").read_text())
    count = len(about.get("channels", []))
    return about, [np.load(folder / f"{index}.npy") for index in range(count)]


def difference(expected: np.ndarray, found: np.ndarray, tolerance: int = 0, mean: float = 0) -> str | None:
    if expected.shape != found.shape or expected.dtype.newbyteorder("<") != found.dtype.newbyteorder("<"):
        return f"{expected.dtype}{expected.shape} expected, {found.dtype}{found.shape} found"
    if tolerance:
        off = np.abs(expected.astype("i8") - found.astype("i8"))
        is_near = off.max() <= tolerance and off.mean() <= mean
        return None if is_near else f"differs by up to {off.max()}, and by {off.mean():.3f} on average"
    # Bit for bit, NaN too; in one byte order.
    a, b = (np.ascontiguousarray(v.astype(v.dtype.newbyteorder("<"))) for v in (expected, found))
    if a.tobytes() == b.tobytes():
        return None
    bits = [v.reshape(*v.shape, 1).view("u1") for v in (a, b)]
    wrong = np.argwhere((bits[0] != bits[1]).any(axis=2))
    y, x = map(int, wrong[0])
    return f"{len(wrong)} pixels differ, the first at {y}, {x}: {a[y, x]} expected, {b[y, x]} found"


def finish(what: str, count: int, failures: list[str]) -> None:
    for failure in failures:
        print("FAILED", failure)
    print(f"{what}: {count} compared, {len(failures)} failures")
    if failures or not count:
        sys.exit(1)


# ---- What we read

def compare(folder: Path, ours: Path) -> None:
    failures = []
    names = sorted(path.name.removesuffix(".expected") for path in folder.glob("*.expected"))
    for name in names:
        failures += [f"{name}{problem}" for problem in compare_one(folder / f"{name}.expected", ours / name)]
    read = sorted(path.parent.name for path in ours.glob("*/info.json"))
    failures += [f"{name}: a part or level that is not there" for name in read if name not in names]
    finish("decoded", len(names), failures)


def compare_one(folder: Path, ours: Path) -> list[str]:
    about, expected = load(folder)
    error, is_read = ours / "error.txt", (ours / "info.json").exists()
    if about.get("refused"):
        return [] if error.exists() and not is_read else [": read, but should be refused"]
    if error.exists() or not is_read:
        return [f": {error.read_text() if error.exists() else 'nothing there'}"]
    found_about, found = load(ours)
    names = [channel["name"] for channel in about["channels"]]
    found_names = [channel["name"] for channel in found_about["channels"]]
    if names != found_names:
        return [f": channels {short(names)} expected, {short(found_names)} found"]
    problems = [
        f": {key} {about[key]} expected, {found_about.get(key)} found"
        for key in ("format", "height", "width", "channels") if about[key] != found_about.get(key)
    ]
    for name, a, b in zip(names, expected, found):
        if problem := difference(a, b, about["tolerance"], about["mean"]):
            problems.append(f", {name[:40]}: {problem}")
    return problems


def short(names: list[str]) -> list[str]:
    return [name[:40] for name in names]


# ---- What we wrote

DECODERS = {
    ".exr": [decoders.by_openexr, decoders.by_oiio],
    ".tif": [decoders.by_tifffile, decoders.by_libtiff, decoders.by_oiio],
    ".png": [decoders.by_libpng, decoders.by_pillow, decoders.by_oiio],
    ".pnm": [decoders.by_hand_netpbm, decoders.by_oiio, decoders.by_pillow],
    ".npy": [decoders.by_numpy, decoders.by_hand_npy],
}
# These tell by themselves what channels are; others, how many there are.
TELL_NAMES = (decoders.by_tifffile, decoders.by_pillow)


def written(folder: Path) -> None:
    failures, count, readers = [], 0, {}
    for path in sorted(folder.glob("*.expected")):
        name = path.name.removesuffix(".expected")
        file = folder / name
        about, expected = load(path)
        channels = list(zip([channel["name"] for channel in about["channels"]], expected))
        used = [decoder for decoder in DECODERS[file.suffix] if not skips(decoder, file, channels)]
        if len(used) < (1 if is_rare(file, channels) else 2):
            failures.append(f"{name}: too few decoders")
        for decoder in used:
            count += 1
            readers[decoder.__name__] = readers.get(decoder.__name__, 0) + 1
            problems = check_one(decoder, file, channels)
            failures += [f"{name} {decoder.__name__}{problem}" for problem in problems]
    print(", ".join(f"{count} {name}" for name, count in sorted(readers.items())))
    finish("written", count, failures)


def check_one(decoder, file: Path, channels: Planes) -> list[str]:
    try:
        found = decoder(file)
    except Exception as error:  # Whatever a decoder says of a file is for the list.
        return [f": {error!r}"]
    if file.suffix == ".exr":
        # OpenImageIO has colours first.
        found = sorted(found, key=lambda channel: channel[0].encode())
    expected = as_stored(file, channels)
    if len(found) != len(expected):
        return [f": {len(expected)} channels expected, {len(found)} found"]
    names, found_names = ([name for name, _ in planes] for planes in (expected, found))
    if names != found_names and tells_names(decoder, file):
        return [f": channels {short(names)} expected, {short(found_names)} found"]
    return [
        f", {name[:40]}: {problem}"
        for (name, plane), (_, found_plane) in zip(expected, found)
        if (problem := difference(plane, found_plane))
    ]


def as_stored(file: Path, channels: Planes) -> Planes:
    """Channels in the order and with the names of the file's format."""
    if file.suffix == ".exr":
        return sorted(channels, key=lambda channel: channel[0].encode())
    by_name = dict(channels)
    orders = [["Y"], ["Y", "A"], ["R", "G", "B"], ["R", "G", "B", "A"]] if file.suffix != ".npy" else []
    orders += [["C", "M", "Y", "K"]] if file.suffix == ".tif" else []
    for order in orders:
        if sorted(order) == sorted(by_name):
            return [(name, by_name[name]) for name in order]
    for colors in ["RGB", "CMYK"] if file.suffix == ".tif" else []:
        count = len(colors)
        if [name for name, _ in channels[:count]] == list(colors):
            # After the colours comes alpha, if that is what it is; all else has numbers.
            is_alpha = [name for name, _ in channels[count:count + 1]] == ["A"]
            known = [*colors, "A"] if is_alpha else [*colors]
            names = known + [str(number) for number in range(len(known), len(channels))]
            return [(name, plane) for name, (_, plane) in zip(names, channels)]
    if len(channels) == 1 and file.suffix != ".npy":
        return [("Y", channels[0][1])]
    if len(channels) == 3 and file.suffix in (".png", ".pnm"):
        return [(name, plane) for name, (_, plane) in zip("RGB", channels)]
    return [(str(number), plane) for number, (_, plane) in enumerate(channels)]


def tells_names(decoder, file: Path) -> bool:
    return file.suffix in (".exr", ".npy") or decoder in TELL_NAMES


def is_rare(file: Path, channels: Planes) -> bool:
    """Whether only one program reads such a file as it is: PAM, other largest values than those of 8 and
    16 bits, inks in zstd."""
    return file.suffix == ".pnm" or file.name.endswith(".zstd.tif") and "K" in dict(channels)


def skips(decoder, file: Path, channels: Planes) -> bool:
    """What a decoder does not read, or not as it is."""
    names, dtype = [name for name, _ in channels], channels[0][1].dtype
    match decoder:
        case decoders.by_oiio if file.suffix == ".tif":
            # Its wheel has no zstd, its reader no such numbers.
            return file.name.endswith(".zstd.tif") or dtype.str[1:] not in ("u1", "u2", "i1", "i2", "u4", "i4", "f4", "f8")
        case decoders.by_libtiff:
            # It makes colours of inks.
            return "K" in names
        case decoders.by_oiio | decoders.by_pillow if file.suffix == ".pnm":
            return not is_common_netpbm(file) or decoder is decoders.by_pillow and dtype.itemsize > 1 and len(names) > 1
        case decoders.by_pillow:
            # It has colours of 8 bits.
            return dtype.itemsize > 1 and len(names) > 1
    return False


def is_common_netpbm(file: Path) -> bool:
    """Whether a file is not PAM, and samples are as large as their bits allow: others are scaled."""
    kind, _, _, largest, *_ = file.read_bytes()[:64].split(maxsplit=4)
    return kind != b"P7" and float(largest) in (255, 65535, -1)
