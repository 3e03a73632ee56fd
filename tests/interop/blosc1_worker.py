"""Answers the requests of the check with Blosc1: the PyPI package `blosc`.

Speaks the protocol of src/protocol.rs, of which it knows two requests.
"""

import struct
import sys

import blosc

CODECS = {0: "blosclz", 1: "lz4", 2: "lz4hc", 4: "zlib", 5: "zstd"}


def compress(frame):
    codec, clevel, _split, nthreads, _use_dict = frame[1:6]
    typesize, blocksize = struct.unpack_from("<II", frame, 6)
    shuffle = frame[14 + 5]
    (nbytes,) = struct.unpack_from("<I", frame, 26)
    raw = bytes(frame[30 : 30 + nbytes])
    blosc.set_blocksize(blocksize)
    blosc.set_nthreads(nthreads)
    return blosc.compress(raw, typesize, clevel, shuffle, CODECS[codec])


def decompress(frame):
    (cbytes,) = struct.unpack_from("<I", frame, 1)
    (nthreads,) = struct.unpack_from("<B", frame, 5 + cbytes + 8)
    blosc.set_nthreads(nthreads)
    return blosc.decompress(bytes(frame[5 : 5 + cbytes]))


def answer(frame):
    try:
        result = decompress(frame) if frame[0] == 4 else compress(frame)
        return struct.pack("<BI", 0, len(result)) + result
    except Exception as error:
        print(error, file=sys.stderr)
        return struct.pack("<Bi", 1, -1)


def main():
    src, dst = sys.stdin.buffer, sys.stdout.buffer
    while len(head := src.read(4)) == 4:
        reply = answer(src.read(struct.unpack("<I", head)[0]))
        dst.write(struct.pack("<I", len(reply)) + reply)
        dst.flush()


main()
