//! What zstd keeps between calls.

use std::io;

use zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd_safe::{CCtx, CDict, DCtx, DDict, ErrorCode, get_error_name};

use crate::codec::{CodecError, Encoded};

/// One of each, made on first use.
#[derive(Default)]
pub(super) struct Contexts {
    compressor: Option<CCtx<'static>>,
    decompressor: Option<DCtx<'static>>,
    compressor_dictionary: Digest<i32, CDict<'static>>,
    decompressor_dictionary: Digest<(), DDict<'static>>,
}

impl Contexts {
    /// One frame. Its level and all else is set by the call, nothing is left from the one before.
    pub(super) fn compress(
        &mut self,
        src: &[u8],
        dst: &mut [u8],
        dictionary: Option<&[u8]>,
        level: i32,
    ) -> Result<Encoded, CodecError> {
        let context = made(&mut self.compressor, CCtx::try_create)?;
        let written = match dictionary {
            None => context.compress(dst, src, level),
            Some(bytes) => {
                let make = || CDict::try_create(bytes, level);
                let digested = self.compressor_dictionary.of(bytes, level, make)?;
                context.compress_using_cdict(dst, src, digested)
            }
        };
        match written {
            Ok(len) => Ok(Encoded::Len(len)),
            Err(code) if is(code, ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall) => {
                Ok(Encoded::DoesNotFit)
            }
            Err(code) if is(code, ZSTD_ErrorCode::ZSTD_error_memory_allocation) => {
                Err(out_of_memory())
            }
            Err(code) => Err(CodecError::Unsupported { reason: get_error_name(code) }),
        }
    }

    /// All frames there are in `src`. In one call, so that no memory is taken for a window.
    pub(super) fn decompress(
        &mut self,
        src: &[u8],
        dst: &mut [u8],
        dictionary: Option<&[u8]>,
    ) -> Result<(), CodecError> {
        let context = made(&mut self.decompressor, DCtx::try_create)?;
        let written = match dictionary {
            None => context.decompress(dst, src),
            Some(bytes) => {
                let make = || DDict::try_create(bytes);
                let digested = self.decompressor_dictionary.of(bytes, (), make)?;
                context.decompress_using_ddict(dst, src, digested)
            }
        };
        match written {
            Ok(len) if len == dst.len() => Ok(()),
            Ok(_) => Err(CodecError::Truncated),
            Err(code) => Err(decode_error(code, dictionary.is_some())),
        }
    }
}

fn decode_error(code: ErrorCode, has_dictionary: bool) -> CodecError {
    if is(code, ZSTD_ErrorCode::ZSTD_error_srcSize_wrong) {
        CodecError::Truncated
    } else if is(code, ZSTD_ErrorCode::ZSTD_error_dictionary_wrong) && !has_dictionary {
        CodecError::DictionaryMissing
    } else if is(code, ZSTD_ErrorCode::ZSTD_error_memory_allocation) {
        out_of_memory()
    } else {
        CodecError::Corrupt { reason: get_error_name(code) }
    }
}

/// zstd's functions answer an error as its number below zero, wrapped.
fn is(code: ErrorCode, error: ZSTD_ErrorCode) -> bool {
    code == 0_usize.wrapping_sub(error as usize)
}

fn out_of_memory() -> CodecError {
    CodecError::External(Box::new(io::Error::from(io::ErrorKind::OutOfMemory)))
}

fn made<T>(slot: &mut Option<T>, make: impl FnOnce() -> Option<T>) -> Result<&mut T, CodecError> {
    if slot.is_none() {
        *slot = make();
    }
    slot.as_mut().ok_or_else(out_of_memory)
}

/// The last dictionary, ready for use: all streams of a chunk have the same one, and comparing its
/// bytes costs far less than digesting them.
struct Digest<K, T> {
    bytes: Vec<u8>,
    made: Option<(K, T)>,
}

impl<K, T> Default for Digest<K, T> {
    fn default() -> Self {
        Self { bytes: Vec::new(), made: None }
    }
}

impl<K: PartialEq, T> Digest<K, T> {
    fn of(
        &mut self,
        bytes: &[u8],
        key: K,
        make: impl FnOnce() -> Option<T>,
    ) -> Result<&T, CodecError> {
        if !matches!(&self.made, Some((known, _)) if *known == key && self.bytes == bytes) {
            self.made = make().map(|made| (key, made));
            self.bytes.clear();
            self.bytes.extend_from_slice(bytes);
        }
        let made = self.made.as_ref().map(|(_, made)| made);
        made.ok_or(CodecError::Corrupt { reason: "dictionary is damaged" })
    }
}
