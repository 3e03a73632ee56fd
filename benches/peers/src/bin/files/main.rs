//! Measures reading image files into compressed images beside the same decoders into plain memory.
//!
//! ```text
//! files [--runs N] FILE...        a table; each file and way in a process of its own
//! files --one WAY [--runs N] FILE  one line of JSON
//! ```
//!
//! `files.py` measures OpenImageIO and compressed-image in the same way, and prints the table of both.

mod plain;
mod process;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use ndpress::Image;
use ndpress::format::ImageReader;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Ways to read a file.
const WAYS: [&str; 2] = ["ndpress", "plain"];

/// What reading leaves in memory.
enum Held {
    Image(Image),
    Planes(Vec<Vec<u8>>),
}

impl Held {
    fn nbytes(&self) -> usize {
        match self {
            Self::Image(image) => image.nbytes(),
            Self::Planes(planes) => planes.iter().map(Vec::len).sum(),
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Image(image) => image.cbytes(),
            Self::Planes(_) => self.nbytes(),
        }
    }
}

fn read(way: &str, path: &Path) -> Result<Held> {
    match way {
        "ndpress" => Ok(Held::Image(ImageReader::new().open(path)?)),
        _ => Ok(Held::Planes(plain::read(path)?)),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("files: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let (mut way, mut runs, mut files) = (None, 7, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--one" => way = arguments.next(),
            "--runs" => runs = arguments.next().ok_or("--runs N")?.parse()?,
            _ => files.push(PathBuf::from(argument)),
        }
    }
    match way {
        Some(way) => measure(&way, runs, files.first().ok_or("no file")?),
        None => table(runs, &files),
    }
}

/// Runs each way of reading each file in a process of its own.
fn table(runs: usize, files: &[PathBuf]) -> Result<()> {
    for file in files {
        for way in WAYS {
            let runs = runs.to_string();
            let done = Command::new(std::env::current_exe()?)
                .args(["--one", way, "--runs", &runs])
                .arg(file)
                .status()?;
            if !done.success() {
                return Err(format!("{way} of {}: {done}", file.display()).into());
            }
        }
    }
    Ok(())
}

fn measure(way: &str, runs: usize, path: &Path) -> Result<()> {
    // Code and threads are there, and the file is in the page cache: what is left is this file's.
    let first = read(way, path)?;
    let (nbytes, held) = (first.nbytes(), first.held());
    drop(first);
    let before = process::start()?;
    let result = read(way, path)?;
    let peak = process::peak()?.saturating_sub(before);
    drop(result);
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        // Freed memory goes back, so that every read pays for pages as the first one does.
        process::trim();
        let start = Instant::now();
        let result = read(way, path)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        drop(result);
    }
    times.sort_unstable_by(f64::total_cmp);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    println!(
        "{}",
        serde_json::json!({
            "file": name, "way": way, "nbytes": nbytes, "held": held, "peak": peak,
            "best_ms": times[0], "median_ms": times[times.len() / 2],
        })
    );
    Ok(())
}
