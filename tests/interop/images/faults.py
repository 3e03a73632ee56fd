"""Shows that the commands fail when they should: each fault, put into sound results, must be found."""

import contextlib
import io
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import check


def pixel(folder: Path) -> None:
    plane = np.load(folder / "0.npy")
    plane.view(f"u{plane.dtype.itemsize}")[-1, -1] ^= 1
    np.save(folder / "0.npy", plane)


def far_pixel(folder: Path) -> None:
    plane = np.load(folder / "0.npy")
    plane[-1, -1] ^= 0x40
    np.save(folder / "0.npy", plane)


def shift(folder: Path) -> None:
    np.save(folder / "0.npy", np.roll(np.load(folder / "0.npy"), 1, axis=1))


def dtype(folder: Path) -> None:
    plane = np.load(folder / "0.npy")
    np.save(folder / "0.npy", plane.view(f"i{plane.dtype.itemsize}"))


def changed(key: str, change):
    def fault(folder: Path) -> None:
        about = json.loads((folder / "info.json").read_text())
        about[key] = change(about[key])
        (folder / "info.json").write_text(json.dumps(about))

    fault.__name__ = f"changed_{key}"
    return fault


def renamed(channels: list) -> list:
    return [channels[0] | {"name": "other"}, *channels[1:]]


def refusal(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "error.txt").write_text("no")


def surplus(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name(f"{folder.name}.9.0"))


def reading(folder: Path) -> None:
    (folder / "error.txt").unlink()
    (folder / "info.json").write_text("{}")


# Of what we read: the case, and what is done to our side of it.
READ = [
    *[("scanlines_zip.exr", fault) for fault in (
        pixel, shift, dtype, shutil.rmtree, refusal, surplus, changed("channels", renamed),
        changed("channels", lambda channels: channels[::-1]), changed("height", lambda height: height + 1),
        changed("format", str.lower),
    )],
    ("raw_mip_up_any.exr.0.3", shutil.rmtree), ("raw_mip_up_any.exr.0.3", pixel),
    ("rgb_422.jpg", far_pixel), ("rgb_422.jpg", shift), ("deep.exr", reading), ("deep.exr", shutil.rmtree),
]
# Of what we wrote: the ending of a file, and what is done to what is expected of it.
WRITTEN = [
    (ending, fault)
    for ending in ["zip.exr", "deflate.tif", "zstd.tif", "png", "pnm", "npy"]
    for fault in (pixel, shift, dtype)
] + [("zip.exr", changed("channels", renamed))]


def faults(theirs: Path, decoded: Path, written: Path) -> None:
    missed = []
    for name, fault in READ:
        with tempfile.TemporaryDirectory() as scratch:
            there, ours = Path(scratch) / "theirs", Path(scratch) / "ours"
            case = name[: name.index(".", name.index(".") + 1)] if name.count(".") > 1 else name
            for folder in theirs.glob(f"{case}*.expected"):
                shutil.copytree(folder, there / folder.name)
            for folder in decoded.glob(f"{case}*"):
                shutil.copytree(folder, ours / folder.name)
            missed += trial(f"{name}: {fault.__name__}", check.compare, [there, ours], fault, ours / name)
    for ending, fault in WRITTEN:
        with tempfile.TemporaryDirectory() as scratch:
            files = [file for file in sorted(written.glob(f"*.{ending}")) if file.name.count(".") == ending.count(".") + 1]
            file = files[0]
            there = Path(scratch)
            shutil.copy(file, there)
            folder = Path(shutil.copytree(f"{file}.expected", there / f"{file.name}.expected"))
            missed += trial(f"{file.name}: {fault.__name__}", check.written, [there], fault, folder)
    print(f"{len(READ) + len(WRITTEN)} faults, {len(missed)} not found")
    if missed:
        sys.exit("\n".join(missed))


def trial(what: str, command, folders: list[Path], fault, folder: Path) -> list[str]:
    """The command passes before the fault, and does not after it."""
    if fails(command, folders):
        return [f"{what}: fails without it"]
    fault(folder)
    return [] if fails(command, folders) else [what]


def fails(command, folders: list[Path]) -> bool:
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            command(*folders)
    except SystemExit:
        return True
    return False
