//! What a file holds when the machine fails: every prefix of what a writer does to it, the last write
//! cut at every byte, and writes lost that nobody waited for.

use std::io;
use std::sync::{Arc, Mutex};

use super::checksums;
use super::frame::Frame;
use super::options::{FrameOptions, OpenOptions};
use super::read_at::ReadAt;
use super::store::{Memory, WriteAt};
use crate::chunk::{Chunk, ChunkOptions};
use crate::metadata::Metalayers;
use crate::registry::Registry;

/// What is done to a file.
#[derive(Debug, Clone)]
enum Step {
    Write { offset: u64, bytes: Vec<u8> },
    SetNBytes(u64),
    Sync,
}

/// A file in memory that remembers what was done to it.
#[derive(Debug, Default)]
struct Recorder {
    bytes: Memory,
    steps: Mutex<Vec<Step>>,
}

impl Recorder {
    fn record(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }

    fn nsteps(&self) -> usize {
        self.steps.lock().unwrap().len()
    }
}

impl ReadAt for Recorder {
    fn nbytes(&self) -> io::Result<u64> {
        self.bytes.nbytes()
    }

    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> io::Result<()> {
        self.bytes.read_exact_at(dst, offset)
    }
}

impl WriteAt for Recorder {
    fn write_all_at(&self, src: &[u8], offset: u64) -> io::Result<()> {
        self.record(Step::Write { offset, bytes: src.to_vec() });
        self.bytes.write_all_at(src, offset)
    }

    fn set_nbytes(&self, nbytes: u64) -> io::Result<()> {
        self.record(Step::SetNBytes(nbytes));
        self.bytes.set_nbytes(nbytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.record(Step::Sync);
        Ok(())
    }
}

/// The file after these steps.
fn file_after<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<u8> {
    let file = Memory::default();
    for step in steps {
        match step {
            Step::Write { offset, bytes } => file.write_all_at(bytes, *offset).unwrap(),
            Step::SetNBytes(nbytes) => file.set_nbytes(*nbytes).unwrap(),
            Step::Sync => {}
        }
    }
    file.take()
}

fn chunk(number: u32) -> Chunk {
    let samples: Vec<u8> = (0..100).flat_map(|i: u32| ((i * i) ^ number).to_le_bytes()).collect();
    Chunk::encode(&samples, 4, &ChunkOptions::new()).unwrap()
}

fn held(bytes: Vec<u8>) -> Vec<Vec<u8>> {
    let frame = Frame::from_bytes(bytes, &OpenOptions::new()).unwrap();
    assert!(frame.verify().is_good() && frame.verify().unchecked == 0);
    let decode = |index| frame.chunk(index).unwrap().decode(&Registry::default()).unwrap();
    (0..frame.nchunks()).map(decode).collect()
}

/// A state, and after how many steps it was flushed.
type Flushed = (usize, Vec<Vec<u8>>);

/// The steps of a writer, and after how many of them which state was flushed.
fn history() -> (Vec<Step>, Vec<Flushed>) {
    let recorder = Arc::new(Recorder::default());
    let mut frame = Frame::made(recorder.clone(), None, &FrameOptions::new().typesize(4)).unwrap();
    let mut states = Vec::new();
    for number in 0..7 {
        match number {
            3 => frame.update_chunk(1, &chunk(number)).unwrap(),
            4 => frame.delete_chunk(0).unwrap(),
            _ => {
                frame.append_chunk(&chunk(number)).unwrap();
                frame.append_chunk(&chunk(number + 100)).unwrap();
            }
        }
        frame.flush().unwrap();
        let steps = recorder.steps.lock().unwrap().clone();
        states.push((recorder.nsteps(), held(file_after(&steps))));
    }
    let steps = recorder.steps.lock().unwrap().clone();
    (steps, states)
}

/// Checks that a file cut off after `nsteps` steps holds the last state flushed, or the next one.
fn check(bytes: Vec<u8>, nsteps: usize, states: &[Flushed]) {
    let last = states.iter().rposition(|(flushed, _)| *flushed <= nsteps).unwrap();
    let found = held(bytes);
    let is_allowed = states[last..].iter().take(2).any(|(_, state)| *state == found);
    assert!(is_allowed, "after {nsteps} steps");
}

#[test]
fn every_prefix_of_the_steps_is_a_state() {
    let (steps, states) = history();
    let first = states[0].0;
    for nsteps in first..=steps.len() {
        check(file_after(&steps[..nsteps]), nsteps, &states);
    }
}

#[test]
fn writes_may_be_cut_at_any_byte() {
    let (steps, states) = history();
    for nsteps in states[0].0..steps.len() {
        let Step::Write { offset, bytes } = &steps[nsteps] else { continue };
        for len in 0..bytes.len() {
            let cut = Step::Write { offset: *offset, bytes: bytes[..len].to_vec() };
            check(file_after(steps[..nsteps].iter().chain([&cut])), nsteps, &states);
        }
    }
}

#[test]
fn writes_that_nobody_waited_for_may_be_lost() {
    let (steps, states) = history();
    let mut start = states[0].0;
    for (end, step) in steps.iter().enumerate().skip(start) {
        if !matches!(step, Step::Sync) {
            continue;
        }
        // Any of the steps since the last sync may be missing.
        let unsynced = &steps[start..end];
        for lost in 0..1_usize << unsynced.len() {
            let kept = unsynced.iter().enumerate().filter(|(i, _)| lost >> i & 1 == 0);
            let kept = kept.map(|(_, step)| step);
            check(file_after(steps[..start].iter().chain(kept)), start, &states);
        }
        start = end + 1;
    }
}

#[test]
fn other_writers_changes_make_checksums_void() {
    let mut frame = Frame::new(&FrameOptions::new().typesize(4)).unwrap();
    frame.append_chunk(&chunk(1)).unwrap();
    let mut bytes = frame.to_bytes().unwrap();
    // As C-Blosc2 writes the trailer anew: without a fingerprint.
    let end = bytes.len();
    bytes[end - 17] = 0;
    bytes[end - 16..].fill(0);
    let at = bytes.windows(4).position(|window| window == &chunk(1).as_bytes()[..4]).unwrap();
    bytes[at + 60] ^= 1;
    let frame = Frame::from_bytes(bytes, &OpenOptions::new()).unwrap();
    assert_eq!(frame.verify().unchecked, 1);
    frame.chunk(0).unwrap();
    assert!(frame.vlmetalayers().is_empty());
}

#[test]
fn checksums_of_another_form_are_errors() {
    // Lists in lists would take hundreds of times their length in memory.
    let lists = [&[0xdd, 0, 0, 0xff, 0xff][..], &[0x90; 0xffff]].concat();
    let truncated = b"\x82\xa7version\x01\xa6chunks\xc6\x00\x00\x00\x20".to_vec();
    let other_version = b"\x82\xa7version\x02\xa6chunks\xc4\x00".to_vec();
    let other_key = b"\x82\xa7version\x01\xa6chanks\xc4\x00".to_vec();
    for content in [lists, truncated, other_version, other_key, Vec::new()] {
        let mut layers = Metalayers::new();
        layers.insert_bytes(checksums::LAYER, content).unwrap();
        assert!(checksums::apply(&mut layers, &mut []).is_err());
    }
    let mut layers = checksums::add(&Metalayers::new(), &[]).unwrap();
    checksums::apply(&mut layers, &mut []).unwrap();
    assert!(layers.is_empty());
}
