//! Checks chunks against C-Blosc2, both ways. See `README.md`.

mod cases;
mod check;
mod client;
mod data;
mod exceptions;
mod extras;
mod matrix;
mod oracle;
mod protocol;
mod worker;

use std::process::ExitCode;
use std::time::Instant;

use crate::client::Client;

/// Failures are printed up to this number; the rest is counted.
const MAX_PRINTED: usize = 50;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    if first.as_deref() == Some("--worker") {
        return match worker::run(&args.next().unwrap_or_default()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let Some(library) = first.or_else(|| std::env::var("BLOSC2_LIB").ok()) else {
        eprintln!(
            "usage: ndpress-interop PATH_TO_LIBBLOSC2 [--third | --no-matrix] (or set BLOSC2_LIB)"
        );
        return ExitCode::FAILURE;
    };
    let program = std::env::current_exe().expect("the program knows its path");
    let command = vec![program.display().to_string(), "--worker".to_owned(), library];
    let mut failures = check_extras(&command);
    match args.next().as_deref() {
        Some("--no-matrix") => {}
        Some("--third") => failures.extend(matrix::check(&command, 3)),
        _ => failures.extend(matrix::check(&command, 1)),
    }
    for failure in failures.iter().take(MAX_PRINTED) {
        println!("FAILED {failure}");
    }
    println!("{} failures", failures.len());
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_extras(command: &[String]) -> Vec<String> {
    let started = Instant::now();
    let mut client = Client::new(command.to_vec());
    let mut blosc1 = std::env::var("BLOSC1_PYTHON").ok().map(|python| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/blosc1_worker.py");
        Client::new(vec![python, script.to_owned()])
    });
    if blosc1.is_none() {
        println!("not compared with Blosc1: BLOSC1_PYTHON is not set");
    }
    let mut report = extras::run(&mut client, blosc1.as_mut());
    if let Ok(folder) = std::env::var("BLOSC2_COMPAT") {
        extras::old_files(&mut client, &folder, &mut report);
    }
    for (group, counts) in &report.counts {
        println!("{group}: {} chunks, {} parts", counts.chunks, counts.parts);
    }
    for (reason, count) in &report.excepted {
        println!("{count} mismatches excepted: {reason}");
    }
    println!("in {:.0?}\n", started.elapsed());
    report.failures
}
