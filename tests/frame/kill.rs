//! Writers that are killed: whenever that is, the file holds a prefix of what they did.
//!
//! The writer is this test program itself, started once more: `writer` does nothing unless the
//! environment tells it to.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use ndpress::frame::{Frame, FrameOptions, OpenOptions};
use ndpress::{AnyArray, Array, ArrayFile, Options, SaveOptions};

use crate::{Folder, chunk, samples};

const PATH: &str = "NDPRESS_KILL_PATH";
const KIND: &str = "NDPRESS_KILL_KIND";
/// Elements of a row of the array, and of a chunk of the frame.
const NITEMS: usize = 3000;

/// Changes a file until somebody ends it, and says after each change that it is done.
#[test]
fn writer() {
    let (Ok(path), Ok(kind)) = (std::env::var(PATH), std::env::var(KIND)) else { return };
    match kind.as_str() {
        "array" => write_array(Path::new(&path)),
        _ => write_frame(Path::new(&path)),
    }
}

/// State n: rows 0 to n, each of its own samples; every fourth change compacts.
fn write_array(path: &Path) {
    let mut file = ArrayFile::open(path, &OpenOptions::new()).unwrap();
    for number in file.shape()[0].. {
        let array = file.as_typed_mut::<u32>().unwrap();
        array.append_slice(&samples(NITEMS, number as u64)).unwrap();
        if number % 4 == 3 {
            file.compact().unwrap();
        } else {
            file.flush().unwrap();
        }
        println!("done {number}");
    }
}

/// State n: chunk n is of samples n; of four changes one deletes the first chunk and one updates it.
fn write_frame(path: &Path) {
    let mut frame = Frame::open_for_update(path, &OpenOptions::new()).unwrap();
    let start = frame.vlmetalayers().value("state").unwrap().unwrap().as_i64().unwrap();
    for state in start + 1.. {
        change(&mut frame, state);
        frame.vlmetalayers_mut().unwrap().insert("state", state).unwrap();
        frame.flush().unwrap();
        println!("done {state}");
    }
}

fn change(frame: &mut Frame, state: i64) {
    match state % 4 {
        0 => frame.delete_chunk(0).unwrap(),
        1 => frame.update_chunk(0, &chunk(NITEMS, state as u64)).unwrap(),
        2 => frame.insert_chunk(0, &chunk(NITEMS, state as u64)).unwrap(),
        _ => frame.append_chunk(&chunk(NITEMS, state as u64)).unwrap(),
    }
}

/// The numbers of the chunks' samples after so many changes.
fn model(state: i64) -> Vec<i64> {
    let mut chunks = vec![0];
    for state in 1..=state {
        match state % 4 {
            0 => drop(chunks.remove(0)),
            1 => chunks[0] = state,
            2 => chunks.insert(0, state),
            _ => chunks.push(state),
        }
    }
    chunks
}

fn spawn(path: &Path, kind: &str, limit: Option<u64>) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = match limit {
        // The system ends a process that makes a file longer than this, in the middle of the write.
        Some(kib) => {
            let mut shell = Command::new("bash");
            shell.arg("-c").arg(format!("ulimit -c 0; ulimit -f {kib}; exec \"$@\"")).arg("-");
            shell.arg(program);
            shell
        }
        None => Command::new(program),
    };
    command
        .args(["--exact", "kill::writer", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .env(KIND, kind)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What ends a writer.
enum End {
    /// SIGKILL, so long after it was started.
    AfterStart(Duration),
    /// SIGKILL, so long after its first change.
    AfterChange(Duration),
    /// A file of so many KiB.
    Length(u64),
}

/// Lets a writer work until its end; the last change that it said was done.
fn work(path: &Path, kind: &str, end: &End) -> Option<i64> {
    let limit = if let End::Length(kib) = end { Some(*kib) } else { None };
    let mut child = spawn(path, kind, limit);
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, changed) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let done = output.lines().map_while(Result::ok).filter_map(|line| {
            // The first line has the name of the test before it.
            let number = line.rsplit_once("done ")?.1.parse().ok()?;
            let _ = sender.send(());
            Some(number)
        });
        done.last()
    });
    match end {
        End::AfterStart(time) => std::thread::sleep(*time),
        End::AfterChange(time) => {
            let _ = changed.recv();
            std::thread::sleep(*time);
        }
        End::Length(_) => {}
    }
    if limit.is_none() {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    assert!(!status.success(), "the writer ended by itself");
    reader.join().unwrap()
}

/// Checks that a file holds the state after the last change that was done, or after the next one.
fn check(path: &Path, kind: &str, done: Option<i64>, before: i64) -> i64 {
    let done = done.unwrap_or(before);
    let frame = Frame::open(path, &OpenOptions::new()).unwrap();
    let verification = frame.verify();
    assert!(verification.is_good() && verification.unchecked == 0, "{verification:?}");
    let state = if kind == "array" {
        let array = AnyArray::from_frame(&frame).unwrap().into_typed::<u32>().unwrap();
        let rows = array.shape()[0];
        for row in 0..rows {
            let region = ndpress::Region::new([row..row + 1, 0..NITEMS]).unwrap();
            assert_eq!(array.read_region(&region).unwrap(), samples(NITEMS, row as u64));
        }
        rows as i64 - 1
    } else {
        let state = frame.vlmetalayers().value("state").unwrap().unwrap().as_i64().unwrap();
        let expected = model(state);
        assert_eq!(frame.nchunks(), expected.len());
        for (index, number) in expected.into_iter().enumerate() {
            let expected = chunk(NITEMS, number as u64);
            assert_eq!(frame.chunk(index).unwrap().as_bytes(), expected.as_bytes());
        }
        state
    };
    assert!((done..=done + 1).contains(&state), "{kind}: {state} after {done}");
    state
}

fn create(path: &Path, kind: &str, is_sparse: bool) {
    if kind == "array" {
        let options = Options::new().chunk_shape([3, NITEMS]);
        let array = Array::<u32>::zeros([0, NITEMS], &options).unwrap();
        let options = if is_sparse { SaveOptions::new().sparse() } else { SaveOptions::new() };
        ArrayFile::create(path, &array.into(), &options).unwrap().close().unwrap();
        return;
    }
    let options = FrameOptions::new().typesize(4);
    let options = if is_sparse { options.sparse() } else { options };
    let mut frame = Frame::create(path, &options).unwrap();
    frame.append_chunk(&chunk(NITEMS, 0)).unwrap();
    frame.vlmetalayers_mut().unwrap().insert("state", 0).unwrap();
    frame.flush().unwrap();
}

/// Kills writers of one file again and again, at random.
fn at_random(kind: &str, is_sparse: bool, times: u64) {
    let folder = Folder::new();
    let path = folder.join("killed");
    create(&path, kind, is_sparse);
    let mut state = if kind == "array" { -1 } else { 0 };
    let first = state;
    for number in 0..times {
        let time = Duration::from_micros(number * 7_919 % 23_000);
        let end = if number % 2 == 0 { End::AfterChange(time) } else { End::AfterStart(time) };
        let done = work(&path, kind, &end);
        state = check(&path, kind, done, state);
    }
    // Every other writer was let do something.
    assert!(state >= first + times as i64 / 2, "{state} after {first}");
}

#[test]
fn frames_survive_sigkill() {
    at_random("frame", false, 90);
}

#[test]
fn sparse_frames_survive_sigkill() {
    at_random("frame", true, 60);
}

#[test]
fn arrays_survive_sigkill() {
    at_random("array", false, 60);
}

#[test]
fn sparse_arrays_survive_sigkill() {
    at_random("array", true, 40);
}

/// Writers that end where the file reaches a length, in the middle of whatever they write.
#[test]
fn frames_survive_a_limit_of_their_length() {
    let folder = Folder::new();
    for kib in 4..100 {
        let path = folder.join("limited");
        create(&path, "frame", false);
        let done = work(&path, "frame", &End::Length(kib));
        check(&path, "frame", done, 0);
        // And the next writer goes on from there.
        let mut frame = Frame::open_for_update(&path, &OpenOptions::new()).unwrap();
        frame.append_chunk(&chunk(NITEMS, 7)).unwrap();
        frame.flush().unwrap();
        assert!(Frame::open(&path, &OpenOptions::new()).unwrap().verify().is_good());
    }
}
