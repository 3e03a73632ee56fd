"""Frames and b2nd arrays between ndpress and python-blosc2, both ways.

    frames.py write FOLDER     writes cases with python-blosc2
    frames.py check FOLDER     opens what ndpress wrote, and compares
    frames.py change FOLDER    changes what ndpress wrote, for ndpress to read again

A folder has `manifest.jsonl`, a case a line, and for each case a file (or folder) and its elements in C
order as `NAME.bin`. `tests/interop/src/bin/frames.rs` is the other side.
"""

import json
import pathlib
import shutil
import sys

import blosc2
import msgpack
import numpy as np

Codec, Filter = blosc2.Codec, blosc2.Filter
CODECS = [Codec.BLOSCLZ, Codec.LZ4, Codec.LZ4HC, Codec.ZLIB, Codec.ZSTD]
PIPELINES = {
    "none": ([], []),
    "shuffle": ([Filter.SHUFFLE], [0]),
    "bitshuffle": ([Filter.BITSHUFFLE], [0]),
    "delta_shuffle": ([Filter.DELTA, Filter.SHUFFLE], [0, 0]),
    "shuffle_bytedelta": ([Filter.SHUFFLE, Filter.BYTEDELTA], [0, 4]),
}
DTYPES = ["|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16", ">i4",
          ">f8", "<U5", "|S3", "<M8[ns]", "<m8[s]", "|V12", [("a", "<i4"), ("b", "<f8"), ("c", "|S5")]]
VLMETA = {"none": None, "yes": True, "int": -7, "big": 2**63, "float": 1.5, "text": "grün", "bytes": b"\0\xff",
          "list": [1, [2.5, "x"], None], "map": {"a": 1, "b": {"c": [True]}}}


def random(shape, dtype, seed=0):
    """Elements that compress, and whose bytes all occur."""
    dtype = np.dtype(dtype)
    n = int(np.prod(shape, dtype=np.int64))
    generator = np.random.default_rng(seed)
    if dtype.kind == "b":
        return (generator.integers(0, 2, n) == 1).reshape(shape)
    if dtype.kind == "U":
        return np.array([f"{i % 97}é" for i in range(n)], dtype=dtype).reshape(shape)
    raw = (np.arange(n * dtype.itemsize, dtype=np.int64) // 7 % 251).astype(np.uint8)
    raw[:: 5] ^= generator.integers(0, 4, len(raw[:: 5]), dtype=np.uint8)
    if dtype.kind == "S":
        raw |= 1
    return raw.view(dtype)[:n].reshape(shape) if n else np.empty(shape, dtype)


class Folder:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.manifest = self.path / "manifest.jsonl"

    def cases(self):
        return [json.loads(line) for line in self.manifest.read_text().splitlines()]

    def start(self):
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        self.lines = []

    def add(self, name, schunk, raw, **more):
        """A case whose frame is at its place already."""
        vlmeta = {key: msgpack.packb(schunk.vlmeta[key], use_bin_type=True).hex()
                  for key in schunk.vlmeta if key != "ndpress"}
        meta = {key: msgpack.packb(schunk.meta[key], use_bin_type=True).hex() for key in schunk.meta.keys()
                if key != "b2nd"}
        (self.path / f"{name}.bin").write_bytes(raw)
        self.lines.append({"name": name, "nbytes": len(raw), "nchunks": schunk.nchunks, "typesize": schunk.typesize,
                           "vlmeta": vlmeta, "meta": meta, **more})

    def array(self, name, array, path, values=None):
        dtype = array.schunk.meta["b2nd"][6]
        raw = elements(array).tobytes() if values is None else values.tobytes()
        self.add(name, array.schunk, raw, path=path, shape=list(array.shape), dtype=dtype)

    def frame(self, name, schunk, path, raw):
        self.add(name, schunk, raw, path=path)

    def finish(self):
        self.manifest.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        print(f"{len(self.lines)} cases in {self.path.name}")


def elements(array):
    """All elements of an array, C order."""
    return np.ascontiguousarray(array[()]) if array.ndim == 0 else np.ascontiguousarray(array[...])


def write(path):
    folder = Folder(path)
    folder.start()
    dparams = {"nthreads": 1}

    def make(name, values, storage="file", after=None, chunks=None, blocks=None, meta=None, **cparams):
        cparams = {"nthreads": 1, **cparams}
        place = {"file": {"urlpath": str(folder.path / f"{name}.b2nd"), "contiguous": True},
                 "sparse": {"urlpath": str(folder.path / f"{name}.b2nd"), "contiguous": False},
                 "memory": {}}[storage]
        array = blosc2.asarray(values, chunks=chunks, blocks=blocks, cparams=cparams, dparams=dparams, meta=meta,
                               mode="w", **place) if isinstance(values, np.ndarray) else values(place, cparams)
        if after:
            after(array)
        if storage == "memory":
            (folder.path / f"{name}.b2nd").write_bytes(array.to_cframe())
        # What C-Blosc2 reads is not always what was written.
        is_known = isinstance(values, np.ndarray) and not after and Filter.TRUNC_PREC not in cparams.get("filters", [])
        folder.array(name, array, f"{name}.b2nd", np.ascontiguousarray(values) if is_known else None)

    def vlmeta(array):
        for key, value in VLMETA.items():
            array.schunk.vlmeta[key] = value

    for number, dtype in enumerate(DTYPES):
        for storage in ["file", "sparse", "memory"]:
            make(f"dtype{number}_{storage}", random((37, 23), dtype), storage, chunks=(10, 9), blocks=(4, 5))
    for ndim in range(16):
        shape = tuple([2, 3, 1, 2, 1, 2, 1, 1, 2, 1, 1, 3, 1, 1, 2][:ndim])
        make(f"ndim{ndim}", random(shape, "<i2"), chunks=shape or None, blocks=shape or None)
    for number, shape in enumerate([(0,), (0, 5), (5, 0), (3, 0, 2)]):
        make(f"empty{number}", np.empty(shape, "<f4"))
    make("chunk_beyond", random((5, 6), "<u4"), chunks=(8, 8), blocks=(8, 8))
    make("ragged", random((50, 61), "<u4"), chunks=(17, 20), blocks=(5, 7))
    make("one_block", random((64, 64), "<u2"), chunks=(64, 64), blocks=(64, 64))
    make("vlmeta", random((64, 64), "<u2"), after=vlmeta, meta={"kind": {"unit": "m", "axes": ["y", "x"]}})
    make("vlmeta_sparse", random((64, 64), "<u2"), "sparse", after=vlmeta, meta={"kind": [1, 2]})
    for codec in CODECS:
        for level in [0, 1, 5, 9]:
            for filters, (ids, metas) in PIPELINES.items():
                if level in [0, 9] and filters not in ["none", "shuffle"]:
                    continue
                make(f"{codec.name}_{level}_{filters}", random((120, 90), "<i4"), chunks=(50, 40), blocks=(20, 10),
                     codec=codec, clevel=level, filters=ids, filters_meta=metas)
    for split in blosc2.SplitMode:
        make(f"split_{split.name}", random((400, 90), "<i4"), splitmode=split)
    make("dictionary", random((400, 400), "<i4"), codec=Codec.ZSTD, use_dict=True, chunks=(200, 200), blocks=(50, 50))
    make("trunc_prec", random((60, 60), "<f4"), filters=[Filter.TRUNC_PREC, Filter.SHUFFLE], filters_meta=[10, 0])
    make("large_items", random((40, 3), "|V300"), chunks=(10, 2), blocks=(4, 1))

    # Values that C-Blosc2 keeps as special chunks, padding included.
    def special(make_array):
        return lambda place, cparams: make_array(chunks=(10, 11), blocks=(4, 3), mode="w", **place)
    for storage in ["file", "sparse", "memory"]:
        make(f"zeros_{storage}", special(lambda **a: blosc2.zeros((35, 26), "<f4", **a)), storage)
        make(f"full_{storage}", special(lambda **a: blosc2.full((35, 26), 7.25, dtype="<f8", **a)), storage)
        make(f"nans_{storage}", special(lambda **a: blosc2.nans((35, 26), "<f8", **a)), storage)
    make("nans_f4", special(lambda **a: blosc2.nans((35, 26), "<f4", **a)))

    # Arrays that were changed.
    def resizes(*shapes):
        def after(array):
            for number, shape in enumerate(shapes):
                array.resize(shape)
                # What C-Blosc2 leaves behind after a shrink is not to be compared: all is overwritten.
                array[...] = random(shape, array.dtype, number)
        return after
    make("resized", random((20, 20), "<i4"), after=resizes((35, 20), (35, 41), (7, 41), (60, 3)), chunks=(8, 8),
         blocks=(3, 4))
    make("resized_sparse", random((20, 20), "<i4"), "sparse", after=resizes((35, 20), (9, 9)), chunks=(8, 8),
         blocks=(3, 4))

    def assign(array):
        array[3:30, 5:9] = random((27, 4), array.dtype, 5)
        array[11, :] = 0
    for storage in ["file", "sparse", "memory"]:
        make(f"assigned_{storage}", random((37, 23), "<i4"), storage, after=assign, chunks=(10, 9), blocks=(4, 5))

    def grown(array):
        for number in range(5):
            array.append(random((30 + number,), array.dtype, number))
    make("appended", random((71,), "<i4"), after=grown, chunks=(40,), blocks=(7,))

    # Super-chunks.
    def schunk(name, change, contiguous=True, last=777, **cparams):
        place = folder.path / f"{name}.b2frame"
        chunks = blosc2.SChunk(chunksize=4000, cparams={"typesize": 4, "nthreads": 1, **cparams}, dparams=dparams,
                               contiguous=contiguous, urlpath=str(place), mode="w")
        for number in range(6):
            chunks.append_data(random((1000,), "<u4", number))
        if last:
            chunks.append_data(random((last,), "<u4", 9))
        change(chunks)
        raw = b"".join(chunks.decompress_chunk(index) for index in range(chunks.nchunks))
        folder.frame(name, chunks, f"{name}.b2frame", raw)

    def update(chunks):
        for index in [1, 4, 1]:
            chunks.update_data(index, random((1000,), "<u4", 77 + index), copy=True)

    def insert(chunks):
        for index in [0, 3, 5]:
            chunks.insert_data(index, random((1000,), "<u4", 33 + index), copy=True)

    def delete(chunks):
        for index in [5, 0, 2]:
            chunks.delete_chunk(index)

    def reorder(chunks):
        chunks.reorder_offsets(np.array([3, 0, 5, 1, 2, 4, *range(6, chunks.nchunks)], dtype=np.int64))

    def everything(chunks):
        for change in [update, insert, delete]:
            change(chunks)
        chunks.vlmeta["note"] = {"n": 1}
        update(chunks)

    for contiguous in [True, False]:
        kind = "contiguous" if contiguous else "sparse"
        for change in [lambda chunks: None, update, insert, delete, reorder, everything]:
            schunk(f"{change.__name__.strip('<>')}_{kind}", change, contiguous)
        schunk(f"whole_{kind}", lambda chunks: None, contiguous, last=0)
    schunk("level0", lambda chunks: None, clevel=0)
    folder.finish()


def opened(folder, case):
    path = folder.path / case["path"]
    if case.get("memory"):
        return blosc2.ndarray_from_cframe(path.read_bytes(), copy=True) if "shape" in case else \
            blosc2.schunk_from_cframe(path.read_bytes(), copy=True)
    return blosc2.open(str(path), mode=case.get("mode", "r"), dparams={"nthreads": 1})


# Where python-blosc2 reads something else than was written: what the names of the cases have in common, and why.
EXCEPTIONS = {"delta": "slices of chunks with the delta filter are wrong"}


def check(path):
    folder, failures, excused = Folder(path), 0, dict.fromkeys(EXCEPTIONS, 0)
    for case in folder.cases():
        try:
            found = opened(folder, case)
            raw = (folder.path / f"{case['name']}.bin").read_bytes()
            if case.get("unreadable"):
                try:
                    found[...]
                except RuntimeError:
                    continue
                raise AssertionError("blosc2 should not be able to read this")
            if "shape" in case:
                assert list(found.shape) == case["shape"], f"shape {found.shape}"
                assert found.schunk.meta["b2nd"][6] == case["dtype"], found.schunk.meta["b2nd"]
                assert elements(found).tobytes() == raw, "elements differ"
                schunk = found.schunk
            else:
                schunk = found
                held = b"".join(schunk.decompress_chunk(index) for index in range(schunk.nchunks))
                assert held == raw, "bytes differ"
            for key, value in case["vlmeta"].items():
                assert schunk.vlmeta[key] == msgpack.unpackb(bytes.fromhex(value)), f"vlmeta {key}"
            for key, value in case["meta"].items():
                assert schunk.meta[key] == msgpack.unpackb(bytes.fromhex(value)), f"meta {key}"
        except Exception as error:
            reason = next((reason for reason in EXCEPTIONS if reason in case["name"]), None)
            if reason:
                excused[reason] += 1
                continue
            failures += 1
            print(f"{case['name']}: {type(error).__name__}: {error}")
    failures += check_image(folder.path)
    for reason, count in excused.items():
        print(f"{count} cases excused: {EXCEPTIONS[reason]}")
        if count == 0:
            failures += 1
            print("an exception that nothing needs")
    print(f"{len(folder.cases())} cases of {folder.path.name} read by python-blosc2, {failures} failures")
    return failures


def check_image(path):
    """An image is a store with an array for each channel."""
    store = blosc2.open(str(path / "image.b2z"), mode="r")
    raw = (path / "image.bin").read_bytes()
    names = store.vlmeta["ndpress_image"]["names"]
    found = [elements(store[f"/{name}"]).tobytes() == raw for name in names]
    good = names == ["R", "depth.Z"] and all(found) and store.vlmeta["metadata"] == {"camera": "A"}
    print(f"an image read channel by channel: {'good' if good else 'BAD'}")
    return 0 if good else 1


def change(path):
    """Changes each case in place; its checksums are of an earlier state then."""
    folder = Folder(path)
    folder.lines = []
    for case in folder.cases():
        # What C-Blosc2 reads wrong, it would write wrong.
        is_wrong = any(reason in case["name"] for reason in EXCEPTIONS)
        if case.get("memory") or case.get("unreadable") or is_wrong:
            continue
        found = opened(folder, {**case, "mode": "a"})
        if "shape" in case:
            if found.ndim and found.size and found.dtype.kind in "iuf":
                found[tuple(slice(n // 2, None) for n in found.shape)] = 1
            found.schunk.vlmeta["changed"] = True
            if found.ndim == 2 and found.dtype.kind in "iuf" and found.size:
                found.resize((found.shape[0] + 3, found.shape[1]))
            folder.array(case["name"], found, case["path"])
        else:
            found.update_data(0, random((found.chunksize // 4,), "<u4", 99), copy=True)
            found.delete_chunk(1)
            held = b"".join(found.decompress_chunk(index) for index in range(found.nchunks))
            folder.frame(case["name"], found, case["path"], held)
    folder.finish()


if __name__ == "__main__":
    command, folder = sys.argv[1:]
    blosc2.set_nthreads(1)
    sys.exit(1 if {"write": write, "check": check, "change": change}[command](folder) else 0)
