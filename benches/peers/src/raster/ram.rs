//! Decoding arrays far larger than any cache, beside copying their bytes.

use std::rc::Rc;

use super::contender::Kind;
use super::summary::geometric_mean;
use super::{Options, entrants, measure, verified_output};
use crate::c_blosc2::CBlosc2;
use crate::data::Array;
use crate::measure::Effort;

/// What the codec has to reach of a copy's speed.
const TARGET: f64 = 1.0;

/// Who is measured, unless the command line says: each needs memory for the array once more.
const KINDS: [Kind; 5] = [Kind::Fast, Kind::FastArray, Kind::Lz4, Kind::Copy, Kind::CopyBlocks];

/// Each pass is long.
const MAX_ROUNDS: usize = 6;

/// GB/s of those that took part in decoding one array.
type Speeds = Vec<(Kind, f64)>;

/// A table: a line per array.
pub fn run(options: &Options, nbytes: usize, library: &Rc<CBlosc2>) -> Result<(), String> {
    let kinds = options.kinds.as_deref().unwrap_or(&KINDS);
    let rounds = options.effort.rounds.min(MAX_ROUNDS);
    let effort = Effort { rounds, budget: f64::INFINITY };
    let names: String = kinds.iter().map(|kind| format!("{kind:>12}")).collect();
    println!("{:<28}{names}  decoding to memory, {:.2} GB, GB/s", "", nbytes as f64 / 1e9);
    let mut all = Vec::new();
    for (_, array) in options.arrays() {
        let array = repeated(array, nbytes);
        let mut entrants = entrants(kinds, &array, library);
        let mut dst = verified_output(&mut entrants, &array)?;
        measure::decode(&mut entrants, &mut dst, effort);
        let speed = |seconds: f64| array.bytes.len() as f64 / seconds / 1e9;
        let speeds: Speeds =
            entrants.iter().map(|entrant| (entrant.kind, speed(entrant.decode))).collect();
        let cells: String = speeds.iter().map(|(_, speed)| format!("{speed:>12.2}")).collect();
        println!("{:<28}{cells}", array.name);
        all.push(speeds);
    }
    for copy in [Kind::Copy, Kind::CopyBlocks] {
        if let Some(mean) = quotient(&all, Kind::Fast, copy) {
            println!("fast / {copy}: wanted {TARGET:.2}  measured {mean:.3}");
        }
    }
    Ok(())
}

/// How many times faster one is than another, geometric mean over the arrays.
fn quotient(all: &[Speeds], over: Kind, under: Kind) -> Option<f64> {
    let speed = |speeds: &Speeds, wanted| {
        speeds.iter().find(|(kind, _)| *kind == wanted).map(|(_, speed)| *speed)
    };
    let quotients = all.iter().map(|speeds| Some(speed(speeds, over)? / speed(speeds, under)?));
    geometric_mean(quotients.collect::<Option<Vec<_>>>()?.into_iter())
}

/// The array over and over, at least once and to about so many bytes. Chunks are compressed each
/// for itself, so no contender gains by the repetition.
fn repeated(array: Array, nbytes: usize) -> Array {
    let count = (nbytes / array.bytes.len()).max(1);
    let [planes, rows, columns] = array.shape;
    Array { shape: [planes * count, rows, columns], bytes: array.bytes.repeat(count), ..array }
}
