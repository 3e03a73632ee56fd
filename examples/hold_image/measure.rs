//! Sizes and times of one channel, or of all.

use std::hint::black_box;
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use ndpress::image::Channel;
use ndpress::{Element, Region};

use crate::Result;
use crate::table::{bytes, ratio, time};

/// What is repeated is repeated so often at most, and for so long.
const MAX_RUNS: usize = 9;
const MAX_DURATION: Duration = Duration::from_millis(300);

/// Side of the window that is read out of a channel, in pixels.
const WINDOW: usize = 64;

/// What a channel costs.
#[derive(Default, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) nbytes: usize,
    pub(crate) cbytes: usize,
    pub(crate) compress: Duration,
    pub(crate) read: Duration,
    pub(crate) window: Option<Duration>,
}

impl AddAssign for Measured {
    fn add_assign(&mut self, other: Self) {
        self.nbytes += other.nbytes;
        self.cbytes += other.cbytes;
        self.compress += other.compress;
        self.read += other.read;
    }
}

impl Measured {
    /// As a row of the table.
    pub(crate) fn row(&self, name: &str, dtype: &str) -> Vec<String> {
        vec![
            name.to_owned(),
            dtype.to_owned(),
            bytes(self.nbytes),
            bytes(self.cbytes),
            ratio(self.nbytes as f64 / self.cbytes as f64),
            time(self.compress),
            time(self.read),
            self.window.map(time).unwrap_or_default(),
        ]
    }
}

/// Runs `f` several times: its last result, and the median of its durations.
pub(crate) fn median_time<T>(mut f: impl FnMut() -> ndpress::Result<T>) -> Result<(T, Duration)> {
    let begin = Instant::now();
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let result = black_box(f()?);
        times.push(start.elapsed());
        if times.len() == MAX_RUNS || begin.elapsed() > MAX_DURATION {
            return Ok((result, median(times)));
        }
    }
}

/// The median time to read a window, at places all over the channel.
pub(crate) fn windows<T: Element>(channel: &Channel<T>) -> Result<Duration> {
    let (height, width) = (channel.height(), channel.width());
    let (rows, columns) = (height.min(WINDOW), width.min(WINDOW));
    let mut pixels = vec![T::zeroed(); rows * columns];
    let mut times = Vec::new();
    for i in 0..5 {
        for j in 0..5 {
            let (y, x) = ((height - rows) * i / 4, (width - columns) * j / 4);
            let region = Region::new([y..y + rows, x..x + columns])?;
            let start = Instant::now();
            channel.read_region_into(&region, &mut pixels)?;
            times.push(start.elapsed());
            black_box(&pixels);
        }
    }
    Ok(median(times))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
