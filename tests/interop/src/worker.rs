//! The process that calls the oracle, and may hang or crash in it.

use std::io::{self, BufReader, BufWriter};

use crate::oracle::Oracle;
use crate::protocol::{Request, answers_to_frame, read_frame, write_frame};

/// Answers requests from standard input until it ends.
pub fn run(library: &str) -> Result<(), Box<dyn std::error::Error>> {
    let oracle = Oracle::load(library)?;
    let (mut from, mut to) = (BufReader::new(io::stdin()), BufWriter::new(io::stdout()));
    while let Some(frame) = read_frame(&mut from)? {
        let answers = match Request::from_frame(&frame) {
            Request::Compress { params, raw } => vec![oracle.compress(&params, &raw)],
            Request::Special { params, kind, nbytes, value } => {
                vec![oracle.special(&params, kind, nbytes, &value)]
            }
            Request::CompressBlocks { params, blocks } => {
                vec![oracle.compress_blocks(&params, &blocks)]
            }
            Request::CompressBlosc1 { params, raw } => {
                vec![oracle.compress_blosc1(&params, &raw)]
            }
            Request::Decompress { chunk, nbytes, typesize, nthreads, slices } => {
                let mut answers = vec![oracle.decompress(&chunk, nbytes, nthreads)];
                if !slices.is_empty() {
                    answers.extend(oracle.items(&chunk, &slices, typesize, nthreads));
                }
                answers
            }
        };
        write_frame(&mut to, &answers_to_frame(&answers))?;
    }
    Ok(())
}
