//! Rows of chunks that change, against a list of lists.

use ndpress::bytemuck::cast_slice;
use ndpress::frame::{Frame, FrameOptions, OpenOptions};
use ndpress::{Chunk, Registry};
use proptest::prelude::*;

use crate::{Folder, chunk, samples};

/// Elements of a chunk.
const NITEMS: usize = 200;

#[derive(Debug, Clone)]
enum Change {
    Append,
    Insert(usize),
    Update(usize),
    Delete(usize),
    Rotate(usize),
    Zeros,
    Nan,
    Note(i64),
    Flush,
    Reopen,
    Compact,
}

fn change() -> impl Strategy<Value = Change> {
    let index = 0..100_usize;
    prop_oneof![
        4 => Just(Change::Append),
        2 => index.clone().prop_map(Change::Insert),
        2 => index.clone().prop_map(Change::Update),
        2 => index.clone().prop_map(Change::Delete),
        1 => index.prop_map(Change::Rotate),
        1 => Just(Change::Zeros),
        1 => Just(Change::Nan),
        1 => any::<i64>().prop_map(Change::Note),
        2 => Just(Change::Flush),
        2 => Just(Change::Reopen),
        1 => Just(Change::Compact),
    ]
}

/// What the frame should hold.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    chunks: Vec<Vec<u8>>,
    note: Option<i64>,
}

fn held(frame: &Frame) -> Model {
    let chunks = (0..frame.nchunks())
        .map(|index| frame.chunk(index).unwrap().decode(&Registry::default()).unwrap());
    let note = frame.vlmetalayers().value("note").unwrap().and_then(|value| value.as_i64());
    Model { chunks: chunks.collect(), note }
}

fn apply(frame: &mut Frame, model: &mut Model, change: &Change, number: u64) {
    let bytes = || cast_slice(&samples(NITEMS, number)).to_vec();
    let len = model.chunks.len();
    match *change {
        Change::Append => {
            frame.append_chunk(&chunk(NITEMS, number)).unwrap();
            model.chunks.push(bytes());
        }
        Change::Insert(index) => {
            let index = index % (len + 1);
            frame.insert_chunk(index, &chunk(NITEMS, number)).unwrap();
            model.chunks.insert(index, bytes());
        }
        Change::Update(index) if len > 0 => {
            frame.update_chunk(index % len, &chunk(NITEMS, number)).unwrap();
            model.chunks[index % len] = bytes();
        }
        Change::Delete(index) if len > 0 => {
            frame.delete_chunk(index % len).unwrap();
            model.chunks.remove(index % len);
        }
        Change::Rotate(by) if len > 0 => {
            let mut order: Vec<usize> = (0..len).collect();
            order.rotate_left(by % len);
            frame.reorder(&order).unwrap();
            model.chunks.rotate_left(by % len);
        }
        Change::Zeros => {
            frame.append_chunk(&Chunk::zeros(4 * NITEMS, 4).unwrap()).unwrap();
            model.chunks.push(vec![0; 4 * NITEMS]);
        }
        Change::Nan => {
            frame.append_chunk(&Chunk::nan(4 * NITEMS, 4).unwrap()).unwrap();
            model.chunks.push(f32::NAN.to_le_bytes().repeat(NITEMS));
        }
        Change::Note(value) => {
            frame.vlmetalayers_mut().unwrap().insert("note", value).unwrap();
            model.note = Some(value);
        }
        Change::Flush => frame.flush().unwrap(),
        Change::Compact => {
            frame.compact().unwrap();
            assert_eq!(frame.dead_nbytes().unwrap(), 0);
        }
        Change::Update(_) | Change::Delete(_) | Change::Rotate(_) | Change::Reopen => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn frames_in_memory_hold_what_their_model_does(changes in prop::collection::vec(change(), 1..25)) {
        let mut frame = Frame::new(&FrameOptions::new().typesize(4)).unwrap();
        let mut model = Model::default();
        for (number, change) in changes.iter().enumerate() {
            apply(&mut frame, &mut model, change, number as u64);
            prop_assert_eq!(&held(&frame), &model, "{:?}", change);
        }
        let copy = Frame::from_bytes(frame.to_bytes().unwrap(), &OpenOptions::new()).unwrap();
        prop_assert_eq!(&held(&copy), &model);
        prop_assert!(copy.verify().is_good());
    }

    #[test]
    fn frames_in_files_hold_what_was_flushed(
        changes in prop::collection::vec(change(), 1..25),
        is_sparse: bool,
    ) {
        let folder = Folder::new();
        let path = folder.join("model.b2frame");
        let options = FrameOptions::new().typesize(4);
        let options = if is_sparse { options.sparse() } else { options };
        let mut frame = Frame::create(&path, &options).unwrap();
        let (mut model, mut flushed) = (Model::default(), Model::default());
        for (number, change) in changes.iter().enumerate() {
            apply(&mut frame, &mut model, change, number as u64);
            match change {
                Change::Flush | Change::Compact => flushed = model.clone(),
                Change::Reopen => {
                    drop(frame);
                    frame = Frame::open_for_update(&path, &OpenOptions::new()).unwrap();
                    model = flushed.clone();
                }
                _ => {}
            }
            prop_assert_eq!(&held(&frame), &model, "{:?}", change);
            let reader = Frame::open(&path, &OpenOptions::new()).unwrap();
            prop_assert_eq!(&held(&reader), &flushed, "a reader after {:?}", change);
            prop_assert!(reader.verify().is_good() && reader.verify().unchecked == 0);
        }
    }
}

#[test]
fn chunks_of_other_lengths_have_no_place() {
    let mut frame = Frame::new(&FrameOptions::new().typesize(4)).unwrap();
    frame.append_chunk(&chunk(200, 1)).unwrap();
    frame.append_chunk(&chunk(200, 2)).unwrap();
    let error = frame.append_chunk(&chunk(201, 3)).unwrap_err();
    assert_eq!(error.to_string(), "chunk of 804 bytes where one of 800 is needed");
    assert!(frame.insert_chunk(1, &chunk(100, 3)).is_err());
    frame.append_chunk(&chunk(100, 3)).unwrap();
    // Only the last may be shorter, and it stays the last.
    assert!(frame.append_chunk(&chunk(200, 4)).is_err());
    assert!(frame.update_chunk(1, &chunk(100, 4)).is_err());
    assert!(frame.reorder(&[2, 1, 0]).is_err());
    assert!(frame.reorder(&[0, 0, 2]).is_err());
    assert!(frame.reorder(&[0, 1]).is_err());
    frame.update_chunk(2, &chunk(50, 4)).unwrap();
    assert_eq!(frame.nbytes(), 800 + 800 + 200);
    assert_eq!(
        frame.delete_chunk(3).unwrap_err().to_string(),
        "chunk 3 does not exist, there are 3"
    );
    frame.delete_chunk(2).unwrap();
    frame.append_chunk(&chunk(200, 4)).unwrap();
    assert_eq!(held(&frame).chunks[2], cast_slice::<u32, u8>(&samples(200, 4)));
}

#[test]
fn frames_that_are_read_do_not_change() {
    let frame = Frame::new(&FrameOptions::new()).unwrap();
    let mut frame = Frame::from_bytes(frame.to_bytes().unwrap(), &OpenOptions::new()).unwrap();
    let error = frame.append_chunk(&chunk(10, 1)).unwrap_err();
    assert_eq!(error.to_string(), "opened to be read, not to be changed");
    assert!(frame.vlmetalayers_mut().is_err() && frame.flush().is_err());
    assert!(frame.compact().is_err() && frame.reorder(&[]).is_err());
}

#[test]
fn metalayers_have_bounds() {
    let mut frame = Frame::new(&FrameOptions::new()).unwrap();
    frame.vlmetalayers_mut().unwrap().insert("ndpress", 1).unwrap();
    assert!(frame.flush().unwrap_err().to_string().contains("and not \"ndpress\""));
    let layers = frame.vlmetalayers_mut().unwrap();
    layers.remove("ndpress");
    for number in 0..8192 {
        layers.insert(&number.to_string(), number).unwrap();
    }
    let error = frame.flush().unwrap_err();
    assert_eq!(error.to_string(), "8193 metalayers are more than the 8192 a frame can have");
    frame.vlmetalayers_mut().unwrap().remove("0");
    frame.flush().unwrap();
    let copy = Frame::from_bytes(frame.to_bytes().unwrap(), &OpenOptions::new()).unwrap();
    assert_eq!(copy.vlmetalayers(), frame.vlmetalayers());
}

#[test]
fn a_file_has_one_writer() {
    let folder = Folder::new();
    for options in [FrameOptions::new(), FrameOptions::new().sparse()] {
        let path = folder.join("locked.b2frame");
        let writer = Frame::create(&path, &options).unwrap();
        let error = Frame::open_for_update(&path, &OpenOptions::new()).unwrap_err();
        assert!(matches!(error, ndpress::Error::Locked { .. }), "{error}");
        assert!(matches!(Frame::create(&path, &options), Err(ndpress::Error::Locked { .. })));
        Frame::open(&path, &OpenOptions::new()).unwrap();
        drop(writer);
        let mut frame = Frame::open_for_update(&path, &OpenOptions::new()).unwrap();
        // The lock goes on when the file is replaced.
        frame.compact().unwrap();
        assert!(Frame::open_for_update(&path, &OpenOptions::new()).is_err());
        drop(frame);
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn readers_go_on_with_what_they_opened() {
    let folder = Folder::new();
    let path = folder.join("shared.b2frame");
    let mut writer = Frame::create(&path, &FrameOptions::new().typesize(4)).unwrap();
    for number in 0..5 {
        writer.append_chunk(&chunk(NITEMS, number)).unwrap();
    }
    writer.flush().unwrap();
    let reader = Frame::open(&path, &OpenOptions::new()).unwrap();
    let before = held(&reader);
    for number in 0..5 {
        writer.update_chunk(number, &chunk(NITEMS, 100 + number as u64)).unwrap();
        writer.flush().unwrap();
    }
    writer.compact().unwrap();
    assert_eq!(held(&reader), before);
    assert_ne!(held(&Frame::open(&path, &OpenOptions::new()).unwrap()), before);
}
