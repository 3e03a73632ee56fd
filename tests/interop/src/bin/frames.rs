//! The other side of `frames.py`: reads the frames that python-blosc2 wrote, and writes its own.
//!
//! ```text
//! frames read FOLDER       compares what is in a folder with its manifest
//! frames write FROM TO     writes the cases of a folder anew, in several ways, to another
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use ndpress::frame::{Access, Checksums, Frame, FrameOptions};
use ndpress::{
    AnyArray, Array, ArrayFile, DType, Image, Lz4, Metalayers, OpenOptions, Options, Raster,
    Region, Registry, SaveOptions, Zlib, Zstd,
};
use serde::{Deserialize, Serialize};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A line of the manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Case {
    name: String,
    path: String,
    nbytes: u64,
    nchunks: usize,
    typesize: usize,
    vlmeta: BTreeMap<String, String>,
    meta: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dtype: Option<String>,
    #[serde(default)]
    memory: bool,
    #[serde(default)]
    unreadable: bool,
}

struct Folder(PathBuf);

impl Folder {
    fn cases(&self) -> Result<Vec<Case>> {
        let lines = fs::read_to_string(self.0.join("manifest.jsonl"))?;
        Ok(lines.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
    }

    fn path(&self, case: &Case) -> PathBuf {
        self.0.join(&case.path)
    }

    fn raw(&self, case: &Case) -> Result<Vec<u8>> {
        Ok(fs::read(self.0.join(format!("{}.bin", case.name)))?)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let failures = match arguments[..] {
        ["read", folder] => read(&Folder(folder.into())),
        ["write", from, to] => write(&Folder(from.into()), Path::new(to)),
        _ => Err("frames read FOLDER | frames write FROM TO".into()),
    };
    match failures {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn read(folder: &Folder) -> Result<usize> {
    let (mut failures, cases) = (0, folder.cases()?);
    for case in &cases {
        if let Err(error) = read_case(folder, case) {
            failures += 1;
            println!("{}: {error}", case.name);
        }
    }
    println!("{} cases of {:?} read by ndpress, {failures} failures", cases.len(), folder.0);
    Ok(failures)
}

fn read_case(folder: &Folder, case: &Case) -> Result<()> {
    let (path, raw) = (folder.path(case), folder.raw(case)?);
    if case.shape.is_none() {
        return read_frame(&Frame::open(&path, &OpenOptions::new())?, case, &raw);
    }
    let mapped = OpenOptions::new().access(Access::MemoryMap);
    for options in [OpenOptions::new(), mapped, OpenOptions::new().checksums(Checksums::Skip)] {
        compare(&AnyArray::open(&path, &options)?, case, &raw)?;
    }
    let array = AnyArray::open(&path, &OpenOptions::new())?;
    let bytes =
        if path.is_dir() { array.to_cframe(&SaveOptions::new())? } else { fs::read(&path)? };
    let held = AnyArray::from_cframe(bytes, &OpenOptions::new())?;
    compare(&held, case, &raw)?;
    // What is read can be saved, and is the same; with all chunks anew, too.
    for options in [SaveOptions::new(), SaveOptions::new().codec(Lz4::clevel(5))] {
        let saved = held.to_cframe(&options)?;
        compare(&AnyArray::from_cframe(saved, &OpenOptions::new())?, case, &raw)?;
    }
    Ok(())
}

fn compare(array: &AnyArray, case: &Case, raw: &[u8]) -> Result<()> {
    let shape = case.shape.as_deref().unwrap_or_default();
    equal("shape", &array.shape()[..], shape)?;
    if let Some(dtype) = &case.dtype {
        equal("dtype", &*array.numpy_dtype(), dtype.as_str())?;
    }
    layers("meta", array.metalayers(), &case.meta)?;
    layers("vlmeta", array.vlmetalayers(), &case.vlmeta)?;
    let mut bytes = vec![0xa5; raw.len()];
    array.read_region_bytes_into(&Region::full(*array.shape()), &mut bytes)?;
    if bytes != raw {
        return Err("elements differ".into());
    }
    let mut random = Random(case.nbytes ^ 0x1234_5678);
    for _ in 0..6 {
        let region: Vec<_> = shape
            .iter()
            .map(|&len| {
                let (a, b) = (random.below(len + 1), random.below(len + 1));
                a.min(b)..a.max(b)
            })
            .collect();
        let region = Region::new(&region[..])?;
        let itemsize = array.dtype().itemsize();
        let mut found = vec![0xa5; region.shape().nitems() * itemsize];
        array.read_region_bytes_into(&region, &mut found)?;
        if found != cut(raw, shape, itemsize, &region) {
            return Err(format!("elements of {region:?} differ").into());
        }
    }
    Ok(())
}

/// The elements of a region, the plain way.
fn cut(raw: &[u8], shape: &[usize], itemsize: usize, region: &Region) -> Vec<u8> {
    let whole = ndpress::Shape::new(shape).unwrap();
    let mut bytes = Vec::new();
    for position in 0..region.shape().nitems() {
        let index = region.shape().unravel(position);
        let index: Vec<usize> =
            (0..shape.len()).map(|axis| index[axis] + region.start()[axis]).collect();
        let at = whole.ravel(&index) * itemsize;
        bytes.extend_from_slice(&raw[at..at + itemsize]);
    }
    bytes
}

fn read_frame(frame: &Frame, case: &Case, raw: &[u8]) -> Result<()> {
    equal("nchunks", &frame.nchunks(), &case.nchunks)?;
    equal("typesize", &frame.typesize(), &case.typesize)?;
    equal("nbytes", &frame.nbytes(), &case.nbytes)?;
    layers("vlmeta", frame.vlmetalayers(), &case.vlmeta)?;
    let mut bytes = Vec::new();
    for index in 0..frame.nchunks() {
        bytes.extend(frame.chunk(index)?.decode(&Registry::default())?);
    }
    if bytes != raw {
        return Err("bytes differ".into());
    }
    let copy = Frame::from_bytes(frame.to_bytes()?, &OpenOptions::new())?;
    equal("nbytes of the copy", &copy.nbytes(), &case.nbytes)?;
    if !copy.verify().is_good() {
        return Err("the copy is damaged".into());
    }
    if frame.chunksize() == 0 {
        let error = AnyArray::from_frame(frame).unwrap_err().to_string();
        return equal("error", error.as_str(), "an array of chunks of different lengths");
    }
    // As an array of one axis, and in memory.
    let array = AnyArray::from_frame(frame)?;
    let mut elements = vec![0; raw.len()];
    array.read_region_bytes_into(&Region::full(*array.shape()), &mut elements)?;
    if elements != raw {
        return Err("elements differ".into());
    }
    let saved = AnyArray::from_cframe(array.to_cframe(&SaveOptions::new())?, &OpenOptions::new())?;
    if !saved.content_eq(&array)? {
        return Err("the array saved differs".into());
    }
    Ok(())
}

fn layers(what: &str, found: &Metalayers, expected: &BTreeMap<String, String>) -> Result<()> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let found: BTreeMap<String, String> =
        found.iter().map(|(name, content)| (name.to_owned(), hex(content))).collect();
    equal(what, &found, expected)
}

fn equal<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<()> {
    if found != expected {
        return Err(format!("{what} is {found:?}, not {expected:?}").into());
    }
    Ok(())
}

/// Writes every case of a folder of python's in the ways there are.
fn write(from: &Folder, to: &Path) -> Result<usize> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    let mut writer = Writer { to, lines: Vec::new() };
    for case in from.cases()? {
        let raw = from.raw(&case)?;
        match &case.shape {
            Some(_) => {
                let array = AnyArray::open(from.path(&case), &OpenOptions::new())?;
                writer.array(&array, &case, &raw)?;
                writer.edited(&from.path(&case), &case, &raw)?;
            }
            None => writer.frame(&case, &raw)?,
        }
    }
    writer.own()?;
    fs::write(to.join("manifest.jsonl"), writer.lines.concat())?;
    println!("{} cases in {to:?}", writer.lines.len());
    Ok(0)
}

struct Writer<'a> {
    to: &'a Path,
    lines: Vec<String>,
}

impl Writer<'_> {
    fn add(&mut self, case: Case, raw: &[u8]) -> Result<()> {
        fs::write(self.to.join(format!("{}.bin", case.name)), raw)?;
        self.lines.push(serde_json::to_string(&case)? + "\n");
        Ok(())
    }

    /// As it was read; in our default codec, transcoded; into a folder; in memory.
    fn array(&mut self, array: &AnyArray, case: &Case, raw: &[u8]) -> Result<()> {
        let named = |kind: &str| Case {
            name: format!("{}_{kind}", case.name),
            path: format!("{}_{kind}.b2nd", case.name),
            ..case.clone()
        };
        let passed = named("passed");
        array.save(self.to.join(&passed.path), &SaveOptions::new())?;
        self.add(passed, raw)?;

        let mut options = Options::new();
        if array.ndim() > 0 {
            options = options.chunk_shape(array.chunk_shape()).block_shape(array.block_shape());
        }
        let own = AnyArray::from_bytes(array.dtype(), raw, array.shape(), &options)?;
        let mut own = own;
        own.set_numpy_dtype(&array.numpy_dtype())?;
        own.vlmetalayers_mut().clone_from(array.vlmetalayers());
        own.metalayers_mut().clone_from(array.metalayers());
        let portable = named("portable");
        own.save(self.to.join(&portable.path), &SaveOptions::portable())?;
        self.add(portable, raw)?;
        let sparse = named("sparse");
        own.save(self.to.join(&sparse.path), &SaveOptions::portable().sparse())?;
        self.add(sparse, raw)?;
        let memory = Case { memory: true, ..named("memory") };
        let bytes = own.to_cframe(&SaveOptions::new().codec(Zstd::clevel(3)))?;
        fs::write(self.to.join(&memory.path), bytes)?;
        self.add(memory, raw)?;

        // Changed in place: once more what it was, through a file that shrinks and grows.
        let changed = named("changed");
        let path = self.to.join(&changed.path);
        let mut file = ArrayFile::create(&path, &own, &SaveOptions::portable())?;
        let shape = *file.shape();
        if !shape.is_empty() && !shape.contains(&0) {
            let shorter: Vec<usize> = shape.iter().map(|len| len.div_ceil(2)).collect();
            file.resize(&shorter)?;
            file.flush()?;
            file.resize(shape)?;
            file.stage()?;
            file.write_region_bytes(&Region::full(shape), raw)?;
            file.flush()?;
        }
        file.close()?;
        self.add(changed, raw)
    }

    /// A file of python's, changed in place: its first chunk and its last are written anew.
    fn edited(&mut self, theirs: &Path, case: &Case, raw: &[u8]) -> Result<()> {
        let (name, path) = (format!("{}_edited", case.name), format!("{}_edited.b2nd", case.name));
        let edited = Case { name, path, ..case.clone() };
        let path = self.to.join(&edited.path);
        copy(theirs, &path)?;
        let mut file = ArrayFile::open(&path, &OpenOptions::new())?;
        let shape = *file.shape();
        let chunks = [0, file.nchunks().saturating_sub(1)];
        for chunk in chunks.into_iter().take(file.nchunks()) {
            let region = file.chunk_region(chunk)?;
            let bytes = cut(raw, &shape, file.dtype().itemsize(), &region);
            file.write_region_bytes(&region, &bytes)?;
            file.flush()?;
        }
        if !file.verify().is_good() {
            return Err(format!("{}: its checksums are wrong", edited.name).into());
        }
        file.close()?;
        self.add(edited, raw)
    }

    fn frame(&mut self, case: &Case, raw: &[u8]) -> Result<()> {
        for (kind, options) in
            [("own", FrameOptions::new()), ("sparse", FrameOptions::new().sparse())]
        {
            let case = Case {
                name: format!("{}_{kind}", case.name),
                path: format!("{}_{kind}.b2frame", case.name),
                vlmeta: BTreeMap::from([("text".into(), "a56772c3bc6e".into())]),
                ..case.clone()
            };
            let path = self.to.join(&case.path);
            let options = options.typesize(case.typesize);
            let mut frame = Frame::create(&path, &options)?;
            let chunk_options = ndpress::ChunkOptions::new();
            let encode =
                |bytes: &[u8]| ndpress::Chunk::encode(bytes, case.typesize, &chunk_options);
            let chunks: Vec<&[u8]> = raw.chunks(4000).collect();
            // In a roundabout way: out of order, with one too many, and one that is wrong.
            frame.append_chunk(&encode(chunks[1])?)?;
            frame.flush()?;
            frame.insert_chunk(0, &encode(chunks[2])?)?;
            for chunk in &chunks[2..] {
                frame.append_chunk(&encode(chunk)?)?;
            }
            frame.update_chunk(0, &encode(chunks[0])?)?;
            frame.flush()?;
            frame.insert_chunk(1, &ndpress::Chunk::zeros(4000, case.typesize)?)?;
            frame.delete_chunk(1)?;
            frame.vlmetalayers_mut()?.insert("text", "grün")?;
            frame.flush()?;
            equal("nchunks", &frame.nchunks(), &chunks.len())?;
            self.add(Case { nchunks: chunks.len(), ..case }, raw)?;
        }
        Ok(())
    }

    /// What python has not written first.
    fn own(&mut self) -> Result<()> {
        let values: Vec<f32> = (0..300 * 200).map(|i| (i as f32).sqrt()).collect();
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let options = Options::new().codec(Raster::fast()).chunk_shape([70, 200]);
        let array = Array::from_slice(&values, [300, 200], &options)?;
        let case = |name: &str| Case {
            name: name.into(),
            path: format!("{name}.b2nd"),
            nbytes: raw.len() as u64,
            nchunks: array.nchunks(),
            typesize: 4,
            vlmeta: BTreeMap::new(),
            meta: BTreeMap::new(),
            shape: Some(vec![300, 200]),
            dtype: Some(DType::F32.numpy()),
            memory: false,
            unreadable: false,
        };
        let raster = Case { unreadable: true, ..case("raster") };
        array.save(self.to.join(&raster.path), &SaveOptions::new())?;
        self.add(raster, &raw)?;
        let portable = case("raster_portable");
        array.save(self.to.join(&portable.path), &SaveOptions::portable())?;
        self.add(portable, &raw)?;
        let zlib = case("zlib");
        array.save(self.to.join(&zlib.path), &SaveOptions::new().codec(Zlib::level(6)))?;
        self.add(zlib, &raw)?;
        let mut image = Image::new([300, 200]);
        for name in ["R", "depth.Z"] {
            image.push(name, ndpress::image::AnyChannel::try_from(array.clone())?)?;
        }
        image.metadata_mut().insert("camera", "A");
        image.save(self.to.join("image.b2z"), &SaveOptions::portable())?;
        fs::write(self.to.join("image.bin"), &raw)?;
        // Fill values that are no special offset.
        let full = Array::full([300, 200], 1.5f32, &options)?;
        let raw: Vec<u8> = 1.5f32.to_le_bytes().repeat(300 * 200);
        let case = case("full");
        full.save(self.to.join(&case.path), &SaveOptions::portable())?;
        self.add(case, &raw)
    }
}

/// Copies a file, or a folder of files.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        static SALT: AtomicU64 = AtomicU64::new(1);
        let salt = SALT.fetch_add(1, Ordering::Relaxed);
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(salt | 1);
        (self.0 >> 33) as usize % bound
    }
}
