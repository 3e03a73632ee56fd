//! Rounds of measurement: everyone in turn, the best of each kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::peer::Peer;

/// What one peer does to one array.
pub struct Contender {
    pub peer: Box<dyn Peer>,
    /// One per chunk, and its length.
    encoded: Vec<(Vec<u8>, usize)>,
    /// Seconds of processor time, the best so far.
    pub encode: f64,
    pub decode: f64,
}

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// The most rounds.
    pub rounds: usize,
    /// Seconds per peer and case after which no further round begins.
    pub budget: f64,
}

impl Contender {
    #[must_use]
    pub fn new(peer: Box<dyn Peer>, nchunks: usize) -> Self {
        let encoded = vec![(Vec::new(), 0); nchunks];
        Self { peer, encoded, encode: f64::INFINITY, decode: f64::INFINITY }
    }

    /// Compressed bytes of the array.
    #[must_use]
    pub fn cbytes(&self) -> usize {
        self.encoded.iter().map(|(_, len)| len).sum()
    }

    fn encode_all(&mut self, chunks: &[&[u8]]) {
        let start = cpu_time();
        for (src, (dst, len)) in chunks.iter().zip(&mut self.encoded) {
            *len = self.peer.encode(src, dst);
        }
        self.encode = self.encode.min(cpu_time() - start);
    }

    fn decode_all(&mut self, decoded: &mut [Vec<u8>]) {
        let start = cpu_time();
        for ((src, len), dst) in self.encoded.iter().zip(decoded) {
            self.peer.decode(&src[..*len], dst);
        }
        self.decode = self.decode.min(cpu_time() - start);
    }

    /// Whether this peer reads what `writer` wrote.
    fn reads(&mut self, writer: usize, all: &[Vec<(Vec<u8>, usize)>], chunks: &[&[u8]]) -> bool {
        let is_read = catch_unwind(AssertUnwindSafe(|| {
            let mut decoded = Vec::new();
            chunks.iter().zip(&all[writer]).all(|(chunk, (encoded, len))| {
                decoded.clear();
                decoded.resize(chunk.len(), 0xa5);
                self.peer.decode(&encoded[..*len], &mut decoded);
                decoded == *chunk
            })
        }));
        is_read.unwrap_or(false)
    }
}

/// Encodes and decodes once, drops peers that do not get their own bytes back, and checks that the
/// first one understands the others and the other way round. Answers what went wrong.
pub fn verify(contenders: &mut Vec<Contender>, chunks: &[&[u8]]) -> Vec<String> {
    let mut failures = Vec::new();
    contenders.retain_mut(|contender| {
        let name = contender.peer.name();
        let encodes = catch_unwind(AssertUnwindSafe(|| contender.encode_all(chunks))).is_ok();
        let own = [std::mem::take(&mut contender.encoded)];
        let is_sound = encodes && contender.reads(0, &own, chunks);
        [contender.encoded] = own;
        if !is_sound {
            failures.push(format!("{name} does not get its bytes back"));
        }
        is_sound
    });
    let all: Vec<_> = contenders.iter().map(|contender| contender.encoded.clone()).collect();
    for other in 1..contenders.len() {
        if !contenders[other].peer.reads_blosc2() {
            continue;
        }
        for (reader, writer) in [(0, other), (other, 0)] {
            if !contenders[reader].reads(writer, &all, chunks) {
                let (reader, writer) = (&contenders[reader].peer, &contenders[writer].peer);
                failures.push(format!("{} does not read {}", reader.name(), writer.name()));
            }
        }
    }
    failures
}

/// Measures all contenders, round after round, so that a slow spell of the machine hits them all.
/// Answers the seconds that copying the chunks takes.
pub fn measure(contenders: &mut [Contender], chunks: &[&[u8]], effort: Effort) -> f64 {
    let mut decoded: Vec<Vec<u8>> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
    let mut copy = f64::INFINITY;
    let budget = effort.budget * contenders.len() as f64;
    rounds(effort.rounds, budget, || {
        contenders.iter_mut().for_each(|contender| contender.encode_all(chunks));
    });
    rounds(effort.rounds, budget, || {
        contenders.iter_mut().for_each(|contender| contender.decode_all(&mut decoded));
        let start = cpu_time();
        chunks.iter().zip(&mut decoded).for_each(|(src, dst)| dst.copy_from_slice(src));
        copy = copy.min(cpu_time() - start);
    });
    copy
}

/// Calls `f` so many times, or fewer when `budget` seconds are used up.
fn rounds(count: usize, budget: f64, mut f: impl FnMut()) {
    let start = cpu_time();
    for _ in 0..count {
        f();
        if cpu_time() - start > budget {
            break;
        }
    }
}

/// Seconds of processor time of this process: steadier than the clock where others work too.
pub fn cpu_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a place to write to; the clock exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
