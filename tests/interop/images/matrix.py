"""Files of many kinds, written by other programs."""

from itertools import product
from pathlib import Path

import imagecodecs
import numpy as np
import OpenEXR
import OpenImageIO as oiio
import tifffile
from PIL import Image

from expected import planes, put

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
    values.flat[3:6] = [np.nan, np.inf, -np.inf]
    values.flat[9] = -0.0
    return values


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in (exr, tiff, png, jpeg, netpbm, npy, others):
        kind(folder)
    print(len(list(folder.glob("*.expected"))), "images written")


# Of each type and number of channels, some.
SOURCES = [
    "scanlines_zip.exr", "tiles_piz_16.exr", "window_-7.exr", "strips_u1_le_1.tif", "strips_u2_le_3.tif",
    "strips_i4_be_5.tif", "tiles_u8_le_1.tif", "strips_f2_le_3.tif", "strips_f4_le_1.tif", "strips_f8_le_5.tif",
    "strips_i1_le_1.tif", "strips_i8_le_3.tif", "strips_c8_le_1.tif", "alpha.tif", "cmyk.tif", "one_strip.tif",
    "u2_4.png", "u1_2.png", "u2_1.png", "bool_le_5_C.npy", "u4_le_1_C.npy", "light.hdr",
]


def sources(folder: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        (to / name).write_bytes((folder / name).read_bytes())


# ---- EXR

EXR_LOSSLESS = ["none", "rle", "zips", "zip", "piz"]
EXR_LOSSY = ["pxr24", "b44", "b44a"]


def exr(folder: Path) -> None:
    mixed = {
        "A": pixels("f2"), "B": pixels("f2"), "Z": pixels("f4"), "id": pixels("u4"),
        "beauty.R": pixels("f2"), "crypto00.R": pixels("u4").view("f4"),
    }
    # Ids as floats may be NaN, which half-way programs change.
    mixed["crypto00.R"] = np.where(np.isfinite(mixed["crypto00.R"]), mixed["crypto00.R"], np.float32(1))
    compressions = {
        "none": OpenEXR.NO_COMPRESSION, "rle": OpenEXR.RLE_COMPRESSION, "zips": OpenEXR.ZIPS_COMPRESSION,
        "zip": OpenEXR.ZIP_COMPRESSION, "piz": OpenEXR.PIZ_COMPRESSION, "pxr24": OpenEXR.PXR24_COMPRESSION,
        "b44": OpenEXR.B44_COMPRESSION, "b44a": OpenEXR.B44A_COMPRESSION, "dwaa": OpenEXR.DWAA_COMPRESSION,
        "dwab": OpenEXR.DWAB_COMPRESSION,
    }
    for name, compression in compressions.items():
        file = folder / f"scanlines_{name}.exr"
        with OpenEXR.File({"compression": compression, "type": OpenEXR.scanlineimage}, dict(mixed)) as out:
            out.write(str(file))
        put(file, exr_parts(file)[0])
    for compression, tile in product(EXR_LOSSLESS + EXR_LOSSY, [(16, 16), (64, 24), (256, 256)]):
        exr_tiled(folder / f"tiles_{compression}_{tile[0]}.exr", compression, tile, mixed)
    for origin in [(-7, 5), (100, -20)]:
        exr_window(folder / f"window_{origin[0]}.exr", origin)
    exr_mips(folder / "mips.exr")
    exr_multipart(folder / "parts.exr")


def exr_parts(file: Path) -> list:
    with OpenEXR.File(str(file), separate_channels=True) as opened:
        return [
            [(name, part.channels[name].pixels.copy()) for name in sorted(part.channels)]
            for part in opened.parts
        ]


def oiio_spec(channels: dict, tile=None, compression="zip", width=WIDTH, height=HEIGHT):
    kinds = {"float16": "half", "float32": "float", "uint32": "uint32"}
    spec = oiio.ImageSpec(width, height, len(channels), oiio.FLOAT)
    spec.channelnames = tuple(channels)
    spec.channelformats = tuple(oiio.TypeDesc(kinds[plane.dtype.name]) for plane in channels.values())
    spec.attribute("compression", compression)
    if tile:
        spec.tile_width, spec.tile_height, spec.tile_depth = *tile, 1
    return spec


def exr_tiled(file: Path, compression: str, tile, channels: dict) -> None:
    # Its writer for Python takes one type for all channels.
    channels = {name: plane for name, plane in channels.items() if plane.dtype == np.float32}
    spec = oiio_spec(channels, tile, compression)
    with_output(file, spec, lambda out: out.write_image(np.stack(list(channels.values()), -1)))
    put(file, exr_parts(file)[0])


def exr_window(file: Path, origin) -> None:
    channels = {"R": pixels("f4"), "G": pixels("f4")}
    spec = oiio_spec(channels)
    spec.x, spec.y = origin
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = 0, 0, 50, 90
    with_output(file, spec, lambda out: out.write_image(np.stack(list(channels.values()), -1)))
    put(file, exr_parts(file)[0])


def exr_mips(file: Path) -> None:
    plane = pixels("f4", height=64, width=96)
    plane = np.nan_to_num(plane, posinf=1, neginf=0)
    buffer = oiio.ImageBuf(oiio.ImageSpec(96, 64, 1, oiio.FLOAT))
    buffer.set_pixels(oiio.ROI(), plane[..., None])
    oiio.ImageBufAlgo.make_texture(oiio.MakeTxTexture, buffer, str(file))
    opened = oiio.ImageInput.open(str(file))
    level = 0
    while opened.seek_subimage(0, level):
        spec = opened.spec()
        values = opened.read_image(0, level, 0, spec.nchannels, spec.format)
        names = list(spec.channelnames)
        put(file, planes(values, names), part="" if level == 0 else f".0.{level}")
        level += 1
    assert level > 4


def exr_multipart(file: Path) -> None:
    parts = [
        OpenEXR.Part({"name": "beauty", "type": OpenEXR.scanlineimage}, {"R": pixels("f2"), "G": pixels("f2")}),
        OpenEXR.Part({"name": "depth", "type": OpenEXR.scanlineimage}, {"Z": pixels("f4")}),
        OpenEXR.Part({"name": "ids", "type": OpenEXR.scanlineimage}, {"id": pixels("u4")}),
    ]
    with OpenEXR.File(parts) as out:
        out.write(str(file))
    for number, channels in enumerate(exr_parts(file)):
        put(file, channels, part="" if number == 0 else f".{number}.0")


def with_output(file: Path, spec, write) -> None:
    out = oiio.ImageOutput.create(str(file))
    assert out and out.open(str(file), spec), oiio.geterror()
    assert write(out), out.geterror()
    out.close()


# ---- TIFF

TIFF_TYPES = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]


def tiff(folder: Path) -> None:
    for dtype, order, bands in product(TIFF_TYPES, "<>", [1, 3, 5]):
        name = f"{dtype}_{'le' if order == '<' else 'be'}_{bands}.tif"
        tiff_file(folder / f"strips_{name}", dtype, bands, byteorder=order, rowsperstrip=7)
        tiff_file(folder / f"tiles_{name}", dtype, bands, byteorder=order, tile=(16, 32), bigtiff=True)
    for compression, dtype, predictor, bands in product(
        ["lzw", "deflate", "zstd", "packbits"], ["u1", "u2", "i4", "u8", "f2", "f4", "f8"], [False, True], [1, 3]
    ):
        if compression == "packbits" and predictor:
            continue
        predictor = {False: 1, True: 3 if dtype.startswith("f") else 2}[predictor]
        name = f"{compression}_{dtype}_{predictor}_{bands}"
        for order in "<>":
            end = "le" if order == "<" else "be"
            tiff_file(
                folder / f"{name}_{end}.tif", dtype, bands, byteorder=order, compression=compression,
                predictor=predictor, rowsperstrip=8,
            )
        tiff_file(
            folder / f"{name}_tiles.tif", dtype, bands, compression=compression, predictor=predictor, tile=(32, 16)
        )
    for bands, tile in product([2, 3, 7], [None, (16, 16)]):
        for compression in [None, "deflate"]:
            name = f"planar_{bands}_{'tiles' if tile else 'strips'}_{compression}.tif"
            settings = {"tile": tile} if tile else {"rowsperstrip": 11}
            tiff_file(
                folder / name, "u2", bands, planarconfig="separate", compression=compression, **settings
            )
    tiff_odd(folder)


def tiff_file(file: Path, dtype: str, bands: int, planarconfig="contig", **settings) -> None:
    big = settings.pop("bigtiff", False)
    order = settings.pop("byteorder", "<")
    data = pixels(dtype, None if bands == 1 else bands)
    photometric = "rgb" if bands == 3 else "minisblack"
    stored = data
    if bands > 1:
        settings["planarconfig"] = planarconfig
        if planarconfig == "separate":
            stored = np.ascontiguousarray(np.moveaxis(data, -1, 0))
    extra = {"extrasamples": [0] * (bands - 1)} if bands > 1 and bands != 3 else {}
    tifffile.imwrite(
        file, stored, photometric=photometric, byteorder=order, bigtiff=big, metadata=None, **settings, **extra
    )
    back = tifffile.imread(file)
    back = np.moveaxis(back, 0, -1) if bands > 1 and planarconfig == "separate" else back
    assert back.tobytes() == data.tobytes(), file
    put(file, planes(data, ["R", "G", "B"] if bands == 3 else [str(i) for i in range(bands)] if bands > 1 else ["Y"]))


def tiff_odd(folder: Path) -> None:
    bits = pixels("bool")
    for compression in [None, "packbits", "deflate"]:
        file = folder / f"bits_{compression}.tif"
        tifffile.imwrite(file, bits, photometric="minisblack", compression=compression, metadata=None)
        put(file, planes(bits.astype("u1")))
    for depth in [2, 4, 10, 12, 14]:
        file = folder / f"{depth}_bits.tif"
        dtype = "u1" if depth <= 8 else "u2"
        values = pixels(dtype) >> (np.dtype(dtype).itemsize * 8 - depth)
        digits = values[..., None] >> np.arange(depth - 1, -1, -1, dtype=dtype) & 1
        packed = np.packbits(digits.reshape(HEIGHT, -1).astype("u1"), axis=1).tobytes()
        tiff_raw(file, packed, depth, values)
    palette = SEED.integers(0, 65536, (3, 256)).astype("u2")
    file = folder / "palette.tif"
    index = pixels("u1")
    tifffile.imwrite(file, index, photometric="palette", colormap=palette, metadata=None)
    put(file, planes(index, ["index"]))
    file = folder / "white_is_zero.tif"
    tifffile.imwrite(file, index, photometric="miniswhite", metadata=None)
    put(file, planes(index))
    file = folder / "one_strip.tif"
    large = pixels("u2", 3, 700, 500)
    tifffile.imwrite(file, large, photometric="rgb", rowsperstrip=700, metadata=None)
    put(file, planes(large))
    file = folder / "one_strip_lzw.tif"
    tifffile.imwrite(file, large, photometric="rgb", rowsperstrip=700, compression="lzw", metadata=None)
    put(file, planes(large))
    file = folder / "alpha.tif"
    rgba = pixels("u1", 4)
    tifffile.imwrite(file, rgba, photometric="rgb", extrasamples=["unassalpha"], metadata=None)
    put(file, planes(rgba))
    file = folder / "cmyk.tif"
    tifffile.imwrite(file, rgba, photometric="separated", metadata=None)
    put(file, planes(rgba, list("CMYK")))
    file = folder / "pages.tif"
    with tifffile.TiffWriter(file) as out:
        for number in range(4):
            page = pixels("u2", height=20 + number, width=31)
            out.write(page, photometric="minisblack", metadata=None)
            put(file, planes(page), part="" if number == 0 else f".{number}.0")


def tiff_raw(file: Path, packed: bytes, depth: int, values: np.ndarray) -> None:
    """A file of one strip of packed integers, which tifffile itself reads."""
    import struct

    entries = [
        (256, 4, WIDTH), (257, 4, HEIGHT), (258, 3, depth), (259, 3, 1), (262, 3, 1), (273, 4, 0),
        (277, 3, 1), (278, 4, HEIGHT), (279, 4, len(packed)),
    ]
    start = 8 + 2 + 12 * len(entries) + 4
    data = b"II*\0" + struct.pack("<IH", 8, len(entries))
    for tag, kind, value in entries:
        value = start if tag == 273 else value
        data += struct.pack("<HHII", tag, kind, 1, value)
    file.write_bytes(data + struct.pack("<I", 0) + bytes(packed))
    assert (tifffile.imread(file) == values).all(), file
    put(file, planes(values))


# ---- PNG, JPEG, and the rest

def png(folder: Path) -> None:
    for dtype, channels in product(["u1", "u2"], [1, 2, 3, 4]):
        data = pixels(dtype, None if channels == 1 else channels)
        file = folder / f"{dtype}_{channels}.png"
        file.write_bytes(imagecodecs.png_encode(data))
        assert (imagecodecs.png_decode(file.read_bytes()) == data).all()
        put(file, planes(data))
    grey = pixels("u1")
    for bits in [1, 2, 4]:
        file = folder / f"grey_{bits}.png"
        small = grey >> (8 - bits)
        png_raw(file, small, bits, 0, b"")
        put(file, planes((small.astype("u2") * 255 // (2**bits - 1)).astype("u1")))
    palette = SEED.integers(0, 256, (16, 3)).astype("u1")
    index = grey >> 4
    file = folder / "palette.png"
    png_raw(file, index, 4, 3, chunk(b"PLTE", palette.tobytes()))
    put(file, planes(palette[index]))
    file = folder / "palette_alpha.png"
    alpha = SEED.integers(0, 256, 16).astype("u1")
    png_raw(file, index, 4, 3, chunk(b"PLTE", palette.tobytes()) + chunk(b"tRNS", alpha.tobytes()))
    put(file, planes(np.dstack([palette[index], alpha[index]])))
    assert (np.array(Image.open(file).convert("RGBA")) == np.dstack([palette[index], alpha[index]])).all()
    for mode, channels in [("L", 1), ("RGB", 3), ("RGBA", 4)]:
        file = folder / f"interlaced_{mode}.png"
        data = pixels("u1", None if channels == 1 else channels)
        oiio_png(file, data)
        put(file, planes(data))


def chunk(kind: bytes, data: bytes) -> bytes:
    import struct
    import zlib

    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_raw(file: Path, values: np.ndarray, bits: int, color: int, before: bytes) -> None:
    import struct
    import zlib

    rows = np.packbits(
        np.unpackbits(values[..., None], axis=2)[..., 8 - bits:].reshape(HEIGHT, -1), axis=1
    )
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, color, 0, 0, 0)
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


# Rows and columns of the seven passes: first and step.
ADAM7 = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1)]


def oiio_png(file: Path, data: np.ndarray) -> None:
    """An interlaced file, which no encoder here writes: passes without filters."""
    import struct
    import zlib

    channels = 1 if data.ndim == 2 else data.shape[2]
    lines = b""
    for y, dy, x, dx in ADAM7:
        for row in data[y::dy, x::dx]:
            lines += b"\0" + row.tobytes()
    color = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, color, 0, 0, 1)
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    )
    assert (np.array(Image.open(file)) == data).all(), file


def jpeg(folder: Path) -> None:
    for channels, sampling, progressive in product([1, 3], ["4:4:4", "4:2:0"], [False, True]):
        data = pixels("u1", None if channels == 1 else channels)
        file = folder / f"{channels}_{sampling.replace(':', '')}_{'p' if progressive else 'b'}.jpg"
        Image.fromarray(data).save(file, quality=90, subsampling=sampling, progressive=progressive)
        # Decoders round, and enlarge the colours, in ways of their own.
        tolerance = 2 if channels == 1 or sampling == "4:4:4" else 24
        put(file, planes(np.array(Image.open(file))), tolerance=tolerance)


def netpbm(folder: Path) -> None:
    for dtype, channels in product(["u1", "u2"], [1, 3]):
        data = pixels(dtype, None if channels == 1 else channels)
        largest = np.iinfo(dtype).max
        head = f"# a comment\n{WIDTH} # another\n{HEIGHT}\n{largest}\n"
        file = folder / f"binary_{dtype}_{channels}.pnm"
        file.write_bytes(f"P{5 if channels == 1 else 6}\n{head}".encode() + data.astype(data.dtype.newbyteorder(">")).tobytes())
        put(file, planes(data))
        file = folder / f"text_{dtype}_{channels}.pnm"
        file.write_text(f"P{2 if channels == 1 else 3}\n{head}" + "\n".join(map(str, data.flat)))
        put(file, planes(data))
    bits = pixels("bool")
    grey = np.where(bits, 0, 255).astype("u1")
    file = folder / "bits.pbm"
    file.write_bytes(f"P4\n{WIDTH} {HEIGHT}\n".encode() + np.packbits(bits, axis=1).tobytes())
    put(file, planes(grey))
    assert (np.array(Image.open(file)).astype("u1") * 255 == grey).all()
    file = folder / "text_bits.pbm"
    file.write_text(f"P1\n{WIDTH} {HEIGHT}\n" + "\n".join("".join("01"[int(bit)] for bit in row) for row in bits))
    put(file, planes(grey))
    rgba = pixels("u1", 4)
    file = folder / "rgba.pam"
    file.write_bytes(
        f"P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n".encode()
        + rgba.tobytes()
    )
    put(file, planes(rgba))
    for channels, order in product([1, 3], "<>"):
        data = pixels("f4", None if channels == 1 else channels)
        file = folder / f"{channels}_{'le' if order == '<' else 'be'}.pfm"
        scale = -1.0 if order == "<" else 1.0
        kind = "Pf" if channels == 1 else "PF"
        file.write_bytes(
            f"{kind}\n{WIDTH} {HEIGHT}\n{scale}\n".encode() + np.flipud(data).astype(f"{order}f4").tobytes()
        )
        put(file, planes(data))


def npy(folder: Path) -> None:
    types = ["bool", *TIFF_TYPES]
    for dtype, order, channels, memory in product(types, "<>", [None, 1, 5], "CF"):
        data = pixels(dtype, channels)
        data = np.asarray(data.astype(data.dtype.newbyteorder(order)), order=memory)
        file = folder / f"{dtype}_{'le' if order == '<' else 'be'}_{channels}_{memory}.npy"
        np.save(file, data)
        count = 1 if channels is None else channels
        put(file, planes(data.astype(data.dtype.newbyteorder("<")), [str(i) for i in range(count)]))


def others(folder: Path) -> None:
    rgb, rgba, grey = pixels("u1", 3), pixels("u1", 4), pixels("u1")
    for name, data, settings in [
        ("rgb.bmp", rgb, {}), ("rgb.tga", rgb, {}), ("rle.tga", rgb, {"compression": "tga_rle"}),
        ("grey.tga", grey, {}), ("rgba.tga", rgba, {}), ("lossless.webp", rgb, {"lossless": True}),
    ]:
        file = folder / name
        Image.fromarray(data).save(file, **settings)
        back = np.array(Image.open(file))
        assert (back == data).all(), file
        put(file, planes(back))
    file = folder / "colors.gif"
    Image.fromarray(grey).save(file)
    put(file, planes(np.array(Image.open(file).convert("RGBA"))))
    file = folder / "light.hdr"
    light = np.nan_to_num(pixels("f4", 3), posinf=2, neginf=0).clip(0)
    spec = oiio.ImageSpec(WIDTH, HEIGHT, 3, oiio.FLOAT)
    with_output(file, spec, lambda out: out.write_image(light))
    put(file, planes(oiio.ImageInput.open(str(file)).read_image("float")), tolerance=0)
