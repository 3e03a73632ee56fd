"""Working on large arrays with python-blosc2, as `arrays` measures ndpress and plain slices; and the table.

    arrays.py PROGRAM MEGABYTES FILE.npy...     PROGRAM is target/release/arrays
    arrays.py --one THREADS MEGABYTES FILE.npy  lines of JSON

Needs the PyPI packages blosc2 and numpy.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 5
# Seconds after which no other round begins: some operations take minutes.
BUDGET = 15
WINDOWS = 1000
WINDOW = 64


def best(f) -> float:
    times = []
    while len(times) < ROUNDS and sum(times) < BUDGET:
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)


def windows(shape):
    """Those of the Rust program."""
    has_channels = len(shape) == 3 and shape[2] <= 64
    plane = range(0, 2) if has_channels else range(len(shape) - 2, len(shape))
    state = 1

    def below(bound):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % max(bound, 1)

    for _ in range(WINDOWS):
        window = []
        for axis, length in enumerate(shape):
            if axis in plane:
                start = below(max(length - WINDOW, 0))
                window.append(slice(start, start + min(WINDOW, length)))
            elif has_channels:
                window.append(slice(None))
            else:
                window.append(below(length))
        yield tuple(window)


def measure(threads: int, megabytes: int, path: Path) -> None:
    import blosc2
    import numpy as np

    one = np.load(path)
    if one.dtype.str not in ("|u1", "<u2", "<i2", "<f4"):
        return
    copies = -(-megabytes * 1_000_000 // one.nbytes)
    items = np.concatenate([one] * copies)
    blosc2.set_nthreads(threads)
    array = blosc2.asarray(items, cparams={"nthreads": threads}, dparams={"nthreads": threads})
    ops = {
        "sum": lambda: array.sum(),
        "min_max": lambda: (array.min(), array.max()),
        "windows": lambda: [array[window] for window in windows(items.shape)],
    }
    if one.dtype.kind == "f":
        ops["affine"] = lambda: (array * np.float32(0.5) + np.float32(1)).compute()
    else:
        ops["affine"] = lambda: ((array >> 1) + 1).compute()
    chunk = items[tuple(slice(0, length) for length in array.chunks)]

    def zeros():
        lazy = blosc2.zeros(items.shape, items.dtype)
        lazy[tuple(slice(0, length) for length in chunk.shape)] = chunk

    ops["zeros and one chunk"] = zeros

    def fill():
        array[...] = 25

    ops["fill"] = fill
    for op, f in ops.items():
        print(json.dumps({"op": op, "threads": threads, "seconds": best(f)}), flush=True)


def lines(command: list[str]) -> list[dict]:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def table(program: str, megabytes: str, files: list[str]) -> None:
    print("| array | operation | threads | GB/s | times faster than plain | than python-blosc2 |")
    print("|---" * 6 + "|")
    for file in files:
        peers = {}
        for threads in ("1", "2"):
            for row in lines([sys.executable, __file__, "--one", threads, megabytes, file]):
                peers[row["op"], row["threads"]] = row["seconds"]
        for row in lines([program, megabytes, file]):
            if row["array"] == "constant":
                continue
            peer = peers.get((row["op"], row["threads"]))
            cells = [row["array"], row["op"], str(row["threads"]), f"{row['nbytes'] / row['ours'] / 1e9:.1f}",
                     f"{row['plain'] / row['ours']:.2f}", f"{peer / row['ours']:.1f}" if peer else "-"]
            print("|", " | ".join(cells), "|", flush=True)
    print("\nA sum of one value:")
    for row in lines([program, megabytes]):
        print(f"{row['nbytes']} bytes: {row['ours'] * 1e6:.1f} µs, {row['ours'] / row['nbytes'] * 1e15:.1f} s/EB")


if sys.argv[1] == "--one":
    measure(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
else:
    table(sys.argv[1], sys.argv[2], sys.argv[3:])
