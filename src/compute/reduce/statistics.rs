//! What an array knows of its blocks without decoding them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;

use half::f16;

use super::block::fold_block;
use super::extremes::MinMax;
use super::runs::Runs;
use super::sum::{Nan, Sum, SumState};
use super::{Grouping, Indices, Reduce};
use crate::arch::items::items;
use crate::array::{
    AnyArray, Array, ArrayItems, ChunkItems, Grid, Options, Piece, RawArray, Summarise, Summary,
    Visit,
};
use crate::compute::number::{Extremes, Kernel, Number, Partial, PartialOf, has_nan};
use crate::dtype::{DType, Element};
use crate::error::{IndexKind, InvalidArgument, Result};
use crate::shape::{MAX_NDIM, Region, Shape};

/// What an array knows of one of its blocks without decoding it: see
/// [`Array::block_statistics`].
pub struct BlockStatistics<T> {
    summary: Summary,
    dtype: PhantomData<T>,
}

impl<T> Clone for BlockStatistics<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for BlockStatistics<T> {}

impl<T> BlockStatistics<T> {
    pub(super) fn of(summary: Summary) -> Self {
        Self { summary, dtype: PhantomData }
    }

    /// How many elements the block has, those not a number among them, and padding not.
    #[must_use]
    pub fn nitems(&self) -> usize {
        self.nnumbers() + self.nan_count()
    }

    /// How many of the elements are not a number.
    #[must_use]
    pub fn nan_count(&self) -> usize {
        self.summary.nnans as usize
    }

    pub(super) fn nnumbers(&self) -> usize {
        self.summary.nnumbers as usize
    }
}

impl<T: Number> BlockStatistics<T> {
    /// The least of the elements that are numbers; `None` where there is none.
    #[must_use]
    pub fn min(&self) -> Option<T> {
        self.range().map(|(low, _)| low)
    }

    /// The greatest of the elements that are numbers; `None` where there is none.
    #[must_use]
    pub fn max(&self) -> Option<T> {
        self.range().map(|(_, high)| high)
    }

    /// The sum of the elements that are numbers, as [`Array::sum`].
    ///
    /// # Errors
    /// [`SumOverflow`](InvalidArgument::SumOverflow).
    pub fn sum(&self) -> Result<T::Total> {
        T::Kernel::total(self.partial())
    }

    pub(super) fn range(&self) -> Option<(T, T)> {
        self.extremes().range
    }

    pub(super) fn extremes(&self) -> Extremes<T> {
        keys_of(&self.summary).map(T::Kernel::of_key)
    }

    /// The sum of the numbers, not rounded yet.
    pub(super) fn partial(&self) -> PartialOf<T> {
        PartialOf::<T>::from_words(self.summary.sum)
    }

    /// The keys that those of all numbers lie between. Zero may have either sign.
    pub(super) fn key_range(&self) -> Option<(u64, u64)> {
        let (low, high) = self.range()?;
        let zero = T::Kernel::key(T::zeroed());
        let negative_zero = if has_nan::<T>() { zero - 1 } else { zero };
        Some((
            if low == T::zeroed() { negative_zero } else { self.summary.low },
            if high == T::zeroed() { zero } else { self.summary.high },
        ))
    }

    /// Whether so many elements could be summed up so.
    fn is_possible(&self, nitems: usize) -> bool {
        if self.nitems() != nitems || (self.nan_count() > 0 && !has_nan::<T>()) {
            return false;
        }
        let Some((low, high)) = self.range() else {
            return self.partial() == PartialOf::<T>::default();
        };
        let is_held =
            |key: u64, value: T| T::Kernel::key(value) == key && !T::Kernel::is_nan(value);
        let Summary { low: low_key, high: high_key, .. } = self.summary;
        let sum_of = |value: T| T::Kernel::times(T::Kernel::partial(value), self.nnumbers());
        let is_between = has_nan::<T>() || (sum_of(low)..=sum_of(high)).contains(&self.partial());
        is_held(low_key, low) && is_held(high_key, high) && low <= high && is_between
    }

    /// The value of all elements, where they are the same, bit for bit.
    pub(super) fn value(&self) -> Option<T> {
        let (low, high) = self.key_range()?;
        (low == high && self.nan_count() == 0).then(|| T::Kernel::of_key(low))
    }
}

impl<T: Number + fmt::Debug> fmt::Debug for BlockStatistics<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockStatistics")
            .field("min", &self.min())
            .field("max", &self.max())
            .field("sum", &self.partial().to_f64())
            .field("nitems", &self.nitems())
            .field("nan_count", &self.nan_count())
            .finish()
    }
}

impl Options {
    /// Keeps statistics of each block of an array of numbers: see [`Array::keep_block_statistics`].
    /// Other arrays have none.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<u32> = (0..1_000_000).collect();
    /// let array = Array::from_slice(&ramp, [1000, 1000], &Options::new().block_statistics())?;
    /// assert_eq!(array.max()?, 999_999); // decodes nothing
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn block_statistics(self) -> Self {
        self.summariser(summariser)
    }
}

impl<T: Number> Array<T> {
    /// Keeps statistics of each block from now on: the least and the greatest element, the sum, and
    /// how many elements are not a number. They are made of all blocks once, in parallel, and of those
    /// that are written later while these are compressed; so they are always those of the elements.
    ///
    /// [`sum`](Self::sum), [`mean`](Self::mean), [`min`](Self::min), [`max`](Self::max) and
    /// [`min_max`](Self::min_max) decode nothing then, and answer the same bits as before.
    /// [`argmin`](Self::argmin) and [`argmax`](Self::argmax) decode the blocks that have the element,
    /// [`histogram`](Self::histogram) and [`percentiles`](Self::percentiles) those whose elements go to
    /// different bins; comparisons with a number ([`gt`](crate::Expression::gt) and the others) those
    /// whose elements lie on both sides of it, and so does what is made of them:
    /// [`count`](crate::Expression::count), [`read_masked`](Self::read_masked),
    /// [`true_indices`](crate::Expression::true_indices).
    ///
    /// Clones, and arrays that share chunks, have them too; files keep them (see
    /// [`save`](Self::save)), but for chunks that a lossy filter of the
    /// [`SaveOptions`](crate::SaveOptions) may change. Memory: 40 bytes a block, a thousandth of the elements.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<f32> = (0..1_000_000).map(|i| i as f32).collect();
    /// let mut array = Array::from_slice(&ramp, [1000, 1000], &Options::new())?;
    /// array.keep_block_statistics()?;
    /// array.set(&[3, 4], -1.0)?;
    /// assert_eq!(array.min()?, -1.0);
    /// let first = array.block_statistics(0, 0)?.expect("they are kept");
    /// assert_eq!((first.min(), first.nan_count()), (Some(-1.0), 0));
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt), naming chunk and block, and that of a source. The
    /// array is then as it was.
    pub fn keep_block_statistics(&mut self) -> Result<()> {
        self.raw_mut().keep_summaries(summarise::<T>)
    }

    /// What is known of a block of a chunk; `None` where the array keeps no statistics, in chunks of one
    /// value, which need none, and in those that came compressed from elsewhere, or from a file in which
    /// another program has changed them: until [`keep_block_statistics`](Self::keep_block_statistics) is
    /// called again. Blocks of nothing but padding have no elements.
    ///
    /// # Errors
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds) for a chunk or a block that there is
    /// not.
    pub fn block_statistics(
        &self,
        chunk: usize,
        block: usize,
    ) -> Result<Option<BlockStatistics<T>>> {
        let grid = self.raw().grid();
        grid.check_chunk(chunk)?;
        if block >= grid.nblocks() {
            let (what, index, len) = (IndexKind::Block, block, grid.nblocks());
            return Err(InvalidArgument::IndexOutOfBounds { what, index, len }.into());
        }
        let summaries = self.raw().summaries(chunk);
        Ok(summaries.map(|summaries| BlockStatistics::of(summaries[block])))
    }
}

impl<T: Element> Array<T> {
    /// Whether the array keeps statistics of its blocks.
    #[must_use]
    pub fn keeps_block_statistics(&self) -> bool {
        self.raw().summarise().is_some()
    }

    /// Keeps statistics no longer, and forgets those there are.
    pub fn drop_block_statistics(&mut self) {
        self.raw_mut().drop_summaries();
    }
}

impl AnyArray {
    /// Keeps statistics of each block from now on: see [`Array::keep_block_statistics`]. Records have
    /// none.
    ///
    /// # Errors
    /// As [`Array::keep_block_statistics`].
    pub fn keep_block_statistics(&mut self) -> Result<()> {
        match summariser(self.dtype()) {
            Some(summarise) => self.raw_mut().keep_summaries(summarise),
            None => Ok(()),
        }
    }

    /// Whether the array keeps statistics of its blocks.
    #[must_use]
    pub fn keeps_block_statistics(&self) -> bool {
        self.raw().summarise().is_some()
    }

    /// Keeps statistics no longer, and forgets those there are.
    pub fn drop_block_statistics(&mut self) {
        self.raw_mut().drop_summaries();
    }
}

/// An expression with `$number` as the number type that a dtype is; `$other` for other dtypes.
macro_rules! for_number {
    ($dtype:expr, $number:ident => $expression:expr, $other:expr) => {
        for_number!(@ $dtype, $number => $expression, $other,
            U8(u8) U16(u16) U32(u32) U64(u64) I8(i8) I16(i16) I32(i32) I64(i64)
            F16(f16) F32(f32) F64(f64) Bool(bool))
    };
    (@ $dtype:expr, $number:ident => $expression:expr, $other:expr, $($variant:ident($type:ty))*) => {
        match $dtype {
            $(DType::$variant => {
                type $number = $type;
                $expression
            })*
            _ => $other,
        }
    };
}

/// What makes the summaries of blocks of this type, if its elements are numbers.
pub(crate) fn summariser(dtype: DType) -> Option<Summarise> {
    for_number!(dtype, T => Some(summarise::<T>), None)
}

/// Whether so many elements of this type could have that summary. What comes from a file need not.
pub(crate) fn is_possible(dtype: DType, summary: &Summary, nitems: usize) -> bool {
    for_number!(dtype, T => BlockStatistics::<T>::of(*summary).is_possible(nitems), false)
}

/// The keys that the elements of a block lie between.
fn keys_of(summary: &Summary) -> Extremes<u64> {
    let Summary { low, high, nnumbers, nnans, .. } = *summary;
    Extremes { range: (nnumbers > 0).then_some((low, high)), has_nan: nnans > 0 }
}

fn summarise<T: Number>(block: &[u8], grid: &Grid, extent: &Shape) -> Result<Summary> {
    // As a reduction of all elements would take the block: the sums are the same, bit for bit.
    let kept = &[false; MAX_NDIM][..extent.ndim()];
    let extent = Region::full(*extent);
    let runs = Runs::new(grid.block_shape(), &extent, extent.shape(), kept, Indices::Unused);
    let mut state = Reduce::<T>::start(&Summarised);
    let items = BlockItems(&items::<T>(block));
    fold_block(&Summarised, &items, 0, &runs, std::slice::from_mut(&mut state))?;
    let (extremes, SumState { sum, count }) = state;
    let (low, high) =
        extremes.range.map_or((0, 0), |(low, high)| (T::Kernel::key(low), T::Kernel::key(high)));
    let nnans = extent.shape().nitems() - count;
    Ok(Summary { low, high, sum: sum.to_words(), nnumbers: count as u32, nnans: nnans as u32 })
}

/// The elements of a block that is not compressed yet.
struct BlockItems<'a, T>(&'a [T]);

impl<T: Element> ChunkItems<T> for BlockItems<'_, T> {
    fn constant(&self) -> Option<T> {
        None
    }

    fn visit_block(&self, _: usize, visit: &mut Visit<'_, T>) -> Result<()> {
        let _: ControlFlow<()> = visit(Piece::Items(self.0));
        Ok(())
    }
}

/// All that a summary says.
struct Summarised;

const NUMBERS: Sum = Sum { nan: Nan::Skipped };

impl<T: Number> Reduce<T> for Summarised {
    type State = (Extremes<T>, SumState<PartialOf<T>>);

    const GROUPING: Grouping = Grouping::Fixed;

    fn start(&self) -> Self::State {
        (MinMax.start(), Reduce::<T>::start(&NUMBERS))
    }

    #[inline(always)]
    fn fold(&self, (extremes, sum): &mut Self::State, items: &[T], index: usize) {
        MinMax.fold(extremes, items, index);
        NUMBERS.fold(sum, items, index);
    }

    fn fold_repeated(
        &self,
        (extremes, sum): &mut Self::State,
        value: T,
        count: usize,
        index: usize,
    ) {
        MinMax.fold_repeated(extremes, value, count, index);
        NUMBERS.fold_repeated(sum, value, count, index);
    }

    fn merge(&self, (extremes, sum): &mut Self::State, (later_extremes, later_sum): Self::State) {
        MinMax.merge(extremes, later_extremes);
        Reduce::<T>::merge(&NUMBERS, sum, later_sum);
    }
}

/// Least and greatest of the elements of which something is known.
pub(super) fn known_extremes<T: Number>(array: &dyn ArrayItems<T>) -> Extremes<T> {
    let mut all = Extremes::NONE;
    if array.keeps_summaries() {
        let chunks = (0..array.grid().nchunks()).filter_map(|chunk| array.summaries(chunk));
        for summary in chunks.flat_map(|summaries| summaries.iter()) {
            all.include(BlockStatistics::<T>::of(*summary).extremes());
        }
    }
    all
}

/// The keys between which the elements of a region lie, where that is known, and whether some may
/// be no numbers.
pub(crate) fn bounds_of(array: &RawArray, region: &Region) -> Option<Extremes<u64>> {
    let mut bounds = Extremes::NONE;
    array.summaries_in(region)?.for_each(|summary| bounds.include(keys_of(summary)));
    Some(bounds)
}
