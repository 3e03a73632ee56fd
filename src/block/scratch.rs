//! Buffers that each thread keeps between blocks.

use std::cell::RefCell;

use crate::codec::Scratch;

/// What one thread needs to work on one block.
#[derive(Debug, Default)]
pub(crate) struct BlockScratch {
    /// Holds a block between two filters, or between the codec and a filter.
    pub(crate) front: Vec<u8>,
    /// The other side of a pair of filters.
    pub(crate) back: Vec<u8>,
    /// The codec's own memory.
    pub(crate) codec: Scratch,
}

thread_local! {
    /// A stack, since work on one block can start inside work on another: a source that decodes,
    /// or a rayon worker that takes other work while it waits.
    static BLOCK_SCRATCH: RefCell<Vec<BlockScratch>> = const { RefCell::new(Vec::new()) };
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers above this size are given back to the allocator, so that one huge block does not stay
/// in memory for ever.
const MAX_KEPT_NBYTES: usize = 16 << 20;

/// Lends this thread's block scratch to `f`.
pub(crate) fn with_block_scratch<R>(f: impl FnOnce(&mut BlockScratch) -> R) -> R {
    let taken = BLOCK_SCRATCH.with_borrow_mut(Vec::pop);
    let mut scratch = taken.unwrap_or_default();
    let result = f(&mut scratch);
    for buffer in [&mut scratch.front, &mut scratch.back] {
        if buffer.capacity() > MAX_KEPT_NBYTES {
            *buffer = Vec::new();
        }
    }
    BLOCK_SCRATCH.with_borrow_mut(|stack| stack.push(scratch));
    result
}

/// Lends a buffer of `len` bytes of unspecified content to `f`.
pub(crate) fn with_buffer<R>(len: usize, f: impl FnOnce(&mut [u8]) -> R) -> R {
    let mut buffer = take_buffer();
    let result = f(sized(&mut buffer, len));
    keep_buffer(buffer);
    result
}

// These two are compiled once; what is generic over the closure, once in each place that needs it.

fn take_buffer() -> Vec<u8> {
    BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default()
}

fn keep_buffer(buffer: Vec<u8>) {
    if buffer.capacity() <= MAX_KEPT_NBYTES {
        BUFFERS.with_borrow_mut(|stack| stack.push(buffer));
    }
}

/// The first `len` bytes of a buffer that only ever grows; their content is unspecified.
pub(crate) fn sized(buffer: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
    &mut buffer[..len]
}
