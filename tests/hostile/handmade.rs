//! Chunks made by hand, each with one lie: what broke other readers, and what the format forbids.

use ndpress::{Chunk, Corruption, Error, InvalidArgument, Limits, Registry, Unsupported};

use crate::allocations::peak_of;
use crate::{PEAK_NBYTES, limits};

const STORED: u8 = 0x02;
const LONG: u8 = 0x05;
const WHOLE_BLOCKS: u8 = 0x10;
const LZ4: u8 = 1 << 5;

/// A chunk as a list of its fields.
#[derive(Clone)]
struct Fields {
    version: u8,
    flags: u8,
    typesize: u8,
    nbytes: u32,
    blocksize: u32,
    /// The right one when `None`.
    cbytes: Option<u32>,
    filters: [u8; 6],
    codec: u8,
    flags2: u8,
    blosc2_flags: u8,
    /// Everything after the header.
    rest: Vec<u8>,
}

impl Default for Fields {
    /// One block of 100 bytes 7, as a run.
    fn default() -> Self {
        Self {
            version: 5,
            flags: LONG | WHOLE_BLOCKS | LZ4,
            typesize: 1,
            nbytes: 100,
            blocksize: 100,
            cbytes: None,
            filters: [0; 6],
            codec: 1,
            flags2: 0,
            blosc2_flags: 0,
            rest: rest(&[36], &[&(-7_i32).to_le_bytes(), &[1]]),
        }
    }
}

/// A table of block offsets, and parts behind it.
fn rest(starts: &[i32], parts: &[&[u8]]) -> Vec<u8> {
    let table: Vec<u8> = starts.iter().flat_map(|start| start.to_le_bytes()).collect();
    [&table, &parts.concat()[..]].concat()
}

fn stream(csize: i32, bytes: &[u8]) -> Vec<u8> {
    [&csize.to_le_bytes(), bytes].concat()
}

impl Fields {
    fn bytes(&self) -> Vec<u8> {
        let cbytes = self.cbytes.unwrap_or(32 + self.rest.len() as u32);
        let mut bytes = vec![self.version, 1, self.flags, self.typesize];
        bytes.extend([self.nbytes, self.blocksize, cbytes].iter().flat_map(|n| n.to_le_bytes()));
        bytes.extend(self.filters);
        bytes.extend([self.codec, 0]);
        bytes.extend([0; 6]);
        bytes.extend([self.flags2, self.blosc2_flags]);
        bytes.extend(&self.rest);
        bytes
    }

    fn decode(&self) -> Result<Vec<u8>, Error> {
        decode(&self.bytes())
    }
}

fn decode(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let read = || Chunk::parse(bytes, &limits())?.decode(&Registry::default());
    let (result, peak) = peak_of(read);
    assert!(peak <= PEAK_NBYTES, "{peak} bytes allocated");
    result
}

/// The field at fault, for errors of headers.
#[track_caller]
fn header_fault(fields: &Fields) -> &'static str {
    match fields.decode() {
        Err(Error::Corrupt(corrupt)) => match corrupt.cause {
            Corruption::Header { field, .. } => field,
            cause => panic!("{cause}"),
        },
        result => panic!("{result:?}"),
    }
}

#[track_caller]
fn corruption(fields: &Fields) -> Corruption {
    match fields.decode() {
        Err(Error::Corrupt(corrupt)) => corrupt.cause,
        result => panic!("{result:?}"),
    }
}

#[test]
fn the_chunk_that_the_others_vary_is_right() {
    assert_eq!(Fields::default().decode().unwrap(), [7; 100]);
}

/// c-blosc2#801.
#[test]
fn blosclz_match_of_eight_million_length_bytes() {
    // One literal, then a match whose length goes on and on.
    let mut bytes = vec![0x00, b'a', 0xe0];
    bytes.resize(8_400_000, 0xff);
    bytes.extend([0, 0]);
    let rest = rest(&[36], &[&stream(bytes.len() as i32, &bytes)]);
    let fields = Fields { flags: LONG | WHOLE_BLOCKS, codec: 0, rest, ..Fields::default() };
    assert!(matches!(corruption(&fields), Corruption::Codec { .. }));
}

#[test]
fn lz4_literals_and_match_of_endless_length() {
    for first in [0xf0, 0x1f] {
        let mut bytes = vec![first, 0xff, 0xff, 0xff];
        bytes.resize(1_000_000, 0xff);
        let rest = rest(&[36], &[&stream(bytes.len() as i32, &bytes)]);
        assert!(matches!(
            corruption(&Fields { rest, ..Fields::default() }),
            Corruption::Codec { .. }
        ));
    }
}

#[test]
fn matches_that_begin_before_the_data() {
    let bytes = [0x10, b'a', 2, 0, 0x50, 1, 2, 3, 4, 5];
    let rest = rest(&[36], &[&stream(bytes.len() as i32, &bytes)]);
    assert!(matches!(corruption(&Fields { rest, ..Fields::default() }), Corruption::Codec { .. }));
}

/// c-blosc2#795: a block of 65536 x 65536 bytes.
#[test]
fn blocks_larger_than_the_format_allows() {
    for blocksize in [0x8000_0000, 0xffff_ffff, 0x7fff_ffff, 536_866_817] {
        let fields = Fields { blocksize, ..Fields::default() };
        assert_eq!(header_fault(&fields), "blocksize");
    }
    assert_eq!(header_fault(&Fields { blocksize: 0, ..Fields::default() }), "blocksize");
}

/// c-blosc2#739.
#[test]
fn ranges_that_overflow() {
    let bytes = Fields::default().bytes();
    let chunk = Chunk::parse(&bytes, &Limits::default()).unwrap();
    let registry = Registry::default();
    #[allow(clippy::reversed_empty_ranges, reason = "that is the point")]
    for range in [usize::MAX - 3..usize::MAX, 0..usize::MAX, 50..40, 0..101, 101..101] {
        let error = chunk.decode_range_into(range, &mut [0; 3], &registry).unwrap_err();
        let is_range =
            matches!(error, Error::InvalidArgument(InvalidArgument::RegionOutOfBounds { .. }));
        assert!(is_range, "{error}");
    }
    let error = chunk.decode_block_into(usize::MAX, &mut [0; 100], &registry).unwrap_err();
    assert!(matches!(error, Error::InvalidArgument(InvalidArgument::IndexOutOfBounds { .. })));
}

/// c-blosc2#727.
#[test]
fn more_blocks_than_the_table_holds() {
    let limits = Limits::none();
    for (nbytes, blocksize) in [(0x7fff_ffdf, 1), (100_000, 1), (0x7fff_ffdf, 536_866_816)] {
        let bytes = Fields { nbytes, blocksize, ..Fields::default() }.bytes();
        let (result, peak) = peak_of(|| Chunk::parse(&bytes, &limits));
        assert!(matches!(result, Err(Error::Corrupt(_))) || blocksize != 1);
        assert!(peak < 4096);
    }
    // As many variable-length blocks.
    for blocksize in [0x7fff_ffff, 100_000, 0xffff_ffff] {
        let fields = Fields { version: 6, flags2: 1, blocksize, ..Fields::default() };
        assert!(matches!(fields.decode(), Err(Error::Corrupt(_))));
    }
}

/// c-blosc2#241, as far as a chunk goes.
#[test]
fn compressed_sizes_beyond_the_bytes() {
    let bytes = |cbytes| Fields { cbytes: Some(cbytes), ..Fields::default() };
    for cbytes in [0x7fff_ffff, 42, 1 << 20] {
        assert!(matches!(bytes(cbytes).decode(), Err(Error::Truncated { .. })), "{cbytes}");
    }
    for cbytes in [0, 15, 16, 31, 0x8000_0000, 0xffff_ffff] {
        assert_eq!(header_fault(&bytes(cbytes)), "cbytes");
    }
    // Shorter than its parts.
    for cbytes in [32, 35, 36, 39, 40] {
        assert!(matches!(bytes(cbytes).decode(), Err(Error::Corrupt(_))), "{cbytes}");
    }
}

/// c-blosc2#792: the flags beyond a short header must not be looked at.
#[test]
fn a_long_header_in_sixteen_bytes() {
    let mut bytes = Fields::default().bytes();
    bytes.truncate(16);
    bytes[12] = 16;
    assert!(matches!(decode(&bytes), Err(Error::Corrupt(_))));
    for len in 0..32 {
        assert!(matches!(decode(&Fields::default().bytes()[..len]), Err(Error::Truncated { .. })));
    }
}

#[test]
fn thirty_two_bytes_that_claim_two_gigabytes() {
    for kind in [1, 4] {
        let fields = Fields {
            nbytes: 0x7fff_ffdf,
            blocksize: 1 << 20,
            blosc2_flags: kind << 4,
            rest: Vec::new(),
            ..Fields::default()
        };
        assert!(matches!(fields.decode(), Err(Error::LimitExceeded { .. })));
    }
    let stored = Fields { flags: LONG | STORED, nbytes: 0x7fff_ffdf, ..Fields::default() };
    assert_eq!(header_fault(&stored), "cbytes");
}

#[test]
fn streams_longer_than_the_chunk() {
    for csize in [i32::MIN, i32::MAX, -256, -1000, i32::MIN + 1, 2] {
        let fields = Fields { rest: rest(&[36], &[&stream(csize, &[1])]), ..Fields::default() };
        assert!(matches!(corruption(&fields), Corruption::StreamLength { .. }), "{csize}");
    }
}

#[test]
fn runs_without_their_token() {
    for token in [0, 2, 0xfe] {
        let fields = Fields { rest: rest(&[36], &[&stream(-7, &[token])]), ..Fields::default() };
        assert!(matches!(corruption(&fields), Corruption::RunToken { .. }));
    }
    let fields = Fields { rest: rest(&[36], &[&stream(-7, &[])]), ..Fields::default() };
    assert!(matches!(corruption(&fields), Corruption::StreamLength { .. }));
}

#[test]
fn dictionaries_of_impossible_size() {
    for size in [i32::MIN, -1, 0, 32_769, i32::MAX, 6] {
        let parts = [&size.to_le_bytes()[..], &stream(-7, &[1])];
        let rest = rest(&[40], &parts);
        let fields = Fields { blosc2_flags: 1, rest, ..Fields::default() };
        assert!(matches!(corruption(&fields), Corruption::DictionaryLength { .. }), "{size}");
    }
}

#[test]
fn block_offsets_outside_of_the_chunk() {
    for start in [i32::MIN, -1, 0, 31, 32, 35, 41, i32::MAX] {
        let fields = Fields { rest: rest(&[start], &[&stream(-7, &[1])]), ..Fields::default() };
        assert!(matches!(corruption(&fields), Corruption::BlockOffset { .. }), "{start}");
    }
}

/// Nothing forbids that blocks share their bytes: it is no more than another block.
#[test]
fn block_offsets_that_overlap() {
    let rest = rest(&[40, 40], &[&stream(-7, &[1])]);
    let fields = Fields { blocksize: 50, rest, ..Fields::default() };
    assert_eq!(fields.decode().unwrap(), [7; 100]);
}

#[test]
fn fields_that_are_reserved_or_out_of_range() {
    let base = Fields::default();
    assert_eq!(header_fault(&Fields { typesize: 0, ..base.clone() }), "typesize");
    assert_eq!(header_fault(&Fields { nbytes: 0x8000_0000, ..base.clone() }), "nbytes");
    assert_eq!(header_fault(&Fields { nbytes: 0x7fff_ffe0, ..base.clone() }), "nbytes");
    for flags2 in [2, 0x80, 0xff] {
        assert_eq!(header_fault(&Fields { flags2, ..base.clone() }), "blosc2_flags2");
    }
    for kind in 5..8 {
        let blosc2_flags = kind << 4;
        assert_eq!(header_fault(&Fields { blosc2_flags, ..base.clone() }), "special value");
    }
    for format in [2, 5, 7] {
        let flags = LONG | WHOLE_BLOCKS | format << 5;
        assert_eq!(header_fault(&Fields { flags, ..base.clone() }), "codec format");
    }
    // A format of its own with the id of a built-in codec.
    let flags = LONG | WHOLE_BLOCKS | 6 << 5;
    assert_eq!(header_fault(&Fields { flags, ..base }), "codec format");
}

#[test]
fn what_this_crate_cannot_read_is_unsupported() {
    let unsupported = |fields: Fields| match fields.decode() {
        Err(Error::Unsupported(unsupported)) => unsupported,
        result => panic!("{result:?}"),
    };
    let base = Fields::default();
    let found = unsupported(Fields { version: 7, ..base.clone() });
    assert_eq!(found, Unsupported::ChunkVersion { version: 7 });
    let found = unsupported(Fields { blosc2_flags: 8, ..base.clone() });
    assert_eq!(found, Unsupported::LazyChunk);
    let found = unsupported(Fields { blosc2_flags: 0x80, ..base.clone() });
    assert_eq!(found, Unsupported::InstrumentedChunk);
    let found = unsupported(Fields { filters: [0, 0, 0, 34, 0, 0], ..base.clone() });
    assert!(matches!(found, Unsupported::Filter { .. }));
    let flags = LONG | WHOLE_BLOCKS | 6 << 5;
    let found = unsupported(Fields { flags, codec: 200, ..base });
    assert!(matches!(found, Unsupported::Codec { .. }));
}

#[test]
fn special_chunks_that_do_not_fit() {
    let special = |kind: u8, nbytes, typesize, value: &[u8]| Fields {
        blosc2_flags: kind << 4,
        nbytes,
        typesize,
        rest: value.to_vec(),
        ..Fields::default()
    };
    assert_eq!(header_fault(&special(3, 100, 1, &[])), "cbytes");
    assert_eq!(header_fault(&special(3, 100, 3, &[1, 2, 3])), "cbytes");
    assert_eq!(header_fault(&special(3, 2, 3, &[1, 2, 3])), "cbytes");
    assert_eq!(header_fault(&special(3, 0, 1, &[1])), "cbytes");
    assert_eq!(header_fault(&special(2, 102, 4, &[])), "nbytes");
    let nan = special(2, 99, 3, &[]).decode();
    assert!(matches!(nan, Err(Error::Unsupported(Unsupported::NanTypesize { typesize: 3 }))));
    // The width of the value is what follows the header, whatever the typesize.
    let found = special(3, 100, 3, &[1, 2, 3, 4]).decode().unwrap();
    assert_eq!(found, [1, 2, 3, 4].repeat(25));
}

#[test]
fn split_blocks_of_broken_elements() {
    let base = Fields { flags: LONG | LZ4, ..Fields::default() };
    for (typesize, nbytes, blocksize) in [(3, 100, 100), (101, 100, 100), (255, 2, 2)] {
        let fields = Fields { typesize, nbytes, blocksize, ..base.clone() };
        assert!(matches!(fields.decode(), Err(Error::Corrupt(_))), "{typesize}");
    }
}

#[test]
fn variable_blocks_that_contradict_themselves() {
    let coded = stream(100, &[7; 100]);
    let blocks = |nblocks, nbytes, rest: Vec<u8>| Fields {
        version: 6,
        flags2: 1,
        nbytes,
        blocksize: nblocks,
        rest,
        ..Fields::default()
    };
    let two = |a: i32, b: i32| rest(&[a, b], &[&coded, &coded]);
    assert_eq!(blocks(2, 200, two(40, 144)).decode().unwrap(), [7; 200]);
    let wrong = [
        blocks(2, 199, two(40, 144)),
        blocks(2, 201, two(40, 144)),
        blocks(2, 200, two(144, 40)),
        blocks(2, 200, two(40, 40)),
        blocks(2, 200, two(40, 44)),
        blocks(2, 200, two(40, 245)),
        blocks(2, 200, two(-40, 144)),
        blocks(2, 200, two(36, 144)),
        blocks(0, 200, two(40, 144)),
        blocks(3, 200, two(40, 144)),
        blocks(1, 0, rest(&[36], &[&stream(0, &[1])])),
        blocks(1, 100, rest(&[36], &[&stream(-100, &[1])])),
        blocks(1, 100, rest(&[36], &[&stream(i32::MAX, &[1])])),
        blocks(1, 100, rest(&[36], &[&stream(100, &[])])),
        Fields { blosc2_flags: 1 << 4, ..blocks(2, 200, two(40, 144)) },
        Fields { flags: LONG | STORED, ..blocks(2, 200, two(40, 144)) },
    ];
    for (at, fields) in wrong.iter().enumerate() {
        assert!(matches!(fields.decode(), Err(Error::Corrupt(_))), "number {at}");
    }
}

/// The streams of a block that is cut short, under a header that agrees with what is left.
#[test]
fn codec_streams_cut_short() {
    let bytes = [0x10, b'a', 1, 0, 0x50, 1, 2, 3, 4, 5];
    for len in 1..bytes.len() {
        let rest = rest(&[36], &[&stream(len as i32, &bytes[..len])]);
        let fields = Fields { rest, ..Fields::default() };
        assert!(matches!(corruption(&fields), Corruption::Codec { .. }));
    }
}
