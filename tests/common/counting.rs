//! A codec that counts what it is asked for.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ndpress::codec::{BlockInfo, Encoded, Scratch};
use ndpress::{Codec, CodecError, CodecId, Lz4};

/// LZ4 under a number of its own. Clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct CountingCodec {
    encoded: Arc<AtomicUsize>,
    decoded: Arc<AtomicUsize>,
}

impl CountingCodec {
    /// Streams encoded since this was asked before.
    pub(crate) fn encoded(&self) -> usize {
        self.encoded.swap(0, Ordering::Relaxed)
    }

    /// Streams decoded since this was asked before.
    pub(crate) fn decoded(&self) -> usize {
        self.decoded.swap(0, Ordering::Relaxed)
    }
}

impl Codec for CountingCodec {
    fn id(&self) -> CodecId {
        CodecId::new(200)
    }

    fn encode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<Encoded, CodecError> {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        Lz4::default().encode(src, dst, block, scratch)
    }

    fn decode(
        &self,
        src: &[u8],
        dst: &mut [u8],
        block: &BlockInfo<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), CodecError> {
        self.decoded.fetch_add(1, Ordering::Relaxed);
        Lz4::default().decode(src, dst, block, scratch)
    }
}
