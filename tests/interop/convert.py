"""The example `convert` on files of NumPy and python-blosc2.

    convert.py PATH_TO_CONVERT FOLDER

Every dtype and layout goes from .npy to .b2nd and back, and must be the same; python-blosc2 reads what is between
wherever it knows the codec, and writes the other half of the files.
"""

import pathlib
import subprocess
import sys

import blosc2
import numpy as np

convert, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
blosc2.set_nthreads(1)
DTYPES = ["|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16", ">i2",
          ">f8", ">c16", "<U5", "|S3", "<M8[ns]", "<m8[D]", "|V12", "<g",
          [("a", "<i4"), ("b", "<f8", (2, 3)), ("c", "|S5")], [("x", [("y", ">u2"), ("z", "|b1")])]]
SHAPES = [(), (1,), (7,), (0,), (3, 0), (0, 4), (23, 17), (5, 6, 7), (2, 3, 1, 4)]
failures = 0


def elements(dtype, shape):
    dtype, n = np.dtype(dtype), int(np.prod(shape, dtype=int))
    if dtype.kind == "b":
        return (np.arange(n) % 3 == 0).reshape(shape)
    if dtype.kind == "U":
        return np.array([f"{i % 97}é" for i in range(n)], dtype).reshape(shape)
    raw = (np.arange(n * dtype.itemsize) * 7 // 5 % 255 + 1).astype(np.uint8)
    return np.ndarray(shape, dtype, raw.tobytes()) if n else np.empty(shape, dtype)


def run(*arguments, code=0):
    done = subprocess.run([convert, *map(str, arguments)], capture_output=True, text=True, timeout=100)
    assert done.returncode == code, f"{arguments}: {done.returncode}, {done.stderr}"
    return done


def same(found, expected):
    assert found.dtype == expected.dtype and found.shape == expected.shape, f"{found.dtype} {found.shape}"
    assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes(), "elements differ"


def check(name, f):
    global failures
    try:
        f()
    except Exception as error:
        failures += 1
        print(f"{name}: {type(error).__name__}: {error}")


def round_trip(values, order, options):
    source, middle, back = folder / "in.npy", folder / "middle.b2nd", folder / "out.npy"
    np.save(source, np.asarray(values, order=order), allow_pickle=False)
    run(source, middle, *options)
    if "raster" not in options and options:
        array = blosc2.open(str(middle), mode="r")
        found = array[()] if array.ndim == 0 else array[...]
        assert array.shape == values.shape and found.tobytes() == np.ascontiguousarray(values).tobytes(), "in blosc2"
    run(middle, back)
    same(np.load(back), values)


count = 0
for number, dtype in enumerate(DTYPES):
    for shape in SHAPES:
        for order in "CF":
            for options in [[], ["--codec", "lz4"]]:
                values = elements(dtype, shape)
                check(f"{dtype} {shape} {order} {options}", lambda: round_trip(values, order, options))
                count += 1
values = elements("<i4", (200, 300))
for codec in ["raster", "lz4", "lz4hc", "zstd", "blosclz"]:
    for filters in ["shuffle", "bitshuffle", "none"]:
        options = ["--codec", codec, "--level", "1", "--filter", filters, "--chunks", "70,90", "--blocks", "20,30"]
        check(f"{options}", lambda: round_trip(values, "C", options))
        count += 1


def frames():
    """Super-chunks, there and back, and as an array of one axis."""
    np.save(folder / "in.npy", values)
    run(folder / "in.npy", folder / "flat.b2frame", "--codec", "lz4")
    held = blosc2.open(str(folder / "flat.b2frame"), mode="r")
    raw = b"".join(held.decompress_chunk(i) for i in range(held.nchunks))
    assert held.typesize == 4 and raw == values.tobytes(), "in blosc2"
    run(folder / "flat.b2frame", folder / "flat.b2nd")
    run(folder / "flat.b2nd", folder / "out.npy")
    assert np.load(folder / "out.npy").tobytes() == values.tobytes(), "elements differ"


def pythons():
    """Arrays of Python's, with metadata, which stay when the chunks are compressed anew."""
    path = folder / "theirs.b2nd"
    array = blosc2.asarray(values, urlpath=str(path), mode="w", chunks=(64, 64), blocks=(16, 16))
    array.schunk.vlmeta["note"] = {"by": "python"}
    run(path, folder / "out.npy")
    same(np.load(folder / "out.npy"), values)
    for options in [[], ["--codec", "lz4hc"], ["--codec", "lz4", "--chunks", "50,50"]]:
        run(path, folder / "ours.b2nd", *options)
        ours = blosc2.open(str(folder / "ours.b2nd"), mode="r")
        same(ours[...], values)
        assert ours.schunk.vlmeta["note"] == {"by": "python"}, "vlmeta"


def errors():
    """Wrong calls end with 2, what fails with 1, and say why."""
    for arguments in [[], ["a.npy"], ["a.npy", "b.txt"], ["a.npy", "b.b2nd", "--codec"], ["a", "b", "--x", "1"],
                      ["a.npy", "b.b2nd", "--codec", "gzip"], ["a.npy", "b.b2nd", "--level", "x"],
                      ["a.npy", "b.b2nd", "--codec", "lz4", "--level", "77"]]:
        assert "convert IN OUT" in run(*arguments, code=2).stderr
    assert run(folder / "missing.npy", folder / "x.b2nd", code=1).stderr.startswith("convert: ")
    good = (folder / "in.npy").read_bytes()
    for bad in [b"", b"\x93NUMPY", good[:50], good[:2000], good.replace(b"'<i4'", b"'<x4'"),
                good.replace(b"(200, 300)", b"(200, -30)"), good.replace(b"(200, 300)", b"(1" + b"0" * 8 + b")"),
                b"\x93NUMPY\x02\0\xff\xff\xff\xff", good.replace(b"{", b"[", 1)]:
        (folder / "bad.npy").write_bytes(bad)
        run(folder / "bad.npy", folder / "x.b2nd", code=1)


for part in [frames, pythons, errors]:
    check(part.__name__, part)
print(f"{count} conversions and {3} scenarios, {failures} failures")
sys.exit(1 if failures else 0)
