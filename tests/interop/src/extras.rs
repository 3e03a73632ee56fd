//! What the matrix does not hold: special chunks, dictionaries, variable-length blocks, filters in
//! the order that only C-Blosc2 writes, and Blosc1's header.

use std::collections::BTreeMap;

use ndpress::{
    Array, BitShuffle, ByteDelta, Chunk, ChunkFormat, ChunkOptions, Delta, Options, Raster,
    Registry, Shuffle, Special, SplitMode,
};

use crate::cases::{CODECS, CodecKind};
use crate::check::{Action, Counts, Wrong, differing, read_by_us, slices};
use crate::client::{Client, Failure};
use crate::data::{self, CONTENTS, Content};
use crate::exceptions::Exception;
use crate::protocol::{Params, Request, SpecialKind};

/// What was compared, and what went wrong.
#[derive(Default)]
pub struct Report {
    pub counts: BTreeMap<&'static str, Counts>,
    pub failures: Vec<String>,
    /// Mismatches that are C-Blosc2's fault, by reason.
    pub excepted: BTreeMap<&'static str, usize>,
}

const SLICE_OF_WIDE_REPEAT: &str = "blosc2_getitem_ctx fills slices of a repeated value from the \
     start of the value, and needs whole values, though items are single bytes to it when the \
     value has more than 255";
const VARIABLE_BLOCKS_AT_LEVEL_0: &str =
    "C-Blosc2 crashes when it writes variable-length blocks at level 0";
const BITSHUFFLED_TAIL_OF_BLOSC1: &str = "C-Blosc2 loses the bytes after the last whole element \
     of bit-shuffled Blosc1 blocks whose number of elements is a multiple of 8";
const BY_BLOSC2: &str = "Blosc1 header, C-Blosc2";
const NO_DICTIONARIES: &str = "C-Blosc2 does not write dictionaries, so that they are not tested";

/// Each exception has to be met, or it is not needed.
const REASONS: [&str; 4] = [
    SLICE_OF_WIDE_REPEAT,
    VARIABLE_BLOCKS_AT_LEVEL_0,
    BITSHUFFLED_TAIL_OF_BLOSC1,
    SOURCE_IS_OVERWRITTEN,
];

impl Report {
    fn chunks(&mut self, group: &'static str) -> &mut Counts {
        self.counts.entry(group).or_default()
    }

    fn read_by_us(&mut self, group: &'static str, what: &str, bytes: &[u8], expected: &[u8]) {
        let registry = Registry::default();
        for (action, wrong) in read_by_us(bytes, expected, &registry, self.chunks(group)) {
            self.fail(group, what, &action, &wrong, bytes);
        }
    }

    fn fail(&mut self, group: &str, what: &str, action: &Action, wrong: &Wrong, bytes: &[u8]) {
        let wrong = shortened(format!("{wrong:?}"));
        let header = &bytes[..bytes.len().min(64)];
        self.failures.push(format!("{group}: {what}: {action:?}: {wrong} {header:02x?}"));
    }

    fn asked(
        &mut self,
        client: &mut Client,
        group: &'static str,
        what: &str,
        request: &Request,
    ) -> Option<Vec<u8>> {
        match client.ask(request).map(|mut answers| answers.remove(0)) {
            Ok(Ok(bytes)) if !bytes.is_empty() => Some(bytes),
            answer => {
                self.failures.push(format!("{group}: {what}: the oracle answers {answer:?}"));
                None
            }
        }
    }
}

fn shortened(mut text: String) -> String {
    text.truncate(200);
    text
}

/// Chunks in files that earlier releases of Blosc wrote: both readers must agree.
pub fn old_files(client: &mut Client, folder: &str, report: &mut Report) {
    let group = "files of earlier releases";
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        // Files of bare chunks say in the header how long they are.
        let len = bytes.get(12..).and_then(|rest| rest.first_chunk::<4>());
        if len.map(|len| u32::from_le_bytes(*len) as usize) != Some(bytes.len()) || bytes[0] > 6 {
            println!("{}: no chunk", path.display());
            continue;
        }
        let what = path.display().to_string();
        let nbytes = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
        let (chunk, slices) = (bytes.clone(), Vec::new());
        let request = Request::Decompress { chunk, nbytes, typesize: 1, nthreads: 1, slices };
        let Some(expected) = report.asked(client, group, &what, &request) else { continue };
        let registry = Registry::default();
        let is_bitshuffled = bytes[2] & 5 == 4;
        let tail = nbytes / usize::from(bytes[3]) * usize::from(bytes[3]);
        for (action, wrong) in read_by_us(&bytes, &expected, &registry, report.chunks(group)) {
            if is_bitshuffled && matches!(&wrong, Wrong::Differs(at) if at[0] >= tail) {
                *report.excepted.entry(BITSHUFFLED_TAIL_OF_BLOSC1).or_default() += 1;
            } else {
                report.fail(group, &what, &action, &wrong, &bytes);
            }
        }
    }
}

pub fn run(client: &mut Client, blosc1: Option<&mut Client>) -> Report {
    let mut report = Report::default();
    specials(client, &mut report);
    dictionaries(client, &mut report);
    variable_blocks(client, &mut report);
    shuffle_before_delta(client, &mut report);
    long_pipelines(client, &mut report);
    raster(client, &mut report);
    blosc1_header(client, BY_BLOSC2, &mut report);
    if let Some(blosc1) = blosc1 {
        blosc1_header(blosc1, "Blosc1 header, Blosc1", &mut report);
    }
    for reason in REASONS {
        if !report.excepted.contains_key(reason) {
            report.failures.push(format!("the exception is not needed: {reason}"));
        }
    }
    report
}

/// Chunks of a codec that C-Blosc2 does not know: it refuses them, and we do not.
fn raster(client: &mut Client, report: &mut Report) {
    let group = "raster, ours";
    let (width, height) = (300, 200);
    let samples: Vec<u16> =
        (0..width * height).map(|i| (i % width + i / width * 3) as u16).collect();
    let expected: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for (codec, name) in [(Raster::fast(), "fast"), (Raster::dense(), "dense")] {
        // Blocks of whole rows, so that the chunk's bytes are in the order of the array.
        let options = Options::new().codec(codec).chunk_shape([height, width]);
        let options = options.block_shape([height / 4, width]);
        let array = Array::from_slice(&samples, [height, width], &options).expect("it is valid");
        let chunk = array.chunk(0).expect("it exists").expect("it is not constant");
        let bytes = chunk.as_bytes();
        report.read_by_us(group, name, bytes, &expected);
        for nthreads in [1, 4] {
            let slices = vec![(0, 1), (70, 300), (59_999, 1)];
            let request = Request::Decompress {
                chunk: bytes.to_vec(),
                nbytes: expected.len(),
                typesize: 2,
                nthreads,
                slices,
            };
            let answers = client.ask(&request);
            let refuses = matches!(&answers, Ok(answers) if answers.iter().all(Result::is_err));
            if !refuses {
                let answers = shortened(format!("{answers:02x?}"));
                report.failures.push(format!("{group}: {name}: the oracle answers {answers}"));
            }
        }
    }
}

fn specials(client: &mut Client, report: &mut Report) {
    let kinds = [SpecialKind::Zeros, SpecialKind::Nan, SpecialKind::Repeat, SpecialKind::Uninit];
    for kind in kinds {
        for typesize in [1, 2, 3, 4, 8, 16, 24, 255, 256, 300] {
            if kind == SpecialKind::Nan && !matches!(typesize, 4 | 8) {
                continue;
            }
            for nitems in [1, 2, 31, 33, 1000, 20_003] {
                for blocksize in [0, 1000 / typesize * typesize] {
                    for nthreads in [1, 4] {
                        let params = Params {
                            clevel: 5,
                            typesize,
                            nthreads,
                            blocksize,
                            ..Params::default()
                        };
                        special(client, report, kind, &params, nitems * typesize);
                    }
                }
            }
        }
    }
}

fn special(
    client: &mut Client,
    report: &mut Report,
    kind: SpecialKind,
    params: &Params,
    nbytes: usize,
) {
    let typesize = params.typesize;
    let value: Vec<u8> = match (kind, typesize) {
        (SpecialKind::Nan, 4) => f32::NAN.to_le_bytes().to_vec(),
        (SpecialKind::Nan, _) => f64::NAN.to_le_bytes().to_vec(),
        (SpecialKind::Repeat, _) => (1..=typesize).map(|i| i as u8).collect(),
        _ => vec![0; typesize],
    };
    let expected = value.repeat(nbytes / typesize);
    let what = format!("{kind:?} of {nbytes} bytes, {params:?}");

    let request = Request::Special { params: *params, kind, nbytes, value: value.clone() };
    if let Some(bytes) = report.asked(client, "special, theirs", &what, &request) {
        report.read_by_us("special, theirs", &what, &bytes, &expected);
    }

    let chunk = match kind {
        SpecialKind::Zeros => Chunk::zeros(nbytes, typesize),
        SpecialKind::Nan => Chunk::nan(nbytes, typesize),
        SpecialKind::Repeat => Chunk::repeat(&value, nbytes),
        SpecialKind::Uninit => Chunk::uninit(nbytes, typesize),
    };
    let mut chunks = vec![chunk.expect("the arguments are valid")];
    if matches!(kind, SpecialKind::Zeros | SpecialKind::Repeat) && nbytes > typesize {
        // The same as found by the encoder, with a block size that was asked for.
        let options = match params.blocksize {
            0 => ChunkOptions::new(),
            nbytes => ChunkOptions::new().blocksize(nbytes),
        };
        let chunk = Chunk::encode(&expected, typesize, &options).expect("they are valid");
        let found = [Some(Special::Zeros), Some(Special::Repeat)].contains(&chunk.special());
        assert!(found, "{what}: a constant is not found");
        chunks.push(chunk);
    }
    for chunk in chunks {
        read_special_by_oracle(client, report, kind, &chunk, &expected, params, &what);
    }
}

fn read_special_by_oracle(
    client: &mut Client,
    report: &mut Report,
    kind: SpecialKind,
    chunk: &Chunk,
    expected: &[u8],
    params: &Params,
    what: &str,
) {
    let typesize = chunk.typesize();
    let slices = slices(expected.len(), typesize, chunk.blocksize());
    let request = Request::Decompress {
        chunk: chunk.as_bytes().to_vec(),
        nbytes: expected.len(),
        typesize,
        nthreads: params.nthreads,
        slices: slices.clone(),
    };
    let answers = match client.ask(&request) {
        Ok(answers) => answers,
        Err(failure) => {
            report.failures.push(format!("special, ours: {what}: the oracle {failure:?}"));
            return;
        }
    };
    report.chunks("special, ours").chunks += 1;
    let whole = (0, (expected.len() / typesize) as u32);
    let ranges = std::iter::once(whole).chain(slices);
    for (at, ((start, nitems), answer)) in ranges.zip(&answers).enumerate() {
        let start = start as usize * typesize;
        let end = if at == 0 { expected.len() } else { start + nitems as usize * typesize };
        report.chunks("special, ours").parts += 1;
        let is_right = match answer {
            // What C-Blosc2 reads there is what its buffer held.
            Ok(found) if kind == SpecialKind::Uninit => found.len() == end - start,
            Ok(found) => differing(&expected[start..end], found, start).is_none(),
            Err(_) => false,
        };
        let width = params.typesize;
        let is_whole = start.is_multiple_of(width) && end.is_multiple_of(width);
        if is_right {
        } else if at > 0 && kind == SpecialKind::Repeat && width > 255 && !is_whole {
            *report.excepted.entry(SLICE_OF_WIDE_REPEAT).or_default() += 1;
        } else {
            let answer = shortened(format!("{answer:02x?}"));
            let header = &chunk.as_bytes()[..32];
            report.failures.push(format!(
                "special, ours: {what}: bytes {start}..{end}: {answer} {header:02x?}"
            ));
        }
    }
}

const PIPELINES: [([u8; 6], &str); 6] = [
    ([0; 6], "none"),
    ([0, 0, 0, 0, 0, 1], "shuffle"),
    ([0, 0, 0, 0, 0, 2], "bitshuffle"),
    ([3, 0, 0, 0, 0, 0], "delta"),
    ([0, 0, 0, 0, 3, 1], "delta+shuffle"),
    ([0, 0, 0, 0, 1, 35], "shuffle+bytedelta"),
];

fn pipeline(filters: [u8; 6], params: &Params) -> Params {
    let planes = params.typesize as u8;
    let filters_meta = filters.map(|id| if id == 35 { planes } else { 0 });
    Params { filters, filters_meta, ..*params }
}

fn dictionaries(client: &mut Client, report: &mut Report) {
    let mut with_dictionary: BTreeMap<CodecKind, usize> = BTreeMap::new();
    for codec in [CodecKind::Lz4, CodecKind::Lz4Hc, CodecKind::Zstd] {
        for (filters, name) in PIPELINES {
            for (typesize, split) in [(1, 3), (4, 1), (4, 2), (8, 1), (8, 3)] {
                for blocksize in [4000, 32_000, 0] {
                    for (nbytes, clevel) in [(6_000, 5), (40_000, 9), (400_008, 1)] {
                        let params = Params {
                            codec: codec.id(),
                            clevel,
                            typesize,
                            blocksize,
                            split,
                            nthreads: 1 + (clevel & 2),
                            use_dict: true,
                            ..Params::default()
                        };
                        let params = pipeline(filters, &params);
                        let raw = data::raw(Content::Ramp, nbytes, typesize, 11);
                        let what = format!("{nbytes} bytes, {name}, {params:?}");
                        let request = Request::Compress { params, raw: raw.clone() };
                        let group = "dictionary, theirs";
                        let Some(bytes) = report.asked(client, group, &what, &request) else {
                            continue;
                        };
                        let has_dictionary = bytes[31] & 1 != 0 && bytes[2] & 2 == 0;
                        *with_dictionary.entry(codec).or_default() += usize::from(has_dictionary);
                        report.read_by_us(group, &what, &bytes, &raw);
                    }
                }
            }
        }
    }
    for codec in [CodecKind::Lz4, CodecKind::Lz4Hc, CodecKind::Zstd] {
        if with_dictionary.get(&codec).is_none_or(|&count| count < 20) {
            report.failures.push(format!("{NO_DICTIONARIES}: {codec:?}"));
        }
    }
    println!("dictionaries met: {with_dictionary:?}");
}

fn variable_blocks(client: &mut Client, report: &mut Report) {
    let lens: [&[usize]; 4] = [
        &[1],
        &[5000],
        &[1, 31, 32, 100, 5000, 7, 20_000],
        &[2000, 2400, 800, 3200, 1600, 2000, 2000, 3000, 1000, 4000, 1000, 1, 3],
    ];
    for codec in CODECS {
        for (filters, name) in PIPELINES {
            for typesize in [1, 3, 4, 8] {
                for lens in lens {
                    for use_dict in [false, true] {
                        for (clevel, nthreads) in [(0, 1), (1, 1), (5, 4), (9, 1)] {
                            if use_dict && codec == CodecKind::BloscLz {
                                continue;
                            }
                            let params = Params {
                                codec: codec.id(),
                                clevel,
                                typesize,
                                split: 3,
                                nthreads,
                                use_dict,
                                ..Params::default()
                            };
                            let params = pipeline(filters, &params);
                            let what = format!("{lens:?}, {name}, {params:?}");
                            one_of_variable_blocks(client, report, lens, &params, &what);
                        }
                    }
                }
            }
        }
    }
}

fn one_of_variable_blocks(
    client: &mut Client,
    report: &mut Report,
    lens: &[usize],
    params: &Params,
    what: &str,
) {
    let block =
        |(i, &len): (usize, &usize)| data::raw(CONTENTS[i % 4], len, params.typesize, i as u64 % 3);
    let blocks: Vec<Vec<u8>> = lens.iter().enumerate().map(block).collect();
    let expected = blocks.concat();
    let request = Request::CompressBlocks { params: *params, blocks };
    let group = "variable blocks, theirs";
    if params.clevel == 0 {
        // Not always: that depends on the lengths.
        if client.ask(&request) == Err(Failure::Died) {
            *report.excepted.entry(VARIABLE_BLOCKS_AT_LEVEL_0).or_default() += 1;
            return;
        }
    }
    let Some(bytes) = report.asked(client, group, what, &request) else { return };
    // The bytes that delta loses.
    let unit = if params.filters.contains(&3) { params.typesize } else { 1 };
    // 3 is the one typesize here that delta takes as single bytes.
    let unit = if unit == 3 { 1 } else { unit };
    let is_lost = |at: usize| {
        let mut start = 0;
        lens.iter().any(|len| {
            let lost = start + len / unit * unit..start + len;
            start += len;
            lost.contains(&at)
        })
    };
    let registry = Registry::default();
    for (action, wrong) in read_by_us(&bytes, &expected, &registry, report.chunks(group)) {
        if matches!(&wrong, Wrong::Differs(at) if at.iter().all(|&at| is_lost(at))) {
            *report.excepted.entry(Exception::DeltaTail.reason()).or_default() += 1;
        } else {
            report.fail(group, what, &action, &wrong, &bytes);
        }
    }
}

/// C-Blosc2 writes this order, though it reads it wrongly with several threads.
fn shuffle_before_delta(client: &mut Client, report: &mut Report) {
    for codec in CODECS {
        for typesize in [1, 2, 3, 4, 7, 8, 16, 24] {
            for shuffle in [1, 2] {
                for nblocks in [1, 4] {
                    let block = 2000 / typesize / 8 * 8 * typesize;
                    let params = Params {
                        codec: codec.id(),
                        clevel: 5,
                        typesize,
                        blocksize: block,
                        split: 3,
                        nthreads: 1,
                        filters: [0, 0, 0, 0, shuffle, 3],
                        ..Params::default()
                    };
                    let raw = data::raw(Content::Ramp, nblocks * block + 8 * typesize, typesize, 3);
                    let what = format!("{params:?}");
                    let request = Request::Compress { params, raw: raw.clone() };
                    let group = "shuffle before delta, theirs";
                    if let Some(bytes) = report.asked(client, group, &what, &request) {
                        report.read_by_us(group, &what, &bytes, &raw);
                    }
                }
            }
        }
    }
}

const SOURCE_IS_OVERWRITTEN: &str = "with three filters or more, C-Blosc2 filters into its source: \
     stored chunks hold filtered bytes, and delta refers to them";

/// Three to six filters in any order.
fn long_pipelines(client: &mut Client, report: &mut Report) {
    let mut seed = 1;
    for number in 0..2000 {
        let typesize = [2, 3, 4, 8, 16, 24][number % 6];
        let nfilters = 3 + number % 4;
        let mut ids: Vec<u8> =
            (0..nfilters).map(|_| [1, 2, 35][data::next(&mut seed) as usize % 3]).collect();
        if number % 5 == 0 {
            ids[0] = 3;
        }
        let mut filters = [0; 6];
        filters[6 - nfilters..].copy_from_slice(&ids);
        let codec = CODECS[number / 6 % 4];
        let block = 2000 / typesize * typesize;
        let params = Params {
            codec: codec.id(),
            clevel: 5,
            typesize,
            blocksize: block,
            split: 1 + (number % 3) as u8,
            nthreads: 1 + (number % 2 * 3) as u8,
            ..Params::default()
        };
        let params = pipeline(filters, &params);
        let content = CONTENTS[number / 24 % 4];
        let raw = data::raw(content, 3 * block + 5 * typesize, typesize, number as u64);
        one_long_pipeline(client, report, codec, &params, &raw);
    }
}

fn one_long_pipeline(
    client: &mut Client,
    report: &mut Report,
    codec: CodecKind,
    params: &Params,
    raw: &[u8],
) {
    let what = format!("{params:?}");
    let mut options = ChunkOptions::new()
        .no_filters()
        .shared_codec(codec.codec(params.clevel))
        .blocksize(params.blocksize)
        .split([SplitMode::Always, SplitMode::Never, SplitMode::Auto][params.split as usize - 1]);
    for id in params.filters.into_iter().filter(|&id| id != 0) {
        options = match id {
            1 => options.filter(Shuffle::default()),
            2 => options.filter(BitShuffle),
            3 => options.filter(Delta),
            _ => options.filter(ByteDelta::planes(params.typesize as u8)),
        };
    }
    let group = "long pipelines, ours";
    let chunk = Chunk::encode(raw, params.typesize, &options).expect("the options are valid");
    report.chunks(group).chunks += 1;
    let (bytes, nthreads) = (chunk.as_bytes().to_vec(), params.nthreads);
    let (nbytes, slices) = (raw.len(), Vec::new());
    let request = Request::Decompress { chunk: bytes, nbytes, typesize: 1, nthreads, slices };
    if report.asked(client, group, &what, &request).is_some_and(|found| found != raw) {
        report.failures.push(format!("{group}: {what}: other bytes"));
    }

    let group = "long pipelines, theirs";
    let request = Request::Compress { params: *params, raw: raw.to_vec() };
    let Some(bytes) = report.asked(client, group, &what, &request) else { return };
    let is_lost = bytes[2] & 2 != 0 || params.filters.contains(&3);
    let registry = Registry::default();
    for (action, wrong) in read_by_us(&bytes, raw, &registry, report.chunks(group)) {
        if is_lost && matches!(wrong, Wrong::Differs(_)) {
            *report.excepted.entry(SOURCE_IS_OVERWRITTEN).or_default() += 1;
        } else {
            report.fail(group, &what, &action, &wrong, &bytes);
        }
    }
}

fn blosc1_header(client: &mut Client, group: &'static str, report: &mut Report) {
    for codec in CODECS {
        for shuffle in [0, 1, 2] {
            for typesize in [1, 2, 3, 4, 7, 8, 16, 17, 24, 255] {
                for (blocksize, clevel, nthreads) in
                    [(0, 5, 1), (0, 0, 1), (4096, 9, 1), (32_768, 1, 4), (200, 5, 1)]
                {
                    for nbytes in [1, 31, 32, 33, 127, 128, 129, 4096, 40_000, 100_001, 1_000_008] {
                        if nbytes > 200_000 && (clevel != 1 || blocksize == 0) {
                            continue;
                        }
                        let params = Params {
                            codec: codec.id(),
                            clevel,
                            typesize,
                            blocksize,
                            split: 3,
                            nthreads,
                            filters: [0, 0, 0, 0, 0, shuffle],
                            ..Params::default()
                        };
                        blosc1_chunk(client, group, report, codec, &params, nbytes);
                    }
                }
            }
        }
    }
}

fn blosc1_chunk(
    client: &mut Client,
    group: &'static str,
    report: &mut Report,
    codec: CodecKind,
    params: &Params,
    nbytes: usize,
) {
    let content = CONTENTS[nbytes % 4];
    let raw = data::raw(content, nbytes, params.typesize, 5);
    let what = format!("{nbytes} bytes, {content:?}, {params:?}");
    let request = Request::CompressBlosc1 { params: *params, raw: raw.clone() };
    if let Some(bytes) = report.asked(client, group, &what, &request) {
        assert_ne!(bytes[2] & 5, 5, "{what}: not a Blosc1 header");
        report.read_by_us(group, &what, &bytes, &raw);
    }

    let options = ChunkOptions::new().shared_codec(codec.codec(params.clevel));
    let options = match params.filters[5] {
        0 => options.no_filters(),
        1 => options.shuffle(),
        _ => options.bitshuffle(),
    };
    let options = match params.blocksize {
        0 => options,
        nbytes => options.blocksize(nbytes),
    };
    let chunk = match Chunk::encode(&raw, params.typesize, &options.format(ChunkFormat::Blosc1)) {
        Ok(chunk) => chunk,
        Err(error) => {
            report.failures.push(format!("{group}, ours: {what}: {error}"));
            return;
        }
    };
    report.chunks(group).chunks += 1;
    let request = Request::Decompress {
        chunk: chunk.as_bytes().to_vec(),
        nbytes,
        typesize: params.typesize,
        nthreads: params.nthreads,
        slices: Vec::new(),
    };
    let answer = client.ask(&request).map(|mut answers| answers.remove(0));
    let is_right = answer.as_ref().is_ok_and(|answer| answer.as_ref().is_ok_and(|a| *a == raw));
    let Ok(Ok(found)) = &answer else {
        report.failures.push(format!("{group}, ours: {what}: {answer:?}"));
        return;
    };
    if !is_right {
        // The last block, the only one with bytes after its whole elements.
        let last = (nbytes - 1) / chunk.blocksize() * chunk.blocksize();
        let nitems = (nbytes - last) / params.typesize;
        let tail = last + nitems * params.typesize;
        let differs_in_tail = differing(&raw, found, 0).is_some_and(|at| at[0] >= tail);
        let is_bitshuffled = params.filters[5] == 2 && nitems.is_multiple_of(8);
        if group == BY_BLOSC2 && is_bitshuffled && differs_in_tail {
            *report.excepted.entry(BITSHUFFLED_TAIL_OF_BLOSC1).or_default() += 1;
            return;
        }
        let answer = shortened(format!("{answer:02x?}"));
        let header = &chunk.as_bytes()[..16];
        report.failures.push(format!("{group}, ours: {what}: {answer} {header:02x?}"));
    }
}
