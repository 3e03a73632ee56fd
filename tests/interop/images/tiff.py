"""TIFF files, written by tifffile, Pillow, OpenImageIO and by hand, and what libtiff reads from them."""

import struct
from itertools import product
from pathlib import Path

import imagecodecs
import numpy as np
import OpenImageIO as oiio
import tifffile
from PIL import Image

from expected import cut, planes, put, refused
from samples import HEIGHT, SEED, WIDTH, bits, covering, pack, pixels

SETTINGS = {
    "dtype": ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"],
    "bands": [1, 2, 3, 4, 5, 6, 7],
    "tile": [None, (16, 32)],
    "compression": ["none", "lzw", "deflate", "zstd", "packbits"],
    "predictor": [1, 2, 3],
    "byteorder": ["<", ">"],
    "bigtiff": [False, True],
    "planarconfig": ["contig", "separate"],
}
SHORT = {"<": "le", ">": "be", True: "big", False: "classic", None: "strips", (16, 32): "tiles"}


def tiff(folder: Path) -> None:
    for case in covering(SETTINGS, is_valid):
        name = "_".join(str(SHORT.get(value, value)) for value in case.values())
        matrix_file(folder / f"{name}.tif", **case)
    layouts(folder)
    meanings(folder)
    packed(folder)
    pages(folder)
    other_writers(folder)
    not_read(folder)
    for name in ["one_strip", "one_strip_lzw", "bits_deflate", "no_rows_per_strip"]:
        cut(folder / f"{name}.tif")


def is_valid(case: dict) -> bool:
    if case["bands"] == 1 and case["planarconfig"] == "separate":
        return False
    if case["predictor"] == 1:
        return True
    is_float = case["dtype"].startswith("f")
    fits = case["compression"] not in ("none", "packbits") and not case["dtype"].startswith("c")
    return fits and is_float == (case["predictor"] == 3)


def matrix_file(file: Path, dtype: str, bands: int, tile, compression: str, **settings) -> None:
    data = pixels(dtype, None if bands == 1 else bands)
    is_rgb = bands == 3
    settings |= {"tile": tile} if tile else {"rowsperstrip": 7}
    settings["photometric"] = "rgb" if is_rgb else "minisblack"
    settings["compression"] = None if compression == "none" else compression
    if bands > 1 and not is_rgb:
        settings["extrasamples"] = [0] * (bands - 1)
    names = ["Y"] if bands == 1 else list("RGB") if is_rgb else None
    save(file, data, names or [str(number) for number in range(bands)], **settings)


def save(file: Path, data: np.ndarray, names: list[str] | None = None, **settings) -> None:
    """Writes a file with tifffile, and asks libtiff whether it holds what it should."""
    stored = data
    if data.ndim == 3 and settings.get("planarconfig") == "separate":
        stored = np.ascontiguousarray(np.moveaxis(data, -1, 0))
    elif data.ndim == 2:
        settings.pop("planarconfig", None)
    tifffile.imwrite(file, stored, metadata=None, **settings)
    expect(file, data, names)


def expect(file: Path, data: np.ndarray, names: list[str] | None = None, **put_settings) -> None:
    # This libtiff makes RGB of other colours.
    is_other = names is not None and names[0] in ("C", "Y") and len(names) > 2
    found = tifffile.imread(file) if is_other else imagecodecs.tiff_decode(file.read_bytes())
    if data.ndim == 3 and found.shape != data.shape:
        found = np.moveaxis(found, 0, -1)
    assert found.dtype == data.dtype and found.tobytes() == data.tobytes(), file
    put(file, planes(data, names), **put_settings)


def layouts(folder: Path) -> None:
    large = pixels("u2", 3, 700, 500)
    for name, compression in [("one_strip", None), ("one_strip_lzw", "lzw"), ("one_strip_deflate", "deflate")]:
        save(folder / f"{name}.tif", large, photometric="rgb", rowsperstrip=700, compression=compression)
    for rows in [1, 44, 45, 1000]:
        save(folder / f"rows_{rows}.tif", pixels("u2"), photometric="minisblack", rowsperstrip=rows)
    for tile in [(16, 16), (48, 80), (256, 256), (32, 16)]:
        for bands in [1, 3]:
            data = pixels("f4", None if bands == 1 else bands)
            name = f"tile_{tile[0]}x{tile[1]}_{bands}.tif"
            photometric = "rgb" if bands == 3 else "minisblack"
            save(folder / name, data, photometric=photometric, tile=tile, compression="deflate")
    for height, width in [(1, 1), (1, 67), (45, 1), (17, 16)]:
        data = pixels("u1", height=height, width=width)
        save(folder / f"size_{height}x{width}.tif", data, photometric="minisblack", compression="lzw")
        save(folder / f"size_tile_{height}x{width}.tif", data, photometric="minisblack", tile=(16, 16))
    raw(folder / "no_rows_per_strip.tif", pixels("u1"), leave_out=[278])


def meanings(folder: Path) -> None:
    """What bands are, by their photometric interpretation and extra samples."""
    grey, two, rgb, four = pixels("u1"), pixels("u1", 2), pixels("u1", 3), pixels("u1", 4)
    save(folder / "white_is_zero.tif", grey, photometric="miniswhite")
    save(folder / "palette.tif", grey, ["index"], photometric="palette", colormap=palette(8))
    for kind in ["unassalpha", "assocalpha"]:
        save(folder / f"{kind}.tif", four, photometric="rgb", extrasamples=[kind])
        save(folder / f"{kind}_separate.tif", four, photometric="rgb", extrasamples=[kind], planarconfig="separate")
        save(folder / f"grey_{kind}.tif", two, ["Y", "A"], photometric="minisblack", extrasamples=[kind])
    save(folder / "rgb_extra.tif", pixels("u2", 5), ["R", "G", "B", "3", "4"], photometric="rgb", extrasamples=[0, 0])
    save(
        folder / "rgb_alpha_extra.tif", pixels("u2", 5), ["R", "G", "B", "A", "4"], photometric="rgb",
        extrasamples=["unassalpha", 0],
    )
    save(folder / "cmyk.tif", four, list("CMYK"), photometric="separated")
    save(folder / "cmyk_alpha.tif", pixels("u1", 5), list("CMYKA"), photometric="separated", extrasamples=["unassalpha"])
    save(folder / "lab.tif", rgb, list("Lab"), photometric="cielab")
    save(folder / "ycbcr.tif", rgb, ["Y", "Cb", "Cr"], photometric="ycbcr", subsampling=(1, 1))


def palette(depth: int) -> np.ndarray:
    return SEED.integers(0, 65536, (3, 2**depth)).astype("u2")


def packed(folder: Path) -> None:
    """Samples that are no whole bytes."""
    one = pixels("bool")
    for compression, tile in product([None, "packbits", "deflate", "lzw"], [None, (16, 32)]):
        file = folder / f"bits_{compression or 'none'}{'_tiles' if tile else ''}.tif"
        layout = {"tile": tile} if tile else {"rowsperstrip": 7}
        tifffile.imwrite(file, one, photometric="minisblack", compression=compression, metadata=None, **layout)
        assert (np.asarray(Image.open(file)) == one).all(), file
        put(file, planes(one.astype("u1")))
    for depth, bands in product([1, 2, 3, 4, 6, 7, 9, 10, 12, 14, 15], [1, 3]):
        raw(folder / f"{depth}_bits_{bands}.tif", bits(depth, None if bands == 1 else bands), depth)
    for depth in [1, 2, 4]:
        raw(folder / f"palette_{depth}.tif", bits(depth), depth, names=["index"], colors=palette(depth))
        raw(folder / f"white_{depth}.tif", bits(depth), depth, photometric=0)
    for depth in [1, 12]:
        raw(folder / f"{depth}_bits_big.tif", bits(depth), depth, order=">")


def raw(
    file: Path, data: np.ndarray, depth: int = 8, *, photometric: int | None = None, names=None, colors=None,
    leave_out=(), order="<", extra=(),
) -> None:
    """A file of one strip, written by hand, and read by tifffile."""
    bands = 1 if data.ndim == 2 else data.shape[2]
    strip = b"".join(pack(data.reshape(HEIGHT, -1), depth))
    if photometric is None:
        photometric = 3 if colors is not None else 2 if bands == 3 else 1
    entries = {
        256: (4, [WIDTH]), 257: (4, [HEIGHT]), 258: (3, [depth] * bands), 259: (3, [1]), 262: (3, [photometric]),
        273: (4, [0]), 277: (3, [bands]), 278: (4, [HEIGHT]), 279: (4, [len(strip)]),
    }
    if colors is not None:
        entries[320] = (3, colors.ravel().tolist())
    entries |= dict(extra)
    entries = {tag: entry for tag, entry in sorted(entries.items()) if tag not in leave_out}
    at = 8 + 2 + 12 * len(entries) + 4
    directory, behind = struct.pack(f"{order}H", len(entries)), b""
    where = at + sum(len(v) * (2 if k == 3 else 4) for k, v in entries.values() if len(v) * (2 if k == 3 else 4) > 4)
    for tag, (kind, values) in entries.items():
        values = [where] if tag == 273 else values
        value = struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(value) > 4:
            value, behind = struct.pack(f"{order}I", at + len(behind)), behind + value
        directory += struct.pack(f"{order}HHI", tag, kind, len(values)) + value.ljust(4, b"\0")
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    file.write_bytes(start + directory + struct.pack(f"{order}I", 0) + behind + strip)
    if extra:
        return
    assert (tifffile.imread(file) == data).all(), file
    put(file, planes(data, names))


def pages(folder: Path) -> None:
    for name, settings in [("classic", {}), ("big", {"bigtiff": True}), ("be", {"byteorder": ">"})]:
        file = folder / f"pages_{name}.tif"
        kinds = enumerate(["u2", "u1", "f4", "i8"])
        found = [pixels(dtype, height=20 + number, width=31) for number, dtype in kinds]
        with tifffile.TiffWriter(file, **settings) as out:
            for number, page in enumerate(found):
                out.write(page, photometric="minisblack", metadata=None, compression=[None, "lzw"][number % 2])
        put_pages(file, found)
    for name, settings in [("imagej", {"imagej": True}), ("ome", {"ome": True})]:
        file = folder / f"{name}.tif"
        found = np.stack([pixels("u2") for _ in range(4)])
        tifffile.imwrite(file, found, **settings)
        put_pages(file, found)
    # Smaller copies in directories below the first: not pages.
    file = folder / "below.tif"
    with tifffile.TiffWriter(file) as out:
        page = pixels("u2")
        out.write(page, photometric="minisblack", metadata=None, subifds=2)
        for step in [2, 4]:
            out.write(page[::step, ::step], photometric="minisblack", metadata=None, subfiletype=1)
    expect(file, page)


def put_pages(file: Path, found) -> None:
    data = file.read_bytes()
    for number, page in enumerate(found):
        assert imagecodecs.tiff_decode(data, number).tobytes() == page.tobytes(), file
        put(file, planes(page), part=f".{number}.0" if number else "")


def other_writers(folder: Path) -> None:
    kinds = {
        "grey": pixels("u1"), "rgb": pixels("u1", 3), "rgba": pixels("u1", 4), "u2": pixels("u2"), "f4": pixels("f4")
    }
    for compression in ["raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"]:
        for name, data in kinds.items():
            file = folder / f"pillow_{compression}_{name}.tif"
            Image.fromarray(data).save(file, compression=compression)
            expect(file, data)
    file = folder / "pillow_bits.tif"
    one = pixels("bool")
    Image.fromarray(one).save(file)
    put(file, planes(np.asarray(Image.open(file)).astype("u1")))
    kinds = {"u1": "uint8", "u2": "uint16", "i1": "int8", "i2": "int16", "f4": "float", "f8": "double"}
    for (dtype, kind), compression, tile in product(kinds.items(), ["none", "lzw", "zip", "packbits"], [0, 16]):
        file = folder / f"oiio_{dtype}_{compression}_{'tiles' if tile else 'strips'}.tif"
        spec = oiio.ImageSpec(WIDTH, HEIGHT, 3, kind)
        spec.attribute("compression", compression)
        spec.tile_width = spec.tile_height = tile
        out = oiio.ImageOutput.create(str(file))
        data = pixels(dtype, 3)
        assert out.open(str(file), spec) and out.write_image(data), out.geterror()
        out.close()
        expect(file, data)
    jpeg_inside(folder)


def jpeg_inside(folder: Path) -> None:
    """Decoders of JPEG round, and enlarge the colours, in ways of their own."""
    rgb, grey = pixels("u1", 3), pixels("u1")
    cases = {
        "grey": (grey, {"rowsperstrip": 16}), "grey_tiles": (grey, {"tile": (32, 48)}),
        "rgb_444": (rgb, {"compressionargs": {"subsampling": "444"}}),
        "rgb_420": (rgb, {"compressionargs": {"subsampling": "420"}}),
        "rgb_420_strips": (rgb, {"compressionargs": {"subsampling": "420"}, "rowsperstrip": 16}),
        "rgb_420_tiles": (rgb, {"compressionargs": {"subsampling": "420"}, "tile": (32, 48)}),
        "rgb_as_it_is": (rgb, {"compressionargs": {"outcolorspace": "rgb"}}),
    }
    for name, (data, settings) in cases.items():
        file = folder / f"jpeg_{name}.tif"
        photometric = "minisblack" if data.ndim == 2 else "rgb"
        tifffile.imwrite(file, data, photometric=photometric, compression="jpeg", metadata=None, **settings)
        put_jpeg(file, is_converted=name.startswith("rgb_4"))
    for name, data in [("grey", grey), ("rgb", rgb)]:
        file = folder / f"jpeg_tables_{name}.tif"
        Image.fromarray(data).save(file, compression="jpeg")
        put_jpeg(file, is_converted=name == "rgb")


def put_jpeg(file: Path, is_converted: bool) -> None:
    """Colours that are stored as brightness and differences are rounded once more on the way back."""
    found = tifffile.imread(file)
    assert (found == imagecodecs.tiff_decode(file.read_bytes())).all(), file
    put(file, planes(found), tolerance=5 if is_converted else 2, mean=0.8 if is_converted else 0.1)


def not_read(folder: Path) -> None:
    grey = pixels("u1")
    for compression in ["lzma", "webp", "jpeg2000", "jpegxl", "lerc"]:
        file = folder / f"not_read_{compression}.tif"
        data = pixels("u1", 3) if compression == "webp" else grey
        photometric = "rgb" if data.ndim == 3 else "minisblack"
        tifffile.imwrite(file, data, photometric=photometric, compression=compression, metadata=None)
        refused(file)
    file = folder / "not_read_volume.tif"
    tifffile.imwrite(file, np.stack([grey] * 4), photometric="minisblack", volumetric=True, tile=(2, 16, 16))
    refused(file)
    file = folder / "not_read_mixed_bits.tif"
    raw(file, pixels("u1", 3), extra=[(258, (3, [8, 16, 8]))])
    refused(file)
    file = folder / "not_read_predictor.tif"
    raw(file, grey, extra=[(317, (3, [7]))])
    refused(file)
    file = folder / "not_read_fill_order.tif"
    raw(file, bits(1), 1, extra=[(266, (3, [2]))])
    refused(file)
