//! Frames of many chunks, beside C-Blosc2: opening, finding a chunk, appending one.
//!
//! Both work on copies of the same file, which ndpress writes. Times are of the wall, since files are
//! a matter of waiting, too: the median of many runs in which both take turns.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use ndpress::frame::{Access, Checksums, Frame, FrameOptions};
use ndpress::{Chunk, ChunkOptions, OpenOptions};

pub const USAGE: &str = "peers frames --lib PATH_TO_LIBBLOSC2 [--chunks 100000] [--folder DIR]";

/// Uncompressed bytes of a chunk: many of them are wanted here, not large ones.
const CHUNK_NBYTES: usize = 4096;
/// Chunks that C-Blosc2 appends: each costs it time for all of them.
const C_APPENDS: usize = 50;
const LOOK_UPS: usize = 20_000;
const ROUNDS: usize = 15;

type SChunk = *mut c_void;

/// The functions of C-Blosc2 that are compared.
struct C {
    open: unsafe extern "C" fn(*const c_char) -> SChunk,
    append: unsafe extern "C" fn(SChunk, *mut u8, bool) -> i64,
    chunk: unsafe extern "C" fn(SChunk, i64, *mut *mut u8, *mut bool) -> c_int,
    free: unsafe extern "C" fn(SChunk) -> c_int,
    from_buffer: unsafe extern "C" fn(*mut u8, i64, bool) -> SChunk,
    _library: Library,
}

impl C {
    fn load(path: &Path) -> Result<Self, String> {
        let text = |error: libloading::Error| error.to_string();
        // SAFETY: the user names a libblosc2; the signatures are those of `blosc2.h`.
        unsafe {
            let library = Library::open(Some(path), RTLD_NOW | RTLD_LOCAL).map_err(text)?;
            macro_rules! symbol {
                ($name:literal) => {
                    *library.get(concat!($name, "\0").as_bytes()).map_err(text)?
                };
            }
            let init: unsafe extern "C" fn() = symbol!("blosc2_init");
            init();
            Ok(Self {
                open: symbol!("blosc2_schunk_open"),
                append: symbol!("blosc2_schunk_append_chunk"),
                chunk: symbol!("blosc2_schunk_get_chunk"),
                free: symbol!("blosc2_schunk_free"),
                from_buffer: symbol!("blosc2_schunk_from_buffer"),
                _library: library,
            })
        }
    }

    fn open(&self, path: &Path) -> SChunk {
        let path = CString::new(path.as_os_str().as_encoded_bytes()).expect("no NUL in a path");
        // SAFETY: a text that ends with NUL.
        let schunk = unsafe { (self.open)(path.as_ptr()) };
        assert!(!schunk.is_null(), "C-Blosc2 does not open the file");
        schunk
    }

    fn look_up(&self, schunk: SChunk, index: usize) -> usize {
        let (mut chunk, mut needs_free) = (std::ptr::null_mut(), false);
        // SAFETY: a super-chunk that is open; what is to be freed was allocated by malloc.
        unsafe {
            let cbytes = (self.chunk)(schunk, index as i64, &mut chunk, &mut needs_free);
            if needs_free {
                libc::free(chunk.cast());
            }
            usize::try_from(cbytes).expect("C-Blosc2 finds the chunk")
        }
    }
}

struct Options {
    lib: PathBuf,
    nchunks: usize,
    folder: PathBuf,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options =
            Self { lib: PathBuf::new(), nchunks: 100_000, folder: std::env::temp_dir() };
        while let Some(arg) = args.next() {
            let value = args.next()?;
            match arg.as_str() {
                "--lib" => options.lib = value.into(),
                "--chunks" => options.nchunks = value.parse().ok()?,
                "--folder" => options.folder = value.into(),
                _ => return None,
            }
        }
        (options.lib != Path::new("")).then_some(options)
    }
}

pub fn main(args: impl Iterator<Item = String>) -> ExitCode {
    let Some(options) = Options::parse(args) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let c = C::load(&options.lib)?;
    let ours = options.folder.join("ndpress-peers-ours.b2frame");
    let theirs = options.folder.join("ndpress-peers-theirs.b2frame");
    let chunks: Vec<Chunk> = (0..64).map(chunk).collect::<Result<_, _>>()?;

    let mut rows = Vec::new();
    let start = Instant::now();
    let mut frame = Frame::create(&ours, &FrameOptions::new().typesize(4))?;
    for index in 0..options.nchunks {
        frame.append_chunk(&chunks[index % chunks.len()])?;
    }
    let appended = start.elapsed().as_secs_f64();
    frame.flush()?;
    let flushed = start.elapsed().as_secs_f64();
    drop(frame);
    fs::copy(&ours, &theirs)?;
    println!(
        "{} chunks of {CHUNK_NBYTES} bytes, {} in the file; medians of {ROUNDS} rounds\n",
        options.nchunks,
        fs::metadata(&ours)?.len()
    );

    let open = OpenOptions::new();
    rows.push(Row::new(
        "open",
        turns(
            || drop(Frame::open(&ours, &open)),
            || {
                let schunk = c.open(&theirs);
                // SAFETY: it was just opened.
                unsafe { (c.free)(schunk) };
            },
        ),
    ));

    let mapped = Frame::open(&ours, &OpenOptions::new().access(Access::MemoryMap))?;
    let read = Frame::open(&ours, &open)?;
    let schunk = c.open(&theirs);
    let each = |times: (f64, f64)| (times.0 / LOOK_UPS as f64, times.1 / LOOK_UPS as f64);
    let c_look_ups = || look_ups(options.nchunks, |index| c.look_up(schunk, index));
    let size = |frame: &Frame, index| frame.chunk(index).map_or(0, |chunk| chunk.cbytes());
    rows.push(Row::new(
        "look up, mapped",
        each(turns(|| look_ups(options.nchunks, |index| size(&mapped, index)), c_look_ups)),
    ));
    rows.push(Row::new(
        "look up, read",
        each(turns(|| look_ups(options.nchunks, |index| size(&read, index)), c_look_ups)),
    ));
    let bytes = fs::read(&ours)?;
    let mut c_bytes = bytes.clone();
    // SAFETY: the bytes of a frame, which outlive the super-chunk.
    let held = unsafe { (c.from_buffer)(c_bytes.as_mut_ptr(), c_bytes.len() as i64, false) };
    assert!(!held.is_null(), "C-Blosc2 does not open the bytes");
    let memory = Frame::from_bytes(bytes, &open)?;
    let c_look_ups = || look_ups(options.nchunks, |index| c.look_up(held, index));
    let ours_look_ups = |frame: &Frame| look_ups(options.nchunks, |index| size(frame, index));
    rows.push(Row::new("look up, memory", each(turns(|| ours_look_ups(&memory), c_look_ups))));
    let trusting = OpenOptions::new().checksums(Checksums::Skip);
    let trusted = Frame::from_bytes(fs::read(&ours)?, &trusting)?;
    rows.push(Row::new(
        "the same, not verified",
        each(turns(|| ours_look_ups(&trusted), c_look_ups)),
    ));

    let start = Instant::now();
    for index in 0..C_APPENDS {
        let mut bytes = chunks[index % chunks.len()].as_bytes().to_vec();
        // SAFETY: a whole chunk, which is copied.
        let count = unsafe { (c.append)(schunk, bytes.as_mut_ptr(), true) };
        assert_eq!(count as usize, options.nchunks + index + 1, "C-Blosc2 appends");
    }
    let c_append = start.elapsed().as_secs_f64() / C_APPENDS as f64;
    let n = options.nchunks as f64;
    rows.push(Row::new("append, flush at the end", (flushed / n, c_append)));
    rows.push(Row::new("append alone", (appended / n, c_append)));

    println!("{:26}{:>12}{:>12}{:>10}", "", "ndpress", "C-Blosc2", "C / ours");
    for Row { what, ours, theirs } in rows {
        println!("{what:26}{:>9.2} µs{:>9.2} µs{:>10.1}", ours * 1e6, theirs * 1e6, theirs / ours);
    }
    fs::remove_file(&ours)?;
    fs::remove_file(&theirs)?;
    Ok(())
}

struct Row {
    what: &'static str,
    ours: f64,
    theirs: f64,
}

impl Row {
    fn new(what: &'static str, (ours, theirs): (f64, f64)) -> Self {
        Self { what, ours, theirs }
    }
}

fn chunk(number: u32) -> ndpress::Result<Chunk> {
    let samples =
        (0..CHUNK_NBYTES as u32 / 4).map(|i| (i / 3) ^ (i.wrapping_mul(number) >> 7 & 31));
    let bytes: Vec<u8> = samples.flat_map(u32::to_le_bytes).collect();
    Chunk::encode(&bytes, 4, &ChunkOptions::new())
}

/// Looks up chunks here and there.
fn look_ups(nchunks: usize, find: impl Fn(usize) -> usize) {
    let (mut index, mut total) = (0, 0);
    for _ in 0..LOOK_UPS {
        index = (index + 61_803) % nchunks;
        total += find(index);
    }
    assert!(total > 0);
}

/// The median seconds of both, who take turns.
fn turns(mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (f64, f64) {
    let mut times = (Vec::new(), Vec::new());
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    };
    for _ in 0..ROUNDS {
        times.0.push(time(&mut ours));
        times.1.push(time(&mut theirs));
    }
    (median(times.0), median(times.1))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
