//! Random shapes, parts and elements.

use std::fmt::Debug;
use std::ops::Range;

use ndarray::{ArrayD, Axis, IxDyn, SliceInfoElem};
use ndpress::{BloscLz, Element, Lz4, Options, Raster, Record};

/// An element type with values made from numbers.
pub(crate) trait Sample: Element + PartialEq + Debug {
    fn sample(number: u64) -> Self;
}
macro_rules! sample {
    ($($type:ty: $number:ident => $value:expr;)*) => {$(
        impl Sample for $type {
            fn sample($number: u64) -> Self {
                $value
            }
        }
    )*};
}
sample! {
    u8: n => n as u8;
    u16: n => (n * 257) as u16;
    f32: n => n as f32 - 3.5;
    f64: n => 0.25 * n as f64;
    bool: n => n % 3 == 1;
    [f32; 2]: n => [n as f32, -(n as f32)];
    Record<[u8; 3]>: n => Record([n as u8, 2, (n >> 8) as u8]);
}

/// Numbers from a seed, so that operations can depend on the shape that earlier ones left.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Lengths of up to four axes, of at most some thousand elements.
    pub(crate) fn shape(&mut self) -> Vec<usize> {
        let most = [3000, 3000, 60, 16, 8];
        let ndim = self.below(5);
        (0..ndim).map(|_| self.below(most[ndim]) + usize::from(self.below(20) > 0)).collect()
    }

    pub(crate) fn options(&mut self, shape: &[usize]) -> Options {
        let mut options = match self.below(4) {
            0 => Options::new().codec(BloscLz::default()),
            1 => Options::new().codec(Lz4::clevel(9)).bitshuffle(),
            2 => Options::new().codec(Raster::dense()),
            _ => Options::new(),
        };
        if self.below(3) > 0 {
            let chunk: Vec<usize> = shape.iter().map(|&len| 1 + self.below(len + 2)).collect();
            let block: Vec<usize> = chunk.iter().map(|&len| 1 + self.below(len)).collect();
            options = options.chunk_shape(chunk).block_shape(block);
        }
        options
    }

    fn range(&mut self, len: usize) -> Range<usize> {
        if self.below(3) == 0 {
            return 0..len;
        }
        let (a, b) = (self.below(len + 1), self.below(len + 1));
        a.min(b)..a.max(b)
    }

    pub(crate) fn region(&mut self, shape: &[usize]) -> Vec<Range<usize>> {
        shape.iter().map(|&len| self.range(len)).collect()
    }

    /// A selection with steps, dropped and new axes, and numbers counted from the end.
    pub(crate) fn slices(&mut self, shape: &[usize]) -> Vec<SliceInfoElem> {
        let mut slices = Vec::new();
        for &len in shape {
            if shape.len() < 6 && self.below(8) == 0 {
                slices.push(SliceInfoElem::NewAxis);
            }
            let signed = |index: usize, negative: bool| {
                if negative && index < len { index as isize - len as isize } else { index as isize }
            };
            if len > 0 && self.below(5) == 0 {
                let index = self.below(len);
                slices.push(SliceInfoElem::Index(signed(index, self.below(2) == 0)));
                continue;
            }
            let range = self.range(len);
            let step = match self.below(4) {
                0 => -(1 + self.below(4) as isize),
                1 => 1 + self.below(4) as isize,
                _ => 1,
            };
            let start = signed(range.start, self.below(3) == 0);
            let open = range.end == len && self.below(2) == 0;
            let end = (!open).then(|| signed(range.end, self.below(3) == 0));
            slices.push(SliceInfoElem::Slice { start, end, step });
        }
        slices
    }

    /// Values for so many elements: noise, few values, a ramp, or one value.
    pub(crate) fn items<T: Sample>(&mut self, n: usize) -> Vec<T> {
        let kind = self.below(4);
        let first = self.next() % 1000;
        (0..n as u64)
            .map(|i| match kind {
                0 => self.next() % 1000,
                1 => self.next() % 2,
                2 => first + i / 3,
                _ => first,
            })
            .map(T::sample)
            .collect()
    }

    pub(crate) fn array<T: Sample>(&mut self, shape: &[usize]) -> ArrayD<T> {
        let mut shape = shape.to_vec();
        let transposed = self.below(2) == 0;
        if transposed {
            shape.reverse();
        }
        let items = self.items(shape.iter().product());
        let array = ArrayD::from_shape_vec(IxDyn(&shape), items).unwrap();
        // Views with strides in any order and sign.
        let mut array = if transposed { array.reversed_axes() } else { array };
        if array.ndim() > 0 && self.below(2) == 0 {
            array.invert_axis(Axis(0));
        }
        array
    }
}
