//! Elements at any indices: points, and lists of indices for each axis. Each block that has some of
//! them is decoded once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeFull};

use super::chunks::with_unspecified;
use super::grid::Grid;
use super::options::Options;
use super::raw::zeroed;
use super::typed::Array;
use crate::arch::view::lend_items;
use crate::dtype::Element;
use crate::error::{Error, InvalidArgument, Result, check_len};
use crate::parallel::for_each;
#[cfg(feature = "ndarray")]
use crate::shape::check_shape;
use crate::shape::{Region, Shape, check_index, resolve_index, resolve_range};

/// Blocks whose elements are collected before they are put in order.
const BATCH: usize = 256;

/// Indices of one axis.
///
/// ```
/// use ndpress::AxisIndices;
///
/// assert_eq!(AxisIndices::from([3, -1, 3]), AxisIndices::List(vec![3, -1, 3]));
/// assert_eq!(AxisIndices::from(..), AxisIndices::All);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AxisIndices {
    /// All of them.
    All,
    /// Those from the first to one before the last.
    Range(Range<usize>),
    /// Every `step`-th of those from `start` to one before `end`, or to the last; from the last of
    /// them to the first, if `step` is negative. Negative positions count from the end. As
    /// `ndarray`'s `Slice`, which becomes one.
    Slice {
        /// The first.
        start: isize,
        /// The one behind the last.
        end: Option<isize>,
        /// From one to the next; not 0.
        step: isize,
    },
    /// These, in any order; negative ones count from the end.
    List(Vec<isize>),
}

#[cfg(feature = "ndarray")]
impl From<ndarray::Slice> for AxisIndices {
    fn from(ndarray::Slice { start, end, step }: ndarray::Slice) -> Self {
        Self::Slice { start, end, step }
    }
}

impl From<RangeFull> for AxisIndices {
    fn from(_: RangeFull) -> Self {
        Self::All
    }
}

impl From<Range<usize>> for AxisIndices {
    fn from(range: Range<usize>) -> Self {
        Self::Range(range)
    }
}

impl<const N: usize> From<[isize; N]> for AxisIndices {
    fn from(list: [isize; N]) -> Self {
        Self::List(list.to_vec())
    }
}

impl From<&[isize]> for AxisIndices {
    fn from(list: &[isize]) -> Self {
        Self::List(list.to_vec())
    }
}

impl From<Vec<isize>> for AxisIndices {
    fn from(list: Vec<isize>) -> Self {
        Self::List(list)
    }
}

impl AxisIndices {
    /// The indices, counted from the start of an axis of length `len`.
    fn resolved(&self, axis: usize, len: usize) -> Result<Vec<usize>> {
        match self {
            Self::All => Ok((0..len).collect()),
            Self::Range(range) => {
                let Range { start, end } = *range;
                if start > end || end > len {
                    return Err(InvalidArgument::RegionOutOfBounds { axis, start, end, len }.into());
                }
                Ok(range.clone().collect())
            }
            Self::Slice { start, end, step } => {
                let (lowest, count) = resolve_range(*start, *end, *step, axis, len)?;
                let rising = (0..count).map(|number| lowest + number * step.unsigned_abs());
                Ok(if *step < 0 { rising.rev().collect() } else { rising.collect() })
            }
            Self::List(list) => list.iter().map(|&index| resolve_index(index, axis, len)).collect(),
        }
    }
}

impl<T: Element> Array<T> {
    /// Reads the elements at some indices, in their order; an index may occur more than once.
    ///
    /// Each block with any of them is decoded once, in parallel. Memory: the elements, and some words
    /// for each.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<u32> = (0..480 * 640).collect();
    /// let array = Array::from_slice(&ramp, [480, 640], &Options::new())?;
    /// assert_eq!(array.read_points(&[[479, 639], [0, 3], [1, 0]])?, [307_199, 3, 640]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch),
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds);
    /// [`Error::Corrupt`], naming chunk and block.
    pub fn read_points<P: AsRef<[usize]>>(&self, points: &[P]) -> Result<Vec<T>> {
        let mut out = zeroed(points.len())?;
        self.read_points_into(points, &mut out)?;
        Ok(out)
    }

    /// As [`read_points`](Self::read_points), into a slice with as many elements.
    ///
    /// # Errors
    /// As [`read_points`](Self::read_points), and
    /// [`LengthMismatch`](InvalidArgument::LengthMismatch). `dst` is then as it was.
    pub fn read_points_into<P: AsRef<[usize]>>(&self, points: &[P], dst: &mut [T]) -> Result<()> {
        check_len(points.len(), dst.len())?;
        let places = self.places(points)?;
        let mut blocks: Vec<_> = places.into_values().map(|block| (block, Vec::new())).collect();
        self.visit_blocks(&mut blocks, |block: &PickedBlock, items, out: &mut Vec<T>| {
            out.extend(block.points.iter().map(|&(place, _)| items[place]));
        })?;
        for (block, items) in blocks {
            for ((_, position), item) in block.points.into_iter().zip(items) {
                dst[position] = item;
            }
        }
        Ok(())
    }

    /// Overwrites the elements at some indices. Where an index occurs more than once, the last one
    /// counts.
    ///
    /// Each block with any of them is decoded and compressed once. Memory: some words for each
    /// element, and a chunk for each thread.
    ///
    /// # Errors
    /// As [`read_points`](Self::read_points);
    /// [`LengthMismatch`](InvalidArgument::LengthMismatch) for another number of elements;
    /// [`Error::Codec`]. The array is then as it was.
    pub fn write_points<P: AsRef<[usize]>>(&mut self, points: &[P], items: &[T]) -> Result<()> {
        check_len(points.len(), items.len())?;
        let blocks = self.places(points)?;
        let chunks: BTreeSet<usize> = blocks.keys().map(|&(chunk, _)| chunk).collect();
        let blocks: BTreeMap<Vec<usize>, PickedBlock> =
            blocks.into_values().map(|block| (block.region.start().to_vec(), block)).collect();
        self.edit_picked(
            chunks,
            |start| blocks.get(start),
            |block, out| {
                block.points.iter().for_each(|&(place, position)| out[place] = items[position]);
            },
        )
    }

    /// Reads the elements at all combinations of some indices of each axis, in C order: as many
    /// along each axis as it has indices. NumPy's `array[np.ix_(…)]`.
    ///
    /// Each block with any of them is decoded once, in parallel. Memory: the elements twice, and some
    /// words for each index.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<u32> = (0..480 * 640).collect();
    /// let array = Array::from_slice(&ramp, [480, 640], &Options::new())?;
    /// let corners = array.read_orthogonal(&[[0, -1].into(), [0, -1].into()])?;
    /// assert_eq!(corners, [0, 639, 306_560, 307_199]);
    /// let columns = array.read_orthogonal(&[(..).into(), [7, 7, 3].into()])?;
    /// assert_eq!(columns[..6], [7, 7, 3, 647, 647, 643]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NdimMismatch`](InvalidArgument::NdimMismatch) for another number of axes;
    /// [`IndexOutOfBounds`](InvalidArgument::IndexOutOfBounds),
    /// [`NegativeIndex`](InvalidArgument::NegativeIndex) and
    /// [`RegionOutOfBounds`](InvalidArgument::RegionOutOfBounds) for indices that do not exist;
    /// [`Error::OutOfMemory`]; [`Error::Corrupt`], naming chunk and block.
    pub fn read_orthogonal(&self, axes: &[AxisIndices]) -> Result<Vec<T>> {
        let product = Product::new(axes, self.raw().grid())?;
        let mut out = zeroed(product.shape.nitems())?;
        self.read_product(&product, &mut out)?;
        Ok(out)
    }

    /// As [`read_orthogonal`](Self::read_orthogonal), into a slice with as many elements.
    ///
    /// # Errors
    /// As [`read_orthogonal`](Self::read_orthogonal), and
    /// [`LengthMismatch`](InvalidArgument::LengthMismatch). Errors in the arguments leave `dst` as it
    /// is.
    pub fn read_orthogonal_into(&self, axes: &[AxisIndices], dst: &mut [T]) -> Result<()> {
        let product = Product::new(axes, self.raw().grid())?;
        check_len(product.shape.nitems(), dst.len())?;
        self.read_product(&product, dst)
    }

    /// As [`read_orthogonal`](Self::read_orthogonal), into an array or a view of any strides, as long
    /// along each axis as it has indices. A view that is not contiguous takes memory for the elements
    /// once more.
    ///
    /// ```
    /// use ndarray::{Array2, s};
    /// use ndpress::{Array, Options};
    ///
    /// let ramp: Vec<u32> = (0..480 * 640).collect();
    /// let array = Array::from_slice(&ramp, [480, 640], &Options::new())?;
    /// let mut canvas = Array2::zeros((2, 5));
    /// let corners = &mut canvas.slice_mut(s![.., ..;4]);
    /// array.read_orthogonal_into_ndarray(&[[0, -1].into(), [0, -1].into()], corners)?;
    /// assert_eq!(canvas.row(1).to_vec(), [306_560, 0, 0, 0, 307_199]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_orthogonal`](Self::read_orthogonal), and
    /// [`ShapeMismatch`](InvalidArgument::ShapeMismatch). Errors in the arguments leave `dst` as it
    /// is.
    #[cfg(feature = "ndarray")]
    pub fn read_orthogonal_into_ndarray<D: ndarray::Dimension>(
        &self,
        axes: &[AxisIndices],
        dst: &mut ndarray::ArrayRef<T, D>,
    ) -> Result<()> {
        let product = Product::new(axes, self.raw().grid())?;
        check_shape(&product.shape, dst.shape())?;
        if let Some(items) = dst.as_slice_mut() {
            return self.read_product(&product, items);
        }
        let mut items = zeroed(product.shape.nitems())?;
        self.read_product(&product, &mut items)?;
        dst.iter_mut().zip(items).for_each(|(dst, item)| *dst = item);
        Ok(())
    }

    /// A compressed array of the elements at all combinations of some indices of each axis, as many
    /// along each axis as it has indices.
    ///
    /// Chunks of the result are made in parallel; a block is decoded once for each of them that has
    /// elements of it. Memory: the compressed result, and for each thread an uncompressed chunk of it,
    /// twice.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let options = Options::new();
    /// let array = Array::from_slice(&[1u8, 2, 3, 4, 5, 6], [2, 3], &options)?;
    /// let picked = array.select_orthogonal(&[(..).into(), [-1, 0].into()], &options)?;
    /// assert_eq!(picked.shape()[..], [2, 2]);
    /// assert_eq!(picked.to_vec()?, [3, 1, 6, 4]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_orthogonal`](Self::read_orthogonal), and as [`zeros`](Self::zeros).
    pub fn select_orthogonal(&self, axes: &[AxisIndices], options: &Options) -> Result<Self> {
        let grid = self.raw().grid();
        let lists = resolve_axes(axes, grid)?;
        let lens: Vec<usize> = lists.iter().map(Vec::len).collect();
        Self::try_from_chunks_fn(lens, options, |region, items| {
            let lists = lists.iter().enumerate();
            let parts: Vec<&[usize]> =
                lists.map(|(axis, list)| &list[region.range(axis)]).collect();
            self.read_product(&Product::of(&parts, grid)?, items)
        })
    }

    /// Reads all combinations into a slice, of as many elements.
    fn read_product(&self, product: &Product, dst: &mut [T]) -> Result<()> {
        let numbers: Vec<usize> = (0..product.nblocks()).collect();
        for numbers in numbers.chunks(BATCH) {
            let mut blocks: Vec<_> =
                numbers.iter().map(|&number| (product.block(number), Vec::new())).collect();
            self.visit_blocks(&mut blocks, |block: &ProductBlock<'_>, items, out: &mut Vec<T>| {
                block.for_each(&product.shape, |place, _| out.push(items[place]));
            })?;
            for (block, items) in blocks {
                let mut number = 0;
                block.for_each(&product.shape, |_, position| {
                    dst[position] = items[number];
                    number += 1;
                });
            }
        }
        Ok(())
    }

    /// Overwrites the elements at all combinations of some indices of each axis, with as many in C
    /// order.
    ///
    /// # Errors
    /// As [`read_orthogonal`](Self::read_orthogonal);
    /// [`RepeatedIndex`](InvalidArgument::RepeatedIndex) for one that occurs twice in an axis,
    /// [`LengthMismatch`](InvalidArgument::LengthMismatch) for another number of elements;
    /// [`Error::Codec`]. The array is then as it was.
    pub fn write_orthogonal(&mut self, axes: &[AxisIndices], items: &[T]) -> Result<()> {
        let product = Product::unique(axes, self.raw().grid())?;
        check_len(product.shape.nitems(), items.len())?;
        self.write_product(&product, items)
    }

    /// As [`write_orthogonal`](Self::write_orthogonal), from an array or a view of any strides, as long
    /// along each axis as it has indices. A view that is not contiguous takes memory for its elements
    /// once more.
    ///
    /// # Errors
    /// As [`write_orthogonal`](Self::write_orthogonal), but for
    /// [`ShapeMismatch`](InvalidArgument::ShapeMismatch) in place of `LengthMismatch`.
    #[cfg(feature = "ndarray")]
    pub fn write_orthogonal_ndarray<D: ndarray::Dimension>(
        &mut self,
        axes: &[AxisIndices],
        src: &ndarray::ArrayRef<T, D>,
    ) -> Result<()> {
        let product = Product::unique(axes, self.raw().grid())?;
        check_shape(&product.shape, src.shape())?;
        match src.as_slice() {
            Some(items) => self.write_product(&product, items),
            None => {
                let mut items = zeroed(product.shape.nitems())?;
                items.iter_mut().zip(src).for_each(|(item, src)| *item = *src);
                self.write_product(&product, &items)
            }
        }
    }

    /// Overwrites all combinations, none of which occurs twice, with as many elements.
    fn write_product(&mut self, product: &Product, items: &[T]) -> Result<()> {
        let grid = product.grid;
        let blocks = (0..product.nblocks()).map(|number| product.block(number));
        let blocks: BTreeMap<Vec<usize>, ProductBlock<'_>> =
            blocks.map(|block| (block.region.start().to_vec(), block)).collect();
        let chunks = blocks.values().map(|block| grid.chunk_at(block.region.start()).0).collect();
        self.edit_picked(
            chunks,
            |start| blocks.get(start),
            |block, out| {
                block.for_each(&product.shape, |place, position| out[place] = items[position]);
            },
        )
    }

    /// Decodes each of these blocks, and collects what `f` takes of it.
    fn visit_blocks<B: Picked + Send>(
        &self,
        blocks: &mut [(B, Vec<T>)],
        f: impl Fn(&B, &[T], &mut Vec<T>) + Sync,
    ) -> Result<()> {
        let raw = self.raw();
        for_each(blocks, raw.grid().block_nbytes(), &|(block, out): &mut (B, Vec<T>)| {
            let region = block.region();
            with_unspecified(region.shape().nitems(), |items: &mut [T]| {
                lend_items(items, *region.shape(), |view| raw.read(&region.into(), view))?;
                f(block, items, out);
                Ok(())
            })
        })
    }

    /// Changes the blocks of these chunks of which `picked`, by where they begin, has something.
    fn edit_picked<'p, B: Sync + 'p>(
        &mut self,
        chunks: BTreeSet<usize>,
        picked: impl Fn(&[usize]) -> Option<&'p B> + Sync,
        f: impl Fn(&B, &mut [T]) + Sync,
    ) -> Result<()> {
        let chunks: Vec<usize> = chunks.into_iter().collect();
        self.try_edit_some_blocks(
            &chunks,
            |region| picked(region.start()).is_some(),
            |_, _| Ok(None),
            |region, items| {
                if let Some(block) = picked(region.start()) {
                    f(block, items);
                }
                Ok::<(), Error>(())
            },
        )
    }

    /// The points of each block that has some, by chunk and block.
    fn places<P: AsRef<[usize]>>(
        &self,
        points: &[P],
    ) -> Result<BTreeMap<(usize, usize), PickedBlock>> {
        let grid = self.raw().grid();
        let mut blocks = BTreeMap::new();
        for (position, point) in points.iter().enumerate() {
            let point = point.as_ref();
            check_index(point, grid.shape())?;
            let index = grid.shape().map(|axis| point[axis]);
            let (chunk, origin) = grid.chunk_at(&index);
            let local = index.map(|axis| index[axis] - origin[axis]);
            let (block, _) = grid.block_at(&local);
            let picked = blocks.entry((chunk, block)).or_insert_with(|| {
                let extent = grid.chunk_region(chunk);
                let region = grid.block_region(block, extent.shape()).moved_by(&origin);
                PickedBlock { region, points: Vec::new() }
            });
            let start = picked.region.start();
            let place = index.map(|axis| index[axis] - start[axis]);
            picked.points.push((picked.region.shape().ravel(&place), position));
        }
        Ok(blocks)
    }
}

/// What is wanted of a block.
trait Picked {
    /// The block's elements, in the coordinates of the array.
    fn region(&self) -> &Region;
}

/// Points in a block.
struct PickedBlock {
    region: Region,
    /// Their places in the block, and in the order in which they were asked for.
    points: Vec<(usize, usize)>,
}

impl Picked for PickedBlock {
    fn region(&self) -> &Region {
        &self.region
    }
}

/// All combinations of indices.
struct Product {
    grid: Grid,
    /// Along each axis the blocks that have any of the indices, in order.
    axes: Vec<Vec<AxisBlock>>,
    /// Numbers of indices.
    shape: Shape,
    /// Blocks along each axis.
    blocks: Shape,
}

/// Indices of one axis that lie in the same blocks.
struct AxisBlock {
    /// Numbers of chunk and block along the axis.
    chunk: usize,
    block: usize,
    /// Counted from the block's first one, and their places in the list.
    indices: Vec<(usize, usize)>,
}

/// The indices along each axis of an array, counted from its start.
fn resolve_axes(axes: &[AxisIndices], grid: &Grid) -> Result<Vec<Vec<usize>>> {
    let (expected, found) = (grid.shape().ndim(), axes.len());
    if expected != found {
        return Err(InvalidArgument::NdimMismatch { expected, found }.into());
    }
    let axes = axes.iter().zip(&**grid.shape()).enumerate();
    axes.map(|(axis, (indices, &len))| indices.resolved(axis, len)).collect()
}

impl Product {
    fn new(axes: &[AxisIndices], grid: &Grid) -> Result<Self> {
        Self::of(&resolve_axes(axes, grid)?, grid)
    }

    /// The same, if none occurs twice.
    fn unique(axes: &[AxisIndices], grid: &Grid) -> Result<Self> {
        let product = Self::new(axes, grid)?;
        product.check_unique()?;
        Ok(product)
    }

    /// All combinations of indices that exist, along as many axes as the array has.
    fn of(lists: &[impl AsRef<[usize]>], grid: &Grid) -> Result<Self> {
        let (mut all, mut shape) = (Vec::with_capacity(lists.len()), *grid.shape());
        for (axis, indices) in lists.iter().enumerate() {
            let indices = indices.as_ref();
            shape = shape.with_len(axis, indices.len());
            let (chunk_len, block_len) = (grid.chunk_shape()[axis], grid.block_shape()[axis]);
            let mut blocks = BTreeMap::new();
            for (position, &index) in indices.iter().enumerate() {
                let key = (index / chunk_len, index % chunk_len / block_len);
                let place = index % chunk_len % block_len;
                blocks.entry(key).or_insert_with(Vec::new).push((place, position));
            }
            let blocks = blocks.into_iter();
            all.push(
                blocks
                    .map(|((chunk, block), indices)| AxisBlock { chunk, block, indices })
                    .collect::<Vec<_>>(),
            );
        }
        shape.nbytes(grid.itemsize())?;
        let blocks = shape.map(|axis| all[axis].len());
        Ok(Self { grid: *grid, axes: all, shape, blocks })
    }

    fn check_unique(&self) -> Result<()> {
        for (axis, blocks) in self.axes.iter().enumerate() {
            for AxisBlock { chunk, block, indices } in blocks {
                let mut places: Vec<usize> = indices.iter().map(|&(place, _)| place).collect();
                places.sort_unstable();
                if let Some(pair) = places.windows(2).find(|pair| pair[0] == pair[1]) {
                    let grid = &self.grid;
                    let index = chunk * grid.chunk_shape()[axis]
                        + block * grid.block_shape()[axis]
                        + pair[0];
                    return Err(InvalidArgument::RepeatedIndex { axis, index }.into());
                }
            }
        }
        Ok(())
    }

    fn nblocks(&self) -> usize {
        self.blocks.nitems()
    }

    fn block(&self, number: usize) -> ProductBlock<'_> {
        let position = self.blocks.unravel(number);
        let along = |axis: usize| &self.axes[axis][position[axis]];
        let (grid, shape) = (&self.grid, self.grid.shape());
        let chunk = grid.chunks().ravel(&shape.map(|axis| along(axis).chunk));
        let block = grid.blocks().ravel(&shape.map(|axis| along(axis).block));
        let extent = grid.chunk_region(chunk);
        let region = grid.block_region(block, extent.shape()).moved_by(extent.start());
        let indices = (0..shape.ndim()).map(|axis| &along(axis).indices[..]).collect();
        ProductBlock { region, indices }
    }
}

/// The combinations that lie in one block.
struct ProductBlock<'a> {
    region: Region,
    indices: Vec<&'a [(usize, usize)]>,
}

impl Picked for ProductBlock<'_> {
    fn region(&self) -> &Region {
        &self.region
    }
}

impl ProductBlock<'_> {
    /// Calls `f` with the place in the block of each combination, and that among all.
    fn for_each(&self, all: &Shape, mut f: impl FnMut(usize, usize)) {
        let (inner, outer) = (self.region.shape().strides(), all.strides());
        self.walk(0, (0, 0), &inner, &outer, &mut f);
    }

    fn walk(
        &self,
        axis: usize,
        at: (usize, usize),
        inner: &Shape,
        outer: &Shape,
        f: &mut impl FnMut(usize, usize),
    ) {
        let Some(indices) = self.indices.get(axis) else { return f(at.0, at.1) };
        for (place, position) in *indices {
            let at = (at.0 + place * inner[axis], at.1 + position * outer[axis]);
            self.walk(axis + 1, at, inner, outer, f);
        }
    }
}
