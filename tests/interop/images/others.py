"""Formats that are only read: Radiance HDR, BMP, GIF, WebP, TGA, QOI, farbfeld, ICO."""

import struct
from itertools import product
from pathlib import Path

import imagecodecs
import numpy as np
import OpenImageIO as oiio
from PIL import Image

from decoders import by_oiio
from expected import cut, planes, put, refused
from samples import HEIGHT, WIDTH, bits, finite, pack, pixels


def others(folder: Path) -> None:
    radiance(folder)
    by_pillow(folder)
    bitmap(folder)
    webp(folder)
    gif(folder)
    small(folder)
    for name in ["light_rle.hdr", "rgb.bmp", "rle.tga", "lossless_rgb.webp", "rgba.qoi", "rgba.ff"]:
        cut(folder / name)
    encoders = {"jp2": imagecodecs.jpeg2k_encode, "jxl": imagecodecs.jpegxl_encode, "avif": imagecodecs.avif_encode}
    for ending, encode in encoders.items():
        file = folder / f"not_read.{ending}"
        file.write_bytes(encode(pixels("u1", 3)))
        refused(file)


def radiance(folder: Path) -> None:
    light = finite("f4", 3)
    light[0, 0], light[1, 1] = 0, [1e-30, 0, 1e10]
    for is_run, (height, width) in product([True, False], [(HEIGHT, WIDTH), (1, 1), (5, 7), (5, 8)]):
        data = np.ascontiguousarray(light[:height, :width])
        size = "" if (height, width) == (HEIGHT, WIDTH) else f"_{height}x{width}"
        file = folder / f"light_{'rle' if is_run else 'flat'}{size}.hdr"
        file.write_bytes(imagecodecs.rgbe_encode(data, header=True, rle=is_run and width >= 8))
        put_radiance(file)
    file = folder / "light_oiio.hdr"
    out = oiio.ImageOutput.create(str(file))
    assert out.open(str(file), oiio.ImageSpec(WIDTH, HEIGHT, 3, oiio.FLOAT)) and out.write_image(light)
    out.close()
    put_radiance(file)


def put_radiance(file: Path) -> None:
    put(file, by_oiio(file))


def by_pillow(folder: Path) -> None:
    rgb, rgba, grey = pixels("u1", 3), pixels("u1", 4), pixels("u1")
    for name, data, settings in [
        ("rgb.bmp", rgb, {}), ("grey.bmp", grey, {}), ("rgb.tga", rgb, {}),
        ("rle.tga", rgb, {"compression": "tga_rle"}), ("grey.tga", grey, {}), ("rgba.tga", rgba, {}),
        ("rgba_rle.tga", rgba, {"compression": "tga_rle"}), ("bottom.tga", rgb, {"orientation": -1}),
        ("top.tga", rgb, {"orientation": 1}), ("odd.bmp", rgb[:7, :5], {}),
    ]:
        file = folder / name
        Image.fromarray(np.ascontiguousarray(data)).save(file, **settings)
        back = np.asarray(Image.open(file))
        assert (back == data).all(), file
        if name == "grey.bmp":
            # A palette of greys, as it is for programs that know it.
            back = np.asarray(Image.open(file).convert("RGB"))
        put(file, planes(back))
    for mode, ending in product(["1", "P"], ["bmp", "tga"]):
        if (mode, ending) == ("1", "tga"):
            continue
        file = folder / f"mode_{mode}.{ending}"
        Image.fromarray(rgb).convert(mode).save(file)
        put(file, planes(np.asarray(Image.open(file).convert("RGB"))))


def bitmap(folder: Path) -> None:
    """What Pillow does not write of BMP: fewer and more bits, runs, rows from the top, masks."""
    rgba = pixels("u1", 4)
    colors = np.arange(256 * 3).reshape(256, 3).astype("u1") * 7
    masks = [0xff0000, 0xff00, 0xff, 0xff000000]
    for depth in [1, 4, 8]:
        index = bits(depth)
        rows = pack(index, depth)
        save_bitmap(folder / f"palette_{depth}.bmp", rows, depth, colors[index], colors=colors[: 2**depth])
    save_bitmap(folder / "top.bmp", pack(rgba[..., [2, 1, 0]].reshape(HEIGHT, -1), 8), 24, rgba[..., :3], is_top=True)
    # 32 bits without masks have no alpha.
    four = pack(rgba[..., [2, 1, 0, 3]].reshape(HEIGHT, -1), 8)
    save_bitmap(folder / "unused.bmp", four, 32, rgba[..., :3])
    save_bitmap(folder / "masks.bmp", four, 32, rgba, masks=masks)
    words = (rgba[..., 0] >> 3).astype("<u2") << 11 | (rgba[..., 1] >> 2).astype("<u2") << 5 | rgba[..., 2] >> 3
    file = folder / "565.bmp"
    save_bitmap(file, [row.tobytes() for row in words], 16, None, masks=[0xf800, 0x7e0, 0x1f, 0])
    file = folder / "runs.bmp"
    index = bits(8)
    runs = b"".join(b"".join(bytes([1, value]) for value in row) + b"\0\0" for row in index[::-1]) + b"\0\1"
    save_bitmap(file, [runs], 8, colors[index], colors=colors, method=1)


def save_bitmap(file: Path, rows, depth, shown, *, colors=None, masks=None, is_top=False, method=None) -> None:
    if method is None:
        rows = [row.ljust(-(-len(row) // 4) * 4, b"\0") for row in rows]
        method = 3 if masks else 0
    data = b"".join(rows if is_top else rows[::-1])
    palette = b"" if colors is None else b"".join(bytes([*color[::-1], 0]) for color in colors)
    count = 0 if colors is None else len(colors)
    head = struct.pack("<iiHHIIiiII", WIDTH, -HEIGHT if is_top else HEIGHT, 1, depth, method, len(data), 0, 0, count, 0)
    if masks:
        head += struct.pack("<4I", *masks) + b"BGRs" + bytes(48)
    start = 14 + 4 + len(head) + len(palette)
    file.write_bytes(
        b"BM" + struct.pack("<IIII", start + len(data), 0, start, 4 + len(head)) + head + palette + data
    )
    found = np.asarray(Image.open(file).convert("RGBA" if shown is not None and shown.shape[2] == 4 else "RGB"))
    assert shown is None or (found == shown).all(), file
    # Of five bits, eight are made in more ways than one.
    put(file, planes(found), tolerance=1 if depth == 16 else 0, mean=1)


def webp(folder: Path) -> None:
    for name, data, is_lossless in product_of(("rgb", pixels("u1", 3)), ("rgba", pixels("u1", 4))):
        file = folder / f"{'lossless' if is_lossless else 'lossy'}_{name}.webp"
        Image.fromarray(data).save(file, lossless=is_lossless, exact=True, quality=90)
        found = imagecodecs.webp_decode(file.read_bytes())
        assert (found == np.asarray(Image.open(file))).all(), file
        assert not is_lossless or (found == data).all(), file
        put(file, planes(found), tolerance=0 if is_lossless else 3, mean=0 if is_lossless else 0.5)
    frames = [Image.fromarray(pixels("u1", 3)) for _ in range(3)]
    file = folder / "moving.webp"
    frames[0].save(file, save_all=True, append_images=frames[1:], lossless=True)
    # The file says that there is alpha.
    put(file, planes(np.asarray(frames[0].convert("RGBA"))))


def product_of(*kinds):
    return [(name, data, is_lossless) for (name, data), is_lossless in product(kinds, [True, False])]


def gif(folder: Path) -> None:
    grey, rgb = pixels("u1"), pixels("u1", 3)
    few = Image.fromarray(rgb).convert("P", palette=Image.Palette.ADAPTIVE, colors=7)
    for name, image, settings in [
        ("grey", Image.fromarray(grey), {}), ("palette", Image.fromarray(rgb).convert("P"), {}), ("few", few, {}),
        ("flat", few, {"interlace": 0}), ("clear", few, {"transparency": 3}),
        ("moving", few, {"save_all": True, "append_images": [few.rotate(90), few.rotate(180)]}),
    ]:
        file = folder / f"{name}.gif"
        image.save(file, **settings)
        put(file, planes(np.asarray(Image.open(file).convert("RGBA"))))


def small(folder: Path) -> None:
    rgb, rgba = pixels("u1", 3), pixels("u1", 4)
    for name, data in [("rgb", rgb), ("rgba", rgba)]:
        file = folder / f"{name}.qoi"
        file.write_bytes(imagecodecs.qoi_encode(data))
        assert (np.asarray(Image.open(file)) == data).all(), file
        put(file, planes(data))
    deep = pixels("u2", 4)
    file = folder / "rgba.ff"
    file.write_bytes(b"farbfeld" + struct.pack(">II", WIDTH, HEIGHT) + deep.astype(">u2").tobytes())
    put(file, planes(deep))
    file = folder / "icon.ico"
    icon = pixels("u1", 4, 32, 32)
    Image.fromarray(icon).save(file, sizes=[(32, 32)])
    assert (np.asarray(Image.open(file)) == icon).all()
    put(file, planes(icon))
