//! Streams that stay readable for ever: `tests/fixtures/raster/streams.bin`, of which
//! `streams.tsv` has a line each.
//!
//! What a stream holds is a formula of integers, computed here; the index has a checksum of it, for
//! readers in other languages. Decoding is proved on every instruction set. That encoding gives the
//! same bytes is proved too, and may change; [`write`] then writes another set beside the old one.

use std::path::PathBuf;
use std::{fs, iter};

use half::f16;

use super::buffers::State;
use super::encode::{Encoder, Values, class_of};
use super::geometry::Geometry;
use super::plan::Plan;
use super::profile::Profile;
use super::stream::{Head, Kind};
use super::{
    Preset, channels, decode, dictionary, encode, fill, lz, mapped, packed, scaled, sequences,
    slices, sparse, wide_dictionary,
};
use crate::arch::Isa;
use crate::arch::raster::Predictor;
use crate::codec::{Band, BlockInfo, Encoded};
use crate::dtype::DType;

/// How a fixture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As the codec chooses.
    Chosen,
    /// As a node of bit planes with this predictor.
    Packed(Predictor),
    /// As a node of this kind, whether it pays or not.
    Node(Kind),
}

/// A stream, and what it holds.
#[derive(Debug, Clone)]
struct Case {
    preset: Preset,
    way: Way,
    dtype: DType,
    shape: Vec<usize>,
    content: &'static str,
}

impl Case {
    fn name(&self) -> String {
        let way = match self.way {
            Way::Chosen => "chosen".to_owned(),
            Way::Packed(predictor) => format!("packed_{predictor:?}"),
            Way::Node(kind) => format!("{kind:?}"),
        };
        let shape: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let (shape, preset) = (shape.join("x"), self.preset);
        let name = format!("{way}_{}_{shape}_{}_{preset:?}", self.dtype, self.content);
        name.to_lowercase()
    }

    fn raw(&self) -> Vec<u8> {
        content(self.content, self.dtype, &self.shape)
    }

    fn encode(&self, isa: Isa) -> Vec<u8> {
        let (raw, mut state) = (self.raw(), State::default());
        if self.way == Way::Chosen {
            let mut info = BlockInfo::bytes(&0);
            (info.dtype, info.shape) = (self.dtype, &self.shape);
            let mut stream = vec![0; raw.len() * 2 + 100];
            let encoded = encode::encode(isa, self.preset, &raw, &mut stream, &info, &mut state);
            let Encoded::Len(len) = encoded else { panic!("there is room") };
            stream.truncate(len);
            return stream;
        }
        let (class, itemsize) = class_of(self.dtype);
        let geometry = Geometry::new(&self.shape, self.dtype.itemsize() / itemsize);
        let values = Values { class, itemsize, geometry };
        let mut encoder =
            Encoder { isa, preset: self.preset, state: &mut state, in_fill: false, depth: 0 };
        let mut stream = Vec::new();
        Head { class, itemsize, nbytes: raw.len() }.write(&mut stream);
        self.append_node(&mut encoder, &raw, values, &mut stream);
        stream
    }

    fn append_node(
        &self,
        encoder: &mut Encoder<'_>,
        raw: &[u8],
        values: Values,
        out: &mut Vec<u8>,
    ) {
        let itemsize = values.itemsize;
        let profile = &Profile::new(encoder.isa, raw, itemsize);
        let kind = match self.way {
            Way::Packed(predictor) => {
                let stride = values.geometry.with_long_rows(itemsize).row;
                let base = profile.survey.least;
                let plan = Plan { predictor, stride, base, nbytes: 0, nbytes_of_slices: 0 };
                return packed::encode(encoder, raw, itemsize, &plan, out);
            }
            Way::Node(kind) => kind,
            Way::Chosen => unreachable!("nothing is forced"),
        };
        let limit = 4 * raw.len();
        let is_encoded = match kind {
            Kind::Stored => {
                out.push(Kind::Stored as u8);
                out.extend_from_slice(raw);
                true
            }
            Kind::Lz => lz::encode(encoder, raw, itemsize, limit, out),
            Kind::Dictionary => dictionary::encode(encoder, raw, values, profile, limit, out),
            Kind::WideDictionary => {
                wide_dictionary::encode(encoder, raw, values, profile, limit, out)
            }
            Kind::Channels => channels::encode(encoder, raw, values, limit, out),
            Kind::Slices => slices::encode(encoder, raw, values, limit, out),
            Kind::Scaled => scaled::encode(encoder, raw, values, limit, out),
            Kind::Fill => fill::encode(encoder, raw, values, profile, limit, out),
            Kind::Sparse => sparse::encode(encoder, raw, values, limit, out),
            Kind::Sequences => sequences::encode(encoder, raw, values, limit, out),
            Kind::Mapped => append_mapped(encoder, raw, values, profile, out),
            Kind::Constant | Kind::Packed => false,
        };
        assert!(is_encoded, "{} does not apply", self.name());
    }
}

fn append_mapped(
    encoder: &mut Encoder<'_>,
    raw: &[u8],
    values: Values,
    profile: &Profile<'_>,
    out: &mut Vec<u8>,
) -> bool {
    let predictor = Predictor::Left;
    let direct = Plan { predictor, stride: 0, base: 0, nbytes: usize::MAX, nbytes_of_slices: 0 };
    let mut mapped = vec![0; raw.len()];
    let chosen = mapped::choose(encoder.isa, raw, values, &profile.survey, &direct, &mut mapped);
    if let Some((map, plan)) = chosen {
        mapped::write_head(map, out);
        packed::encode(encoder, &mapped, values.itemsize, &plan, out);
    }
    chosen.is_some()
}

/// All cases: every kind of node, each predictor with each size of values, with contents that call
/// for each coding of widths.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |way, dtype: DType, shape: &[usize], content| {
        for preset in [Preset::Fast, Preset::Dense] {
            cases.push(Case { preset, way, dtype, shape: shape.to_vec(), content });
        }
    };
    for dtype in [DType::U8, DType::I16, DType::F32, DType::U64] {
        // Rows of no whole steps, and the last group is not full.
        let shape = [21, 141 / dtype.itemsize()];
        add(Way::Packed(Predictor::None), dtype, &shape, "dashes");
        // Whole units: no offsets to groups that do not exist.
        add(Way::Packed(Predictor::None), dtype, &[16, 128 / dtype.itemsize()], "grain");
        for predictor in Predictor::ALL {
            for content in ["surface", "relief", "patches"] {
                add(Way::Packed(predictor), dtype, &shape, content);
            }
        }
    }
    for dtype in [DType::U8, DType::U16, DType::F64] {
        add(Way::Node(Kind::Stored), dtype, &[9], "noise");
        add(Way::Chosen, dtype, &[4, 30], "constant");
    }
    for (dtype, width) in [(DType::U8, 64), (DType::U16, 50), (DType::U32, 50), (DType::F64, 31)] {
        add(Way::Node(Kind::Lz), dtype, &[24, width], "phrases");
        add(Way::Node(Kind::Sequences), dtype, &[24, width], "phrases");
        add(Way::Node(Kind::Dictionary), dtype, &[17, width], "few");
    }
    for dtype in [DType::F16, DType::F32, DType::F64] {
        add(Way::Node(Kind::WideDictionary), dtype, &[32, 80], "many");
        add(Way::Node(Kind::Scaled), dtype, &[16, 66], "quarters");
    }
    add(Way::Node(Kind::Channels), DType::U8, &[12, 130, 3], "pixels");
    add(Way::Node(Kind::Channels), DType::U16, &[12, 65, 4], "pixels");
    add(Way::Node(Kind::Channels), DType::F32, &[12, 33, 2], "pixels");
    add(Way::Chosen, DType::Complex64, &[12, 33], "relief");
    add(Way::Node(Kind::Slices), DType::U8, &[4, 8, 130], "volume");
    add(Way::Node(Kind::Slices), DType::I16, &[5, 6, 65], "volume");
    add(Way::Node(Kind::Slices), DType::U32, &[3, 7, 33], "volume");
    for dtype in [DType::I8, DType::I16, DType::I32, DType::F16, DType::F32, DType::F64] {
        add(Way::Node(Kind::Mapped), dtype, &[12, 1 + 128 / dtype.itemsize()], "waves");
    }
    for dtype in [DType::U16, DType::U32, DType::F32] {
        add(Way::Node(Kind::Mapped), dtype, &[12, 65], "shifted");
    }
    add(Way::Node(Kind::Mapped), DType::F32, &[12, 65], "hiss");
    for dtype in [DType::I16, DType::F32, DType::F64] {
        add(Way::Node(Kind::Fill), dtype, &[24, 64], "coast");
    }
    for width in [64, 77, 128, 200] {
        add(Way::Node(Kind::Sparse), DType::U8, &[33, width], "labels");
    }
    add(Way::Node(Kind::Sparse), DType::U8, &[19, 101], "specks");
    // As the codec chooses: pixels of a satellite, a block with 64 lanes when dense, and bytes of
    // unknown meaning.
    add(Way::Chosen, DType::U16, &[40, 96], "landsat");
    add(Way::Chosen, DType::U16, &[96, 128], "relief");
    add(Way::Packed(Predictor::Gradient), DType::I32, &[90, 64], "relief");
    add(Way::Chosen, DType::Bool, &[40, 128], "bits");
    add(Way::Chosen, opaque(3), &[300], "phrases");
    add(Way::Chosen, opaque(12), &[20], "noise");
    cases
}

fn opaque(nbytes: u32) -> DType {
    match std::num::NonZero::new(nbytes) {
        Some(nbytes) => DType::Opaque(nbytes),
        None => unreachable!("there are bytes"),
    }
}

/// The highest bits of a linear congruential generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64
    }
}

/// A number that looks random, the same for the same number.
fn hash(number: i64) -> i64 {
    let hash = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash ^ hash >> 29) as i64
}

/// The bytes of a block of this shape.
fn content(kind: &str, dtype: DType, shape: &[usize]) -> Vec<u8> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    if kind == "landsat" {
        return landsat(shape);
    }
    if matches!(dtype, DType::Opaque(_)) {
        let nbytes = shape.iter().product::<usize>() * dtype.itemsize();
        let period = dtype.itemsize() as i64 * 13;
        return (0..nbytes as i64)
            .map(|at| if kind == "noise" { random.next() } else { hash(at % period) } as u8)
            .collect();
    }
    let components = if dtype == DType::Complex64 { 2 } else { 1 };
    let width = shape[shape.len() - 1] * components;
    let count = shape.iter().product::<usize>() * components;
    let mut raw = Vec::new();
    for at in 0..count {
        let place = Place {
            x: (at % width) as i64,
            y: (at / width) as i64,
            rows: if shape.len() > 2 { shape[shape.len() - 2] as i64 } else { i64::MAX },
            width: width as i64,
        };
        append(dtype, kind, number(kind, place, &mut random), &mut raw);
    }
    raw
}

/// Where a number is: its column, the row of all slices, and the rows of a slice.
#[derive(Clone, Copy)]
struct Place {
    x: i64,
    y: i64,
    rows: i64,
    width: i64,
}

fn number(kind: &str, Place { x, y, rows, width }: Place, random: &mut Random) -> i64 {
    let surface = x * x / 90 + y * y / 50 + x * y / 70;
    let noise = random.next();
    match kind {
        "surface" => surface + (noise & 3),
        "relief" => surface * 3 + (noise & 15) + if noise % 97 == 0 { noise & 0x3_ffff } else { 0 },
        "patches" => {
            let is_rough = (x / 40 + y / 6) % 3 == 0;
            if is_rough { 40 + (noise & 7) } else { 40 + i64::from(noise % 150 == 0) * 90 }
        }
        // Groups of which some are all 0.
        "dashes" if hash((y * width + x) / 8) % 3 == 0 => 0,
        "dashes" | "grain" => 64 + (noise & 63),
        "noise" => noise << 40 ^ noise,
        "constant" => 7,
        "phrases" => hash((y * width + x) / 3 % 20),
        "few" => hash((x / 5 + noise % 2) % 5) >> 3,
        "many" => noise % 300 * (noise % 300 + 50),
        "quarters" => surface * 2 + noise % 5 - 40,
        // Channels are the last axis.
        "pixels" => y * y / 80 + y % rows * 2 + (y * 7 % 11) + x * 12 + (noise & 1),
        "volume" => hash(y % rows * width + x) % 1000 + y / rows * 5 + (noise & 1),
        "waves" => (x - 30) * (y - 5) / 8 + (noise & 3),
        "shifted" => (surface + (noise & 3)) << 4,
        "hiss" => noise % 4001 - 2000,
        "coast" if (x / 9 + y / 5) % 4 == 0 => -9999,
        "coast" => surface + (noise & 3),
        "labels" => (x + (y / 3 * 5) % 7 - y / 2) / 17 % 9,
        "specks" => (x + y / 4) / 20 % 3 + if noise % 40 == 0 { noise & 0x3f } else { 0 },
        "bits" => i64::from((x - 60) * (x - 60) + (y - 20) * (y - 20) * 4 < 900),
        _ => panic!("no content {kind}"),
    }
}

/// Floats of most contents have no short mantissas. Dashes and grain are of bits.
fn append(dtype: DType, kind: &str, number: i64, raw: &mut Vec<u8>) {
    if matches!(kind, "dashes" | "grain") {
        return raw.extend(&number.to_le_bytes()[..dtype.itemsize()]);
    }
    let divisor = match kind {
        "quarters" => 4,
        "coast" | "constant" | "shifted" => 1,
        _ => 3,
    };
    let single = || number as f32 / divisor as f32;
    match dtype {
        DType::F16 => raw.extend(f16::from_f32(single()).to_le_bytes()),
        DType::F32 | DType::Complex64 => raw.extend(single().to_le_bytes()),
        DType::F64 => raw.extend((number as f64 / f64::from(divisor)).to_le_bytes()),
        _ => raw.extend(&number.to_le_bytes()[..dtype.itemsize()]),
    }
}

/// The top left pixels of the picture in `benches/data`.
fn landsat(shape: &[usize]) -> Vec<u8> {
    const HEADER: usize = 128;
    const WIDTH: usize = 176;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/data/landsat_u16.npy");
    let file = fs::read(path).unwrap();
    let rows = file[HEADER..].chunks(2 * WIDTH).take(shape[0]);
    rows.flat_map(|row| row[..2 * shape[1]].to_vec()).collect()
}

/// FNV-1a, of 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/raster")
}

fn index_line(case: &Case, stream: &[u8]) -> String {
    let raw = case.raw();
    let (name, nbytes, cbytes) = (case.name(), raw.len(), stream.len());
    format!("{name}\t{nbytes}\t{cbytes}\t{:016x}\n", checksum(&raw))
}

/// The streams on file, in the order of [`cases`], with their names.
pub(super) fn streams() -> Vec<(String, usize, Vec<u8>)> {
    let index = fs::read_to_string(folder().join("streams.tsv")).unwrap();
    let all = fs::read(folder().join("streams.bin")).unwrap();
    let mut rest = &all[..];
    let lines = index.lines().map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let (nbytes, cbytes) = (fields[1].parse().unwrap(), fields[2].parse().unwrap());
        let stream;
        (stream, rest) = rest.split_at(cbytes);
        (fields[0].to_owned(), nbytes, stream.to_vec())
    });
    let streams = lines.collect();
    assert!(rest.is_empty(), "an index of all streams");
    streams
}

/// Writes all streams as they are encoded today: see `tests/fixtures/README.md`.
#[test]
#[ignore = "writes the fixtures"]
fn write() {
    let encoded: Vec<(Case, Vec<u8>)> =
        cases().into_iter().map(|case| (case.clone(), case.encode(Isa::current()))).collect();
    let index: String = encoded.iter().map(|(case, stream)| index_line(case, stream)).collect();
    let streams: Vec<u8> = encoded.into_iter().flat_map(|(_, stream)| stream).collect();
    fs::create_dir_all(folder()).unwrap();
    fs::write(folder().join("streams.tsv"), index).unwrap();
    fs::write(folder().join("streams.bin"), streams).unwrap();
}

#[test]
fn fixtures_decode_to_what_they_hold_on_every_instruction_set() {
    let streams = streams();
    assert_eq!(streams.len(), cases().len());
    for (case, (name, nbytes, stream)) in cases().iter().zip(&streams) {
        let raw = case.raw();
        assert_eq!((name, *nbytes), (&case.name(), raw.len()));
        for isa in Isa::available() {
            let mut state = State::default();
            let mut dst = vec![0x5a; raw.len()];
            decode::decode(isa, stream, &mut dst, &mut state).unwrap();
            assert!(dst == raw, "{name}, {isa:?}");
            let mut bands = Vec::new();
            let visit = &mut |band: Band<'_>| {
                bands.extend(band.to_vec());
                std::ops::ControlFlow::Continue(())
            };
            let itemsize = case.dtype.itemsize();
            decode::decode_bands(isa, stream, &mut dst, itemsize, &mut state, visit).unwrap();
            assert!(bands == raw, "{name}, {isa:?}, in bands");
        }
    }
}

#[test]
fn checksums_are_those_of_the_contents() {
    let index = fs::read_to_string(folder().join("streams.tsv")).unwrap();
    let lines: String = iter::zip(cases(), streams())
        .map(|(case, (.., stream))| index_line(&case, &stream))
        .collect();
    assert!(index == lines);
}

#[test]
fn encoding_gives_the_fixtures_on_every_instruction_set() {
    for (case, (name, _, stream)) in cases().iter().zip(&streams()) {
        for isa in Isa::available() {
            assert!(case.encode(isa) == *stream, "{name}, {isa:?}");
        }
    }
}

#[test]
fn fixtures_have_every_kind_predictor_and_coding() {
    let streams = streams();
    let mut names: Vec<&String> = streams.iter().map(|(name, ..)| name).collect();
    names.dedup();
    assert_eq!(names.len(), streams.len());
    // After the length, of one byte or two.
    let nodes: Vec<(u8, &[u8])> = streams
        .iter()
        .map(|(.., stream)| (stream[0] & 3, &stream[if stream[1] < 128 { 2 } else { 3 }..]))
        .collect();
    let roots: Vec<u8> = nodes.iter().map(|(_, node)| node[0]).collect();
    assert!((0..13).all(|kind| roots.contains(&kind)));
    for itemsize in 0..4 {
        let packed = || nodes.iter().filter(|(size, node)| *size == itemsize && node[0] == 2);
        for predictor in 0..5 {
            assert!(packed().any(|(_, node)| node[1] & 15 == predictor));
        }
        // So small a block has too few groups of long values for lanes to pay.
        for coding in 0..if itemsize < 2 { 4 } else { 3 } {
            let codes: Vec<u8> = packed().map(|(_, node)| node[1] >> 4).collect();
            assert!(codes.contains(&coding), "{itemsize} {codes:?}");
        }
    }
    assert!(
        streams
            .iter()
            .all(|(name, nbytes, stream)| { stream.len() <= *nbytes * 2 + 100 && name.is_ascii() })
    );
}
