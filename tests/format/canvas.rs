//! What a decoder may do to a canvas, and what not.

use ndpress::format::{Canvas, Decoder, Format, FormatError, ImageInfo, ImageReader, PartInfo};
use ndpress::format::{Pixels, Source};
use ndpress::{DType, Error, Limits, Region};
use proptest::prelude::*;

type Decode = fn(&Canvas<'_, '_>) -> Result<(), FormatError>;

/// A format whose files are nothing but a reason to call a function.
#[derive(Debug)]
struct Scripted {
    size: [usize; 2],
    tile: Option<[usize; 2]>,
    decode: Decode,
}

#[derive(Debug)]
struct ScriptedDecoder(ImageInfo, Decode);

impl Format for Scripted {
    fn name(&self) -> &'static str {
        "Scripted"
    }

    fn recognizes(&self, _: &[u8]) -> bool {
        true
    }

    fn decoder(&self, _: Source, _: &Limits) -> Result<Box<dyn Decoder>, FormatError> {
        let mut part = PartInfo::new(self.size);
        part = part.with_channel("a", DType::U16).with_channel("b", DType::U16);
        if let Some(tile) = self.tile {
            part = part.with_tile(tile);
        }
        Ok(Box::new(ScriptedDecoder(ImageInfo::new(self.name(), [part]), self.decode)))
    }
}

impl Decoder for ScriptedDecoder {
    fn info(&self) -> &ImageInfo {
        &self.0
    }

    fn decode(&mut self, _: usize, _: usize, canvas: &Canvas<'_, '_>) -> Result<(), FormatError> {
        (self.1)(canvas)
    }
}

fn answer(size: [usize; 2], decode: Decode) -> Error {
    let format = Scripted { size, tile: None, decode };
    ImageReader::new().format(format).read(Vec::new()).unwrap_err()
}

#[test]
fn pixels_are_put_once_and_all_of_them() {
    let error = answer([10, 10], |canvas| {
        let row = [0; 40];
        canvas.put(&Region::new([0..1, 0..10])?, &Pixels::interleaved(0, 2, &row, 40))
    });
    assert!(error.to_string().contains("missing"), "{error}");
    let error = answer([10, 10], |canvas| {
        let all = [0; 400];
        let pixels = Pixels::interleaved(0, 2, &all, 40);
        canvas.put(&Region::new([0..10, 0..10])?, &pixels)?;
        canvas.put(&Region::new([3..4, 0..10])?, &pixels)
    });
    assert!(error.to_string().contains("twice"), "{error}");
}

#[test]
fn pixels_are_inside_and_as_many_as_they_say() {
    let error = answer([10, 10], |canvas| {
        canvas.put(&Region::new([9..11, 0..10])?, &Pixels::interleaved(0, 2, &[0; 80], 40))
    });
    assert_eq!(error.to_string(), "region 9..11 exceeds axis 0 of length 10");
    let error = answer([10, 10], |canvas| {
        canvas.put(&Region::new([0..2, 0..10])?, &Pixels::interleaved(0, 2, &[0; 79], 40))
    });
    assert_eq!(error.to_string(), "length 79 given, 80 needed");
}

#[test]
fn errors_of_tasks_are_the_answer() {
    let error = answer([10, 10], |canvas| {
        canvas.spawn(|_| Err(FormatError::unsupported("a task")));
        Ok(())
    });
    assert_eq!(error.to_string(), "Scripted: a task is not supported");
}

#[test]
#[should_panic = "in a task"]
fn panics_of_tasks_are_not_lost() {
    answer([10, 10], |canvas| {
        canvas.spawn(|_| panic!("in a task"));
        Ok(())
    });
}

/// Puts an image in pieces of odd shapes, in an odd order, of one channel or of both.
fn in_pieces(canvas: &Canvas<'_, '_>) -> Result<(), FormatError> {
    let [height, width] = canvas.size();
    let mut pieces = Vec::new();
    for y in (0..height).step_by(7) {
        for x in (0..width).step_by(13) {
            pieces.push((y..(y + 7).min(height), x..(x + 13).min(width)));
        }
    }
    pieces.sort_by_key(|(rows, columns)| (rows.start * 31 + columns.start * 17) % 101);
    for (index, (rows, columns)) in pieces.into_iter().enumerate() {
        let value = |y: usize, x: usize, c: usize| (y * 1000 + x * 2 + c) as u16;
        let region = Region::new([rows.clone(), columns.clone()])?;
        // Rows are further apart than they are long.
        let mut bytes = Vec::new();
        let step = (columns.len() * 2 + 3) * 2;
        if index % 2 == 0 {
            for y in rows {
                let start = bytes.len();
                for x in columns.clone() {
                    bytes.extend_from_slice(&value(y, x, 0).to_ne_bytes());
                    bytes.extend_from_slice(&value(y, x, 1).to_ne_bytes());
                }
                bytes.resize(start + step, 0xee);
            }
            canvas.put(&region, &Pixels::interleaved(0, 2, &bytes, step))?;
            continue;
        }
        for channel in [1, 0] {
            let (rows, columns) = (rows.clone(), columns.clone());
            let region = Region::new([rows.clone(), columns.clone()])?;
            canvas.spawn(move |canvas| {
                let samples = rows.flat_map(|y| columns.clone().map(move |x| value(y, x, channel)));
                let bytes: Vec<u8> = samples.flat_map(u16::to_ne_bytes).collect();
                canvas.put(&region, &Pixels::plane(channel, &bytes, columns.len() * 2))
            });
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pieces_of_any_shape_make_the_image(
        height in 1usize..90,
        width in 1usize..90,
        tile in proptest::option::of([1usize..40, 1usize..40]),
        chunk in proptest::option::of([1usize..100, 1usize..100]),
        channels in prop_oneof![Just(vec![0, 1]), Just(vec![1, 0]), Just(vec![1]), Just(vec![0])],
    ) {
        let format = Scripted { size: [height, width], tile, decode: in_pieces };
        let mut reader = ImageReader::new().format(format).channels(&channels);
        if let Some(chunk) = chunk {
            reader = reader.options(&ndpress::Options::new().chunk_shape(chunk));
        }
        let image = reader.read(Vec::new()).unwrap();
        for (place, &channel) in channels.iter().enumerate() {
            let expected: Vec<u16> = (0..height * width)
                .map(|i| (i / width * 1000 + i % width * 2 + channel) as u16)
                .collect();
            prop_assert_eq!(image.channel::<u16>(place).unwrap().to_vec().unwrap(), expected);
        }
    }
}
