//! Rounds in which all contenders take turns, so that a slow spell of the machine hits them all.

use super::contender::{Contender, Kind};
use crate::measure::{Effort, cpu_time};

/// What one contender does to one array.
#[derive(Debug, Clone)]
pub struct Row {
    pub class: String,
    pub array: String,
    pub kind: Kind,
    pub nbytes: usize,
    pub cbytes: usize,
    /// Seconds.
    pub encode: f64,
    /// Seconds.
    pub decode: f64,
}

impl Row {
    pub fn ratio(&self) -> f64 {
        self.nbytes as f64 / self.cbytes as f64
    }

    /// GB/s.
    pub fn encode_speed(&self) -> f64 {
        self.nbytes as f64 / self.encode / 1e9
    }

    /// GB/s.
    pub fn decode_speed(&self) -> f64 {
        self.nbytes as f64 / self.decode / 1e9
    }
}

/// Rounds that everyone takes part in, however slow.
const MIN_ROUNDS: usize = 2;

/// Seconds of a turn after which it ends: a short pass is repeated, as the first one finds the
/// caches full of what others left.
const TURN: f64 = 2e-3;

/// Whoever takes part, and the best of its passes so far, in seconds.
pub struct Entrant<'a> {
    pub kind: Kind,
    pub contender: Box<dyn Contender + 'a>,
    pub encode: f64,
    pub decode: f64,
}

impl<'a> Entrant<'a> {
    pub fn new(kind: Kind, contender: Box<dyn Contender + 'a>) -> Self {
        Self { kind, contender, encode: f64::INFINITY, decode: f64::INFINITY }
    }

    /// Encodes, and says whether decoding gives the same bytes.
    pub fn is_exact(&mut self, dst: &mut [u8]) -> bool {
        self.contender.encode();
        let dst = &mut dst[..self.contender.raw().len()];
        dst.fill(0xa5);
        self.contender.decode(dst);
        *dst == *self.contender.raw()
    }
}

/// A buffer for what any of them decodes, written once, so that its memory is there.
pub fn output(entrants: &[Entrant<'_>]) -> Vec<u8> {
    let lens = entrants.iter().map(|entrant| entrant.contender.raw().len());
    vec![0xa5; lens.max().unwrap_or(0)]
}

pub fn encode(entrants: &mut [Entrant<'_>], effort: Effort) {
    take_turns(entrants, effort, |entrant| {
        let seconds = time(|| entrant.contender.encode());
        entrant.encode = entrant.encode.min(seconds);
    });
}

pub fn decode(entrants: &mut [Entrant<'_>], dst: &mut [u8], effort: Effort) {
    take_turns(entrants, effort, |entrant| {
        let dst = &mut dst[..entrant.contender.raw().len()];
        let seconds = time(|| entrant.contender.decode(dst));
        entrant.decode = entrant.decode.min(seconds);
    });
}

/// Round after round until the budget of each is used up.
fn take_turns<'a>(
    entrants: &mut [Entrant<'a>],
    effort: Effort,
    mut pass: impl FnMut(&mut Entrant<'a>),
) {
    let mut spent = vec![0.0; entrants.len()];
    for round in 0..effort.rounds {
        for (entrant, spent) in entrants.iter_mut().zip(&mut spent) {
            if round >= MIN_ROUNDS && *spent > effort.budget {
                continue;
            }
            let start = cpu_time();
            while cpu_time() - start < TURN {
                pass(entrant);
            }
            *spent += cpu_time() - start;
        }
    }
}

fn time(f: impl FnOnce()) -> f64 {
    let start = cpu_time();
    f();
    cpu_time() - start
}
