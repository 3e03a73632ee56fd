"""Reading image files with OpenImageIO and compressed-image, as `files` measures ndpress; and the table.

    files.py PROGRAM FILE...      PROGRAM is target/release/files
    files.py --one WAY FILE       one line of JSON

Needs the PyPI packages OpenImageIO 3.2.2, compressed-image 1.0.1 and numpy.
"""

import ctypes
import json
import subprocess
import sys
import time
from pathlib import Path

LIBC = ctypes.CDLL(None)
RUNS = 7


def read_oiio(path: Path):
    import OpenImageIO as oiio

    buffer = oiio.ImageBuf(str(path))
    buffer.read(0, 0, True)
    spec = buffer.spec()
    return buffer, spec.image_bytes(True), spec.image_bytes(True)


def read_compressed_image(path: Path):
    import compressed_image

    dtype = compressed_image.Image.dtype_from_file(str(path))
    image = compressed_image.Image.read(dtype, str(path), 0)
    nbytes = image.width * image.height * image.num_channels * dtype.itemsize
    return image, nbytes, int(nbytes / max(image.compression_ratio(), 1e-9))


WAYS = {"OpenImageIO": read_oiio, "compressed-image": read_compressed_image}


def field(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def measure(way: str, path: Path) -> None:
    read = WAYS[way]
    held = read(path)
    nbytes, compressed = held[1:]
    del held
    LIBC.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = field("VmRSS")
    held = read(path)
    peak = field("VmHWM") - before
    del held
    times = []
    for _ in range(RUNS):
        LIBC.malloc_trim(0)
        start = time.perf_counter()
        held = read(path)
        times.append((time.perf_counter() - start) * 1e3)
        del held
    times.sort()
    print(json.dumps({
        "file": path.name, "way": way, "nbytes": nbytes, "held": compressed, "peak": peak,
        "best_ms": times[0], "median_ms": times[RUNS // 2],
    }))


def lines(command: list[str]) -> list[dict]:
    done = subprocess.run(command, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def table(program: str, files: list[Path]) -> None:
    columns = ["file", "raw MB", "held MB", "ms", "/ plain", "/ OpenImageIO", "/ compressed-image", "peak MB",
               "peak - held, % of raw", "peak: plain", "OpenImageIO", "compressed-image"]
    print("|", " | ".join(columns), "|")
    print("|---" * len(columns) + "|")
    for file in files:
        rows = {row["way"]: row for row in lines([program, str(file)])}
        for way in WAYS:
            for row in lines([sys.executable, __file__, "--one", way, str(file)]):
                rows[way] = row
        ours = rows["ndpress"]

        def ratio(way: str) -> str:
            return f"{ours['best_ms'] / rows[way]['best_ms']:.2f}" if way in rows else "-"

        def peak(way: str) -> str:
            return f"{rows[way]['peak'] / 1e6:.1f}" if way in rows else "-"

        over = (ours["peak"] - ours["held"]) / ours["nbytes"] * 100
        cells = [file.name, f"{ours['nbytes'] / 1e6:.1f}", f"{ours['held'] / 1e6:.2f}", f"{ours['best_ms']:.1f}",
                 ratio("plain"), ratio("OpenImageIO"), ratio("compressed-image"), peak("ndpress"), f"{over:.0f}",
                 peak("plain"), peak("OpenImageIO"), peak("compressed-image")]
        print("|", " | ".join(cells), "|", flush=True)


if sys.argv[1] == "--one":
    measure(sys.argv[2], Path(sys.argv[3]))
else:
    table(sys.argv[1], [Path(argument) for argument in sys.argv[2:]])
