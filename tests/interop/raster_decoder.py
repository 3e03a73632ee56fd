"""A second decoder of the raster codec's stream, written from `docs/format.md` alone.

    python raster_decoder.py [FOLDER]

It decodes every stream of `tests/fixtures/raster` and compares checksums: slow, plain, and the
proof that the description is enough. NumPy does the floats only.
"""

import sys
from pathlib import Path

import numpy

STORED, CONSTANT, PACKED, LZ, DICTIONARY, CHANNELS = range(6)
MAPPED, SCALED, WIDE_DICTIONARY, SPARSE, FILL, SLICES = range(6, 12)
LEVELS = [0, 1, 2, 3, 5, 8, 13, 23, 38, 64, 108, 181, 304, 512, 861, 1448]


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        assert self.at + count <= len(self.data), "cut short"
        self.at += count
        return self.data[self.at - count : self.at]

    def byte(self):
        return self.bytes(1)[0]

    def number(self):
        number = shift = 0
        while True:
            byte = self.byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    def value(self, size):
        return int.from_bytes(self.bytes(size), "little")

    def rest(self):
        return self.bytes(len(self.data) - self.at)


def values_of(data, size):
    return [int.from_bytes(data[i : i + size], "little") for i in range(0, len(data), size)]


def bits_of(data):
    return [byte >> bit & 1 for byte in data for bit in range(8)]


def decode(stream):
    """The bytes of the block."""
    reader = Reader(stream)
    head = reader.byte()
    assert head >> 5 == 0, "a later version"
    size = 1 << (head & 3)
    length = reader.number()
    nbytes = 1 << length if length < 32 else length - 32
    values = node(reader.rest(), size, nbytes // size)
    return b"".join(value.to_bytes(size, "little") for value in values)


def node(data, size, count):
    """The values of a node."""
    reader = Reader(data)
    kind = reader.byte()
    values = KINDS[kind](reader, size, count)
    assert len(values) == count
    return values


def stored(reader, size, count):
    return values_of(reader.rest(), size)


def constant(reader, size, count):
    return [reader.value(size)] * count


def lz(reader, size, count):
    typesize = reader.number()
    data = lz4(reader.rest())
    nitems = len(data) // typesize
    out = bytearray(data)
    if typesize > 1:
        for j in range(typesize):
            out[j : nitems * typesize : typesize] = data[j * nitems : (j + 1) * nitems]
    return values_of(bytes(out), size)


def lz4(data):
    reader, out = Reader(data), bytearray()

    def length(nibble):
        if nibble == 15:
            byte = 255
            while byte == 255:
                byte = reader.byte()
                nibble += byte
        return nibble

    while True:
        token = reader.byte()
        out += reader.bytes(length(token >> 4))
        if reader.at == len(data):
            return bytes(out)
        offset = reader.value(2)
        for _ in range(length(token & 15) + 4):
            out.append(out[-offset])


def dictionary(reader, size, count):
    entries = [reader.value(size) for _ in range(reader.byte() + 1)]
    return [entries[index] for index in node(reader.rest(), 1, count)]


def wide_dictionary(reader, size, count):
    nentries = reader.number()
    entries = node(reader.bytes(reader.number()), size, nentries)
    return [entries[index] for index in node(reader.rest(), 2, count)]


def channels(reader, size, count):
    nchannels, reference, differences = reader.byte(), reader.byte(), reader.byte()
    mask, half = (1 << 8 * size) - 1, 1 << 8 * size - 1
    planes = []
    for channel in range(nchannels):
        last = channel + 1 == nchannels
        data = reader.rest() if last else reader.bytes(reader.number())
        planes.append(node(data, size, count // nchannels))
    for channel in range(nchannels):
        if differences >> channel & 1:
            pairs = zip(planes[channel], planes[reference])
            planes[channel] = [(a + b + half) & mask for a, b in pairs]
    return [value for pixel in zip(*planes) for value in pixel]


def slices(reader, size, count):
    distance = reader.number()
    mask, half = (1 << 8 * size) - 1, 1 << 8 * size - 1
    values = node(reader.rest(), size, count)
    for i in range(distance, count):
        values[i] = (values[i] + values[i - distance] + half) & mask
    return values


def mapped(reader, size, count):
    tag = reader.byte()
    order, shift = tag & 3, tag >> 2
    nbits = 8 * size
    mask, high = (1 << nbits) - 1, 1 << nbits - 1

    def unmapped(m):
        u = m << shift & mask
        if order == 0:
            return u
        if order == 1:
            return u ^ high
        if order == 2:
            return (u ^ (high if u & high else mask)) >> shift << shift
        return (m & 1) << nbits - 1 | ((m & ~1) << shift & mask) >> 1

    return [unmapped(m) for m in node(reader.rest(), size, count)]


def scaled(reader, size, count):
    exponent = int.from_bytes(reader.bytes(1), "little", signed=True)
    sign = 1 << 8 * size - 1
    integers = [(m ^ sign) - sign for m in node(reader.rest(), size, count)]
    floats = numpy.array([float(m) * 2.0**-exponent for m in integers]).astype(f"<f{size}")
    return values_of(floats.tobytes(), size)


def fill(reader, size, count):
    value = reader.value(size)
    mask = node(reader.bytes(reader.number()), 1, -(-count // 8))
    values = node(reader.rest(), size, count)
    return [value if bit else other for other, bit in zip(values, bits_of(mask))]


def packed(reader, size, count):
    tag = reader.byte()
    predictor, coding = tag & 15, tag >> 4
    stride = reader.number() if predictor >= 2 else 0
    base = reader.value(size) if predictor == 0 else 0
    ngroups = -(-count // 8)
    nwidths = -(-ngroups // 64) * 64
    if coding == 3:
        widths, planes = dense(reader, nwidths, predictor != 0)
    else:
        widths = read_widths(reader, coding, nwidths)
        planes = reader.rest()
    residuals = unpack(widths[:ngroups], planes, predictor != 0)
    return predict(predictor, stride, base, residuals[:count], size)


def read_widths(reader, coding, nwidths):
    table = [0, *reader.bytes(reader.byte())]
    nunits = nwidths // 8
    widths = []
    if coding == 0:
        for has_any in bits_of(reader.bytes(nunits // 8)):
            data = reader.bytes(4) if has_any else bytes(4)
            widths += [table[place] for byte in data for place in (byte & 15, byte >> 4)]
        return widths
    maxima = [place for byte in reader.bytes(nunits // 2) for place in (byte & 15, byte >> 4)]
    for place in maxima:
        m = table[place]
        codes = reader.value(2) if m else 0
        for group in range(8):
            code = codes >> 2 * group & 3
            widths.append(0 if coding == 2 and code == 3 else max(m - code, 0))
    return widths


def unpack(widths, planes, is_signed):
    assert sum(widths) == len(planes)
    residuals, at = [], 0
    for width in widths:
        group = planes[at : at + width]
        at += width
        for value in range(8):
            bits = [plane >> 7 - value & 1 for plane in group]
            number = sum(bit << width - 1 - i for i, bit in enumerate(bits))
            residuals.append(number - (1 << width) if is_signed and width and bits[0] else number)
    return residuals


def predict(predictor, stride, base, residuals, size):
    mask = (1 << 8 * size) - 1
    head = -(-stride * size // 64) * 64 // size
    values = []

    def v(i):
        return values[i] if i >= 0 else 0

    for i, residual in enumerate(residuals):
        used = 3 if predictor in (2, 4) and i < head else predictor
        if used == 0:
            predicted = base
        elif used == 1:
            predicted = v(i - 1)
        elif used == 2:
            predicted = v(i - stride)
        elif used == 3:
            predicted = v(i - 1) + v(i - stride) - v(i - stride - 1)
        else:
            sides = (v(i - stride - 1) + v(i - stride + 1) + 1) // 2
            predicted = (v(i - stride) + sides + 1) // 2
        values.append((predicted + residual) & mask)
    return values


class Symbols:
    """The lanes of the entropy stage."""

    def __init__(self, reader, nlanes):
        self.reader = reader
        self.states = [reader.value(4) for _ in range(nlanes)]

    def run(self, count, bits, slots_of):
        symbols = []
        for i in range(count):
            lane = i % len(self.states)
            state = self.states[lane]
            symbol, first, share = slots_of(symbols)[state % (1 << bits)]
            state = share * (state >> bits) + state % (1 << bits) - first
            if state < 1 << 16:
                state = state << 16 | self.reader.value(2)
            self.states[lane] = state
            symbols.append(symbol)
        return symbols

    def carried(self):
        assert all(state >> 16 == 1 for state in self.states)
        return b"".join((state & 0xFFFF).to_bytes(2, "little") for state in self.states)


def slots(weights, bits):
    """For each slot its symbol, the first slot of that, and how many it has."""
    total, whole = sum(weights.values()), 1 << bits
    divided = whole
    while True:
        scale = (divided << 32) // total
        shares = {s: max(1, w * scale >> 32) for s, w in sorted(weights.items()) if w}
        used = sum(shares.values())
        if used <= whole:
            break
        divided -= used - whole
    largest = min(shares, key=lambda symbol: (-weights[symbol], symbol))
    shares[largest] += whole - used
    table = []
    for symbol, share in shares.items():
        table += [(symbol, len(table), share)] * share
    return table


def read_levels(reader, bits):
    first, last = reader.byte(), reader.byte()
    if first == last:
        return slots({first: 1}, bits)
    count = last - first + 1
    data = reader.bytes(-(-count // 2))
    levels = [level for byte in data for level in (byte & 15, byte >> 4)][:count]
    return slots({first + i: LEVELS[level] for i, level in enumerate(levels)}, bits)


def density(n, is_first):
    weights = {}
    for byte in range(256):
        ones = byte.bit_count()
        weights[byte] = max(1, (n + 1) ** ones * (31 - n) ** (8 - ones) // 256)
    if is_first:
        weights[0] = 1
    return slots(weights, 12)


def dense(reader, nwidths, is_signed):
    coding = reader.byte()
    ncoded, nbounds = coding & 3, coding >> 2 & 3
    densities = reader.byte() if ncoded else 0
    above = reader.number() if nbounds else 64
    bounds = reader.bytes(nbounds)
    tables = [read_levels(reader, 10) for _ in range(nbounds + 1)]

    def table_of(widths):
        at = len(widths) - above
        before = widths[at] if at >= 0 else 0
        return tables[sum(before > bound for bound in bounds)]

    lanes = Symbols(reader, 64 if coding & 16 else 16)
    widths = lanes.run(nwidths, 10, table_of)
    nsigns = [int(is_signed and width > 1) for width in widths]
    has_first = [ncoded > 0 and width > 0 for width in widths]
    has_second = [ncoded > 1 and width > signs + 1 for width, signs in zip(widths, nsigns)]
    table = density(densities & 15, True)
    first = iter(lanes.run(sum(has_first), 12, lambda _: table))
    table_2 = density(densities >> 4, False)
    second = iter(lanes.run(sum(has_second), 12, lambda _: table_2))
    nrest = sum(widths) - sum(has_first) - sum(has_second)
    rest = iter((lanes.carried() + reader.rest())[:nrest])
    planes = bytearray()
    for width, signs, has_1, has_2 in zip(widths, nsigns, has_first, has_second):
        sign = [next(rest)] if signs else []
        flip = sign[0] if sign else 0
        group = sign
        if has_1:
            group.append(next(first) ^ flip)
        if has_2:
            group.append(next(second) ^ flip)
        while len(group) < width:
            group.append(next(rest))
        planes += bytes(group)
    return widths, bytes(planes)


def sparse(reader, size, count):
    assert size == 1
    stride, nmoved = reader.number(), reader.number()
    head = -(-(stride + 1) // 64) * 64
    values = node(reader.bytes(reader.number()), 1, head)
    nsteps = -(-(count - head) // 64)

    def read_steps():
        nbytes = -(-nsteps // 8)
        present = bits_of(reader.bytes(-(-nbytes // 8)))[:nbytes]
        return bits_of(bytes(reader.byte() if bit else 0 for bit in present))

    moved_steps, exception_steps = read_steps(), read_steps()
    groups = bits_of(reader.bytes(sum(exception_steps)))
    masks = bits_of(reader.bytes(sum(groups)))
    nexceptions = sum(masks)
    repeats = bits_of(reader.bytes(-(-nexceptions // 8)))
    moved = iter(bits_of(reader.bytes(nmoved)))
    nliterals = nexceptions - sum(repeats)
    literals = iter(node(reader.rest(), 1, nliterals) if nliterals else [])
    groups, masks, repeats = iter(groups), iter(masks), iter(repeats)
    for step in range(nsteps):
        mask = [0] * 64
        if exception_steps[step]:
            present = [next(groups) for _ in range(8)]
            mask = [next(masks) if bit else 0 for bit in present for _ in range(8)]
        for at in range(min(64, count - head - 64 * step)):
            i = len(values)
            value = up = values[i - stride]
            if moved_steps[step]:
                right = up if stride == 64 and at == 63 else values[i - stride + 1]
                left = values[i - stride - 1]
                alternative = left if left != up else right
                if alternative != up and next(moved):
                    value = alternative
            if mask[at]:
                value = values[i - 1] if next(repeats) else next(literals)
            values.append(value)
    return values


KINDS = {
    STORED: stored, CONSTANT: constant, PACKED: packed, LZ: lz, DICTIONARY: dictionary,
    CHANNELS: channels, MAPPED: mapped, SCALED: scaled, WIDE_DICTIONARY: wide_dictionary,
    SPARSE: sparse, FILL: fill, SLICES: slices,
}  # fmt: skip


def checksum(data):
    """FNV-1a, of 64 bits."""
    total = 0xCBF29CE484222325
    for byte in data:
        total = (total ^ byte) * 0x100000001B3 % 2**64
    return f"{total:016x}"


def main():
    default = Path(__file__).parent.parent / "fixtures" / "raster"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    streams = Reader((folder / "streams.bin").read_bytes())
    failures = nstreams = 0
    for line in (folder / "streams.tsv").read_text().splitlines():
        name, nbytes, cbytes, expected = line.split("\t")
        stream = streams.bytes(int(cbytes))
        nstreams += 1
        try:
            block = decode(stream)
            is_right = len(block) == int(nbytes) and checksum(block) == expected
            what = "other bytes"
        except (AssertionError, IndexError, StopIteration, KeyError) as error:
            is_right, what = False, repr(error)
        if not is_right:
            failures += 1
            print(f"FAILED {name}: {what}")
    print(f"{nstreams} raster streams decoded from their description, {failures} failures")
    return 1 if failures or not nstreams else 0


if __name__ == "__main__":
    sys.exit(main())
