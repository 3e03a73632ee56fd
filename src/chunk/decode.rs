//! Reading chunks: all blocks, one, or those under a range of bytes.

use std::ops::{ControlFlow, Range};
use std::sync::OnceLock;

use super::header::{Header, Payload};
use super::{ChunkLayout, read_i32, special};
use crate::block::scratch::{BlockScratch, with_block_scratch, with_buffer};
use crate::block::{BlockCoding, BlockPlace, Pipeline};
use crate::codec::Band;
use crate::dtype::DType;
use crate::error::{Corruption, Error, InvalidArgument, Result, check_len};
use crate::filter::FilterId;
use crate::limits::Limits;
use crate::parallel;
use crate::registry::Registry;

/// C-Blosc2's bound on the size of a dictionary, in bytes.
const MAX_DICTIONARY_NBYTES: usize = 32 << 10;

/// About the length of the bands of a chunk whose value is no element.
const CONSTANT_BAND_NBYTES: usize = 4 << 10;

/// Decodes one chunk, again and again: codec and filters are looked up once.
///
/// Made by [`Chunk::decoder`](super::Chunk::decoder). May be used by several threads at once.
#[derive(Debug)]
pub struct ChunkDecoder<'a> {
    header: &'a Header,
    starts: Option<&'a [u32]>,
    bytes: &'a [u8],
    /// Only for chunks that have blocks.
    coding: Option<BlockCoding<'a>>,
    dtype: DType,
    /// Lengths per axis of each block, when the chunk belongs to an array.
    block_shape: Option<&'a [usize]>,
    /// The raw first block, for filters that need it.
    reference: OnceLock<Vec<u8>>,
}

impl<'a> ChunkDecoder<'a> {
    pub(super) fn new(
        header: &'a Header,
        starts: Option<&'a [u32]>,
        bytes: &'a [u8],
        registry: &'a Registry,
    ) -> Result<Self> {
        let coding = match header.payload {
            Payload::Stored | Payload::Special(_) => None,
            Payload::Blocks | Payload::Variable { .. } => Some(coding(header, bytes, registry)?),
        };
        let dtype = DType::of_typesize(header.typesize)?;
        let reference = OnceLock::new();
        Ok(Self { header, starts, bytes, coding, dtype, block_shape: None, reference })
    }

    /// The same, for a chunk that an array has cut like this: its codec is told so.
    pub(super) fn with_layout(self, layout: &ChunkLayout<'a>) -> Self {
        let Header { nbytes, blocksize, .. } = *self.header;
        let is_same_cut = (nbytes, blocksize) == (layout.nbytes, layout.blocksize);
        if self.starts.is_some() || !is_same_cut {
            return self;
        }
        Self { dtype: layout.dtype, block_shape: Some(layout.block_shape), ..self }
    }

    /// The bytes that repeat in a [special](super::Chunk::special) chunk: nothing has to be
    /// decoded. A single 0 stands for zeros of any width.
    #[must_use]
    pub fn constant(&self) -> Option<&'a [u8]> {
        match self.header.payload {
            Payload::Special(kind) => Some(special::value(kind, self.header, self.bytes)),
            _ => None,
        }
    }

    /// The bytes of a block of a [stored](super::Chunk::is_stored) chunk: nothing has to be
    /// decoded.
    #[must_use]
    pub fn stored_block(&self, block: usize) -> Option<&'a [u8]> {
        if self.header.payload != Payload::Stored || block >= self.header.nblocks() {
            return None;
        }
        let Range { start, end } = self.block_range(block);
        Some(&self.bytes[self.header.len + start..self.header.len + end])
    }

    /// Uncompressed bytes of the chunk.
    pub(crate) fn nbytes(&self) -> usize {
        self.header.nbytes
    }

    /// Whether the chunk is cut into blocks of this size, but for the last; any are, where all
    /// elements are the same.
    pub(crate) fn has_blocksize(&self, nbytes: usize) -> bool {
        let is_constant = matches!(self.header.payload, Payload::Special(_));
        is_constant || self.starts.is_none() && self.header.blocksize == nbytes
    }

    /// Decompresses block `block` into `dst`, which is as long as the block.
    ///
    /// Uses scratch memory of the thread, about two blocks.
    ///
    /// # Errors
    /// [`InvalidArgument::IndexOutOfBounds`], [`InvalidArgument::LengthMismatch`];
    /// [`Error::Corrupt`] naming the block. What `dst` holds after an error is unspecified.
    pub fn block_into(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        self.header.check_block(block)?;
        let range = self.block_range(block);
        check_len(range.len(), dst.len())?;
        match &self.coding {
            None => self.copy_range(range, dst),
            Some(coding) => {
                self.decode_block(coding, block, dst).map_err(|error| error.in_block(block))?;
            }
        }
        Ok(())
    }

    /// Decompresses a block as an array has cut it, of `dst.len()` bytes, from a chunk that need not
    /// be cut so. What lies behind the chunk's end, which is padding, is zero.
    pub(crate) fn padded_block_into(&self, block: usize, dst: &mut [u8]) -> Result<()> {
        let start = block * dst.len();
        let (held, padding) = dst.split_at_mut(dst.len().min(self.nbytes().saturating_sub(start)));
        padding.fill(0);
        if held.is_empty() { Ok(()) } else { self.range_into(start..start + held.len(), held) }
    }

    /// Decompresses block `block`, and hands its bytes to `visit` band by band, in order, until that
    /// answers [`ControlFlow::Break`].
    ///
    /// A band is met while it is in the cache: a sum or a histogram takes the time of decoding
    /// alone, and nothing is written to memory but a buffer of the thread. How long bands are is up
    /// to the codec, commonly a few KiB, or the whole block. They are of whole elements, unless the
    /// chunk is cut into blocks that are not. The bytes of [stored](super::Chunk::is_stored) chunks
    /// and blocks are lent from where they lie; of constant ones, the element and its count.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use ndpress::codec::Band;
    /// use ndpress::{Chunk, ChunkOptions, Registry};
    ///
    /// let heights: Vec<u8> = (0..100_000u32).flat_map(|i| (i / 9).to_le_bytes()).collect();
    /// let chunk = Chunk::encode(&heights, 4, &ChunkOptions::new())?;
    ///
    /// let height = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    /// let (registry, mut sum) = (Registry::default(), 0);
    /// let decoder = chunk.decoder(&registry)?;
    /// for block in 0..chunk.nblocks() {
    ///     decoder.visit_block(block, |band| {
    ///         sum += match band {
    ///             Band::Bytes(bytes) => bytes.as_chunks().0.iter().map(height).sum(),
    ///             Band::Repeated { value, count } => {
    ///                 value.as_chunks().0.iter().map(height).sum::<u64>() * count as u64
    ///             }
    ///         };
    ///         ControlFlow::Continue(())
    ///     })?;
    /// }
    /// assert_eq!(sum, (0..100_000).map(|i| i / 9).sum());
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidArgument::IndexOutOfBounds`]; [`Error::Corrupt`] naming the block, after some of
    /// its bands or none. What is damaged behind the band that `visit` broke off at may go
    /// unnoticed.
    pub fn visit_block(
        &self,
        block: usize,
        mut visit: impl FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.header.check_block(block)?;
        match &self.coding {
            Some(coding) => {
                let visited = self.visit_coded(coding, block, &mut visit);
                visited.map_err(|error| error.in_block(block))?;
            }
            None => self.visit_uncoded(self.block_range(block), &mut visit),
        }
        Ok(())
    }

    /// Decompresses a range of the chunk's uncompressed bytes into `dst`, which is as long. Only
    /// the blocks that hold them are decoded, in parallel.
    ///
    /// # Errors
    /// [`InvalidArgument::RegionOutOfBounds`], [`InvalidArgument::LengthMismatch`];
    /// [`Error::Corrupt`] naming the block. What `dst` holds after an error is unspecified.
    pub fn range_into(&self, range: Range<usize>, dst: &mut [u8]) -> Result<()> {
        let Range { start, end } = range;
        let len = self.header.nbytes;
        if start > end || end > len {
            return Err(InvalidArgument::RegionOutOfBounds { axis: 0, start, end, len }.into());
        }
        check_len(end - start, dst.len())?;
        if self.coding.is_none() {
            self.copy_range(start..end, dst);
            Ok(())
        } else {
            self.decode_range(start..end, dst)
        }
    }

    /// Cuts the range in two at a block boundary until a part lies within one block.
    fn decode_range(&self, range: Range<usize>, dst: &mut [u8]) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let (first, last) = (self.block_at(range.start), self.block_at(range.end - 1));
        if first == last {
            return self.decode_within(first, range, dst);
        }
        let cut = self.block_range(first + (last - first).div_ceil(2)).start;
        let (low, high) = dst.split_at_mut(cut - range.start);
        let (low, high) = parallel::join(
            range.len(),
            || self.decode_range(range.start..cut, low),
            || self.decode_range(cut..range.end, high),
        );
        low.and(high)
    }

    /// Decodes a range that lies in one block.
    fn decode_within(&self, block: usize, range: Range<usize>, dst: &mut [u8]) -> Result<()> {
        let whole = self.block_range(block);
        if whole == range {
            return self.block_into(block, dst);
        }
        let mut at = whole.start;
        self.visit_block(block, |band| {
            let (band_start, band_end) = (at, at + band.nbytes());
            at = band_end;
            let (start, end) = (range.start.max(band_start), range.end.min(band_end));
            if start < end {
                let dst = &mut dst[start - range.start..end - range.start];
                let skipped = start - band_start;
                match band {
                    Band::Bytes(bytes) => dst.copy_from_slice(&bytes[skipped..][..dst.len()]),
                    Band::Repeated { value, .. } => special::fill_repeating(dst, value, skipped),
                }
            }
            if band_end < range.end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    }

    fn decode_block(&self, coding: &BlockCoding<'a>, block: usize, dst: &mut [u8]) -> Result<()> {
        self.with_place(coding, block, |place, scratch| match self.header.payload {
            Payload::Variable { .. } => {
                let extent = self.variable_extent(block)?;
                coding.decode_bare(&self.bytes[extent], place, dst, scratch)
            }
            _ => coding.decode(&self.bytes[self.block_start(block)?..], place, dst, scratch),
        })
    }

    fn visit_coded(
        &self,
        coding: &BlockCoding<'a>,
        block: usize,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let nbytes = self.block_range(block).len();
        if let Payload::Variable { .. } = self.header.payload {
            return with_buffer(nbytes, |buffer| {
                self.decode_block(coding, block, buffer)?;
                let _ = visit(Band::Bytes(buffer));
                Ok(())
            });
        }
        let src = &self.bytes[self.block_start(block)?..];
        self.with_place(coding, block, |place, scratch| {
            coding.visit(src, place, nbytes, scratch, visit)
        })
    }

    /// Lends a block of a chunk without streams as its only band.
    fn visit_uncoded(
        &self,
        range: Range<usize>,
        visit: &mut dyn FnMut(Band<'_>) -> ControlFlow<()>,
    ) {
        let Some(value) = self.constant() else {
            let at = self.header.len + range.start;
            let _ = visit(Band::Bytes(&self.bytes[at..at + range.len()]));
            return;
        };
        let itemsize = self.dtype.itemsize();
        let is_whole = range.start.is_multiple_of(itemsize) && range.len().is_multiple_of(itemsize);
        if is_whole && itemsize.is_multiple_of(value.len()) {
            return with_buffer(itemsize, |element| {
                special::fill_repeating(element, value, 0);
                let _ = visit(Band::Repeated { value: element, count: range.len() / itemsize });
            });
        }
        // Headers may cut elements, or repeat what is no element. Then the bands are all alike.
        let period = itemsize.saturating_mul(value.len());
        let len = period.saturating_mul(CONSTANT_BAND_NBYTES.div_ceil(period)).min(range.len());
        with_buffer(len, |buffer| {
            special::fill_repeating(buffer, value, range.start);
            let mut bands =
                range.clone().step_by(len).map(|start| &buffer[..len.min(range.end - start)]);
            let _ = bands.try_for_each(|band| visit(Band::Bytes(band)));
        });
    }

    /// Calls `f` with what the block layer has to know about a block with streams.
    fn with_place<R>(
        &self,
        coding: &BlockCoding<'a>,
        block: usize,
        f: impl FnOnce(&BlockPlace<'_>, &mut BlockScratch) -> Result<R>,
    ) -> Result<R> {
        // C-Blosc2 filters each block of variable length as if it were the first of its chunk.
        let depends_on_first = block != 0 && self.starts.is_none();
        let needs_reference = coding.pipeline.needs_reference() && depends_on_first;
        let reference = if needs_reference { Some(self.reference()?) } else { None };
        let nbytes = self.block_range(block).len();
        let nitems = [nbytes / self.dtype.itemsize()];
        let place = self.place(block, nbytes, reference, &nitems);
        with_block_scratch(|scratch| f(&place, scratch))
    }

    fn place<'b>(
        &self,
        block: usize,
        nbytes: usize,
        reference: Option<&'b [u8]>,
        nitems: &'b [usize; 1],
    ) -> BlockPlace<'b>
    where
        'a: 'b,
    {
        let is_leftover = self.starts.is_none() && nbytes < self.header.blocksize;
        debug_assert!(!is_leftover || block + 1 == self.header.nblocks());
        let shape: &[usize] = match self.block_shape {
            Some(shape) if !is_leftover => shape,
            _ if nbytes.is_multiple_of(self.dtype.itemsize()) => nitems,
            _ => &[],
        };
        BlockPlace { is_leftover, reference, dtype: self.dtype, shape }
    }

    /// The raw bytes of the first block, decoded when first asked for.
    pub(super) fn reference(&self) -> Result<&[u8]> {
        if let Some(reference) = self.reference.get() {
            return Ok(reference);
        }
        // Threads that come at the same time decode the same bytes; one of them stays.
        let mut first = vec![0; self.block_range(0).len()];
        self.block_into(0, &mut first)?;
        Ok(self.reference.get_or_init(|| first))
    }

    /// The compressed bytes of a block with equal-sized neighbours.
    pub(super) fn encoded_block(&self, block: usize) -> Result<&'a [u8]> {
        let Some(coding) = &self.coding else { return Ok(&[]) };
        let nbytes = self.block_range(block).len();
        let rest = &self.bytes[self.block_start(block)?..];
        let len = coding.encoded_len(rest, &self.place(block, nbytes, None, &[0]), nbytes);
        Ok(&rest[..len.map_err(|error| error.in_block(block))?])
    }

    fn copy_range(&self, range: Range<usize>, dst: &mut [u8]) {
        match self.constant() {
            Some(value) => special::fill_repeating(dst, value, range.start),
            None => {
                let at = self.header.len + range.start;
                dst.copy_from_slice(&self.bytes[at..at + range.len()]);
            }
        }
    }

    /// The uncompressed bytes of a block that exists.
    fn block_range(&self, block: usize) -> Range<usize> {
        self.header.block_range(self.starts, block)
    }

    /// The block that holds an uncompressed byte.
    fn block_at(&self, position: usize) -> usize {
        match self.starts {
            Some(starts) => starts.partition_point(|&start| start as usize <= position) - 1,
            None => position / self.header.blocksize,
        }
    }

    fn block_start(&self, block: usize) -> Result<usize> {
        let offset = read_i32(self.bytes, self.header.len + 4 * block)?;
        let (min, max) = (self.header.table_end(), self.bytes.len());
        match usize::try_from(offset) {
            Ok(start) if (min..max).contains(&start) => Ok(start),
            _ => {
                let offset = offset.into();
                Err(Error::corrupt(Corruption::BlockOffset { offset, min, max }))
            }
        }
    }

    /// The compressed bytes of a block of its own length, without the length in front.
    fn variable_extent(&self, block: usize) -> Result<Range<usize>> {
        let start = self.block_start(block)?;
        let is_last = block + 1 == self.header.nblocks();
        let end = if is_last { self.bytes.len() } else { self.block_start(block + 1)? };
        Ok(start + 4..end)
    }
}

/// Looks up what the header names.
fn coding<'a>(header: &Header, bytes: &'a [u8], registry: &'a Registry) -> Result<BlockCoding<'a>> {
    let (blocksize, typesize) = (header.blocksize, header.typesize);
    if header.is_split && !blocksize.is_multiple_of(typesize) {
        let (field, value, rule) =
            ("blocksize", blocksize as i64, "split blocks are whole elements");
        return Err(Error::corrupt(Corruption::Header { field, value, rule }));
    }
    let mut pipeline = Pipeline::new(typesize, header.version);
    for (id, meta) in header.filters.into_iter().filter(|&(id, _)| id != 0) {
        pipeline.push(registry.filter(FilterId::new(id))?.as_ref(), meta);
    }
    Ok(BlockCoding {
        codec: registry.codec(header.codec)?.as_ref(),
        pipeline,
        nstreams: if header.is_split { typesize } else { 1 },
        runs: true,
        dictionary: dictionary(header, bytes)?,
        codec_meta: header.codec_meta,
    })
}

/// The dictionary that follows the table of block offsets.
fn dictionary<'a>(header: &Header, bytes: &'a [u8]) -> Result<Option<&'a [u8]>> {
    if !header.has_dictionary {
        return Ok(None);
    }
    let at = header.table_end();
    let (length, max) = (read_i32(bytes, at)?, MAX_DICTIONARY_NBYTES);
    let dictionary = usize::try_from(length)
        .ok()
        .filter(|len| (1..=max).contains(len))
        .and_then(|len| bytes.get(at + 4..at + 4 + len));
    let length = length.into();
    dictionary.map(Some).ok_or_else(|| Error::corrupt(Corruption::DictionaryLength { length, max }))
}

/// Checks that the table of block offsets is there.
pub(super) fn check_table(header: &Header, bytes: &[u8]) -> Result<()> {
    let available = header.cbytes.min(bytes.len());
    if header.table_end() > available {
        let length = 4 * header.nblocks() as i64;
        let available = available - header.len;
        return Err(Error::corrupt(Corruption::StreamLength { length, available }));
    }
    Ok(())
}

/// The size of the blocks, where a header lies about it.
///
/// C-Blosc2 rounds a block size that is no multiple of the typesize down before it cuts the
/// blocks, but writes the size that was asked for. The table of offsets gives it away: the first
/// block begins where the table ends.
pub(super) fn true_blocksize(header: &Header, bytes: &[u8]) -> usize {
    let (blocksize, typesize) = (header.blocksize, header.typesize);
    if blocksize.is_multiple_of(typesize) || blocksize < typesize {
        return blocksize;
    }
    let rounded = Header { blocksize: blocksize / typesize * typesize, ..*header };
    let lowest = (0..header.nblocks())
        .filter_map(|block| read_i32(bytes, header.len + 4 * block).ok())
        .min()
        .and_then(|lowest| usize::try_from(lowest).ok());
    let is_written = lowest == Some(header.table_end());
    // With as many blocks either way, the table does not tell. Nobody but C-Blosc2 writes such a
    // size, so it is the rounded one, unless one block is the whole chunk.
    let is_rounded = lowest == Some(rounded.table_end()) && header.nblocks() > 1;
    if is_rounded || !is_written { rounded.blocksize } else { blocksize }
}

/// Where blocks of different lengths start in the uncompressed bytes; the last entry is the end.
pub(super) fn variable_starts(
    header: &Header,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Box<[u32]>> {
    check_table(header, bytes)?;
    let bytes = &bytes[..header.cbytes];
    let nblocks = header.nblocks();
    let mut min = header.table_end();
    let mut starts = Vec::with_capacity(nblocks + 1);
    let mut total = 0;
    for block in 0..nblocks {
        let offset = read_i32(bytes, header.len + 4 * block)?;
        let max = bytes.len().saturating_sub(4);
        let start = usize::try_from(offset).ok().filter(|start| (min..max).contains(start));
        let offset = i64::from(offset);
        let start =
            start.ok_or_else(|| Error::corrupt(Corruption::BlockOffset { offset, min, max }))?;
        let length = i64::from(read_i32(bytes, start)?);
        let available = header.nbytes - total;
        let nbytes = usize::try_from(length).ok().filter(|len| (1..=available).contains(len));
        let nbytes =
            nbytes.ok_or_else(|| Error::corrupt(Corruption::StreamLength { length, available }))?;
        limits.check_block(nbytes)?;
        starts.push(total as u32);
        total += nbytes;
        // The length in front, and at least one byte.
        min = start + 5;
    }
    if total != header.nbytes {
        let (length, available) = (header.nbytes as i64, total);
        return Err(Error::corrupt(Corruption::StreamLength { length, available }));
    }
    starts.push(total as u32);
    Ok(starts.into_boxed_slice())
}
