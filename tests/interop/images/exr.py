"""EXR files, written by OpenEXR and OpenImageIO, and what OpenEXR reads from them."""

from itertools import product
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio

import exr_raw
from expected import Planes, cut, planes, put, refused
from samples import HEIGHT, WIDTH, finite, pixels

COMPRESSIONS = {
    "none": OpenEXR.NO_COMPRESSION, "rle": OpenEXR.RLE_COMPRESSION, "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION, "piz": OpenEXR.PIZ_COMPRESSION, "pxr24": OpenEXR.PXR24_COMPRESSION,
    "b44": OpenEXR.B44_COMPRESSION, "b44a": OpenEXR.B44A_COMPRESSION, "dwaa": OpenEXR.DWAA_COMPRESSION,
    "dwab": OpenEXR.DWAB_COMPRESSION,
}
NEWER = {
    "htj2k32": OpenEXR.HTJ2K32_COMPRESSION, "htj2k256": OpenEXR.HTJ2K256_COMPRESSION,
    "zstd": OpenEXR.ZSTD_COMPRESSION,
}
# Blocks have 1, 16, 32 or 256 lines.
SIZES = [(1, 1), (1, 67), (45, 1), (16, 16), (17, 3), (32, 33), (33, 31), (257, 5)]
TILES = [(16, 16), (64, 24), (7, 5), (256, 256)]


def exr(folder: Path) -> None:
    compressed(folder)
    windows(folder)
    multipart(folder)
    attributes(folder)
    levels(folder)
    raw(folder)
    for name, compression in NEWER.items():
        file = folder / f"{name}.exr"
        save(file, {"compression": compression}, mixed())
        refused(file)
    for name in ["scanlines_none", "scanlines_piz", "tiles_zip_16x16"]:
        cut(folder / f"{name}.exr")
    # Within the first part: what comes after it does not matter to it.
    cut(folder / "parts_alike.exr", 0.2)
    deep(folder / "deep.exr")


def mixed(height: int = HEIGHT, width: int = WIDTH) -> dict:
    size = {"height": height, "width": width}
    channels = {name: pixels("f2", **size) for name in "RGBA"}
    channels |= {"Z": pixels("f4", **size), "id": pixels("u4", **size), "beauty.R": pixels("f2", **size)}
    # Ids as floats may be NaN, which half-way programs change.
    ids = pixels("u4", **size).view("f4")
    return channels | {"crypto00.R": np.where(np.isfinite(ids), ids, np.float32(1))}


def save(file: Path, header: dict, channels: dict) -> None:
    with OpenEXR.File({"type": OpenEXR.scanlineimage, **header}, dict(channels)) as out:
        out.write(str(file))


def tiled(columns: int, rows: int) -> dict:
    tiles = OpenEXR.TileDescription()
    tiles.xSize, tiles.ySize = columns, rows
    return {"type": OpenEXR.tiledimage, "tiles": tiles}


def parts_of(file: Path) -> list[Planes]:
    with OpenEXR.File(str(file), separate_channels=True) as opened:
        return [
            [(name, part.channels[name].pixels.copy()) for name in sorted(part.channels)]
            for part in opened.parts
        ]


def put_parts(file: Path, count: int = 1) -> None:
    parts = parts_of(file)
    assert len(parts) == count, file
    for number, channels in enumerate(parts):
        put(file, channels, part=f".{number}.0" if number else "")


def compressed(folder: Path) -> None:
    for name, compression in COMPRESSIONS.items():
        header = {"compression": compression}
        save(folder / f"scanlines_{name}.exr", header, mixed())
        put_parts(folder / f"scanlines_{name}.exr")
        for columns, rows in TILES:
            file = folder / f"tiles_{name}_{columns}x{rows}.exr"
            save(file, header | tiled(columns, rows), mixed())
            put_parts(file)
        for height, width in SIZES:
            file = folder / f"size_{name}_{height}x{width}.exr"
            save(file, header, mixed(height, width))
            put_parts(file)
        for kind, values in contents():
            file = folder / f"{kind}_{name}.exr"
            save(file, header, values)
            put_parts(file)


    file = folder / "utf8_names.exr"
    save(file, {}, {"ü.R": pixels("f4"), "光.Z": pixels("f2")})
    put_parts(file)


def contents() -> list[tuple[str, dict]]:
    """What compressions have ways of their own for."""
    noise = np.random.default_rng(7)
    all_halves = np.arange(65536, dtype="u2").reshape(256, 256).view("f2")
    layers = {f"layer{i // 4:02}.{'RGBA'[i % 4]}": pixels("f2") for i in range(44)}
    return [
        ("constant", {"R": np.full((HEIGHT, WIDTH), 0.25, "f2"), "id": np.full((HEIGHT, WIDTH), 9, "u4")}),
        ("noise", {
            "Y": noise.normal(0, 1, (HEIGHT, WIDTH)).astype("f2"), "Z": noise.normal(0, 9, (HEIGHT, WIDTH)).astype("f4"),
            "id": noise.integers(0, 2**32, (HEIGHT, WIDTH), dtype="u4"),
        }),
        ("halves", {"Y": np.where(np.isfinite(all_halves), all_halves, np.float16(1))}),
        ("layers", layers),
        ("rgb", {name: finite("f2") for name in "RGB"}),
        ("long_names", {"a" * 31: finite("f2"), "b" * 32: finite("f2"), "c" * 255: finite("f2")}),
    ]


def windows(folder: Path) -> None:
    for (x, y), (name, extra) in product(
        [(-7, 5), (100, -20), (-200, -300)], [("scanlines", {}), ("tiles", tiled(16, 24))]
    ):
        file = folder / f"window_{x}_{y}_{name}.exr"
        corner = lambda x, y: np.array([x, y], "i4")
        header = {
            "compression": OpenEXR.ZIP_COMPRESSION, "displayWindow": (corner(0, 0), corner(49, 89)),
            "dataWindow": (corner(x, y), corner(x + WIDTH - 1, y + HEIGHT - 1)),
        }
        save(file, header | extra, mixed())
        put_parts(file)


def multipart(folder: Path) -> None:
    def part(name, channels, compression="zip", extra=None):
        # All parts must have the same display window.
        display = (np.array([0, 0], "i4"), np.array([WIDTH - 1, HEIGHT - 1], "i4"))
        header = {
            "name": name, "type": OpenEXR.scanlineimage, "compression": COMPRESSIONS[compression],
            "displayWindow": display,
        }
        return OpenEXR.Part(header | (extra or {}), channels)

    cases = {
        "parts_alike": [
            part("beauty", {"R": pixels("f2"), "G": pixels("f2")}), part("depth", {"Z": pixels("f4")}),
            part("ids", {"id": pixels("u4")}),
        ],
        "parts_of_kinds": [
            part("tiles", mixed(), "piz", tiled(16, 24)), part("lines", mixed(30, 50), "pxr24"),
            part("small", {"Y": pixels("f2", height=1, width=1)}, "none"), part("b44", mixed(), "b44a", tiled(9, 9)),
        ],
        "one_part": [part("only", mixed())],
    }
    for name, parts in cases.items():
        file = folder / f"{name}.exr"
        with OpenEXR.File(parts) as out:
            out.write(str(file))
        put_parts(file, len(parts))


def attributes(folder: Path) -> None:
    header = {
        "text": "grün", "empty": "", "int": -3, "float": 1.5, "double": np.float64(2.5),
        "v2i": np.array([1, 2], "i4"), "v2f": np.array([1, 2], "f4"), "v3d": np.array([1, 2, 3], "f8"),
        "m33f": np.eye(3, dtype="f4"), "m44d": np.eye(4), "box": (np.array([0, 0], "i4"), np.array([5, 5], "i4")),
        "boxf": (np.array([0, 0], "f4"), np.array([5, 5], "f4")), "texts": ["a", "", "bc"], "floats": [1.5, 2.5],
        "chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329),
        "timeCode": OpenEXR.TimeCode(), "envmap": OpenEXR.ENVMAP_CUBE, "preview": OpenEXR.PreviewImage(7, 5),
        "a" * 200: 1, "pixelAspectRatio": 2.0,
    }
    key_code = {"keyCode": OpenEXR.KeyCode(1, 2, 3, 4, 5, 6, 64)}
    cases = {"scanlines": header, "tiles": header | tiled(16, 16), "key_code": key_code}
    for name, case in cases.items():
        file = folder / f"attributes_{name}.exr"
        save(file, case, mixed())
        put_parts(file)


def deep(file: Path) -> None:
    samples = np.empty((4, 5), dtype=object)
    for y, x in np.ndindex(4, 5):
        samples[y, x] = np.arange(x + y, dtype="f4")
    save(file, {"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}, {"Z": samples})
    refused(file)


# ---- Levels, which OpenEXR does not write from Python

def levels(folder: Path) -> None:
    for name in ["zip", "piz", "none"]:
        file = folder / f"mips_{name}.exr"
        buffer = oiio.ImageBuf(oiio.ImageSpec(96, 64, 1, oiio.FLOAT))
        buffer.set_pixels(oiio.ROI(), finite("f4", 1, height=64, width=96))
        config = oiio.ImageSpec()
        config.attribute("compression", name)
        assert oiio.ImageBufAlgo.make_texture(oiio.MakeTxTexture, buffer, str(file), config), oiio.geterror()
        put_levels(file, 7)


def levels_of(file: Path) -> list[Planes]:
    opened = oiio.ImageInput.open(str(file))
    found = []
    while opened.seek_subimage(0, len(found)):
        spec = opened.spec()
        values = opened.read_image(0, len(found), 0, spec.nchannels, spec.format)
        found.append(planes(values, list(spec.channelnames)))
    opened.close()
    return found


def put_levels(file: Path, count: int) -> None:
    found = levels_of(file)
    assert len(found) == count, (file, len(found))
    for level, channels in enumerate(found):
        put(file, channels, part=f".0.{level}" if level else "")


# ---- What neither writes from Python

def raw(folder: Path) -> None:
    """Levels of all modes and roundings, orders of lines and tiles, channels with fewer pixels."""
    channels = {"Y": finite("f4"), "Z": finite("f4")}
    for mode, rounding, order in product(["one", "mip", "rip"], ["down", "up"], ["up", "down", "any"]):
        file = folder / f"raw_{mode}_{rounding}_{order}.exr"
        found = exr_raw.tiles(file, channels, mode, rounding, order)
        same(found[0], parts_of(file)[0])
        if mode != "rip":
            for ours, theirs in zip(found, levels_of(file), strict=True):
                same(ours, theirs)
        for level, level_channels in enumerate(found):
            put(file, level_channels, part=f".0.{level}" if level else "")
    for order in ["up", "down"]:
        file = folder / f"raw_lines_{order}.exr"
        exr_raw.lines(file, channels, order)
        same([*channels.items()], parts_of(file)[0])
        put_parts(file)
    file = folder / "raw_subsampled.exr"
    exr_raw.lines(file, channels | {"Z": channels["Z"][::2, ::2]}, "up", sampling={"Z": 2})
    refused(file)


def same(ours: Planes, theirs: Planes) -> None:
    assert [name for name, _ in ours] == [name for name, _ in theirs]
    for (name, a), (_, b) in zip(ours, theirs):
        assert a.shape == b.shape and a.tobytes() == b.tobytes(), name
