//! Reading what a frame is: header, table of chunks, trailer.

use std::path::Path;
use std::sync::Arc;

use super::checksums;
use super::header::{FIXED_LEN, FrameHeader, FrameKind};
use super::index::{self, Entry};
use super::read_at::{ReadAt, read};
use super::store::read_commit;
use super::trailer::{self, END_LEN, TrailerEnd};
use super::wire::invalid;
use crate::error::{Corrupt, Corruption, Error, Result};
use crate::limits::Limits;
use crate::metadata::Metalayers;

/// How often a frame is looked at whose writer is just changing the header.
const ATTEMPTS: usize = 3;

/// What a frame is, apart from the bytes of its chunks.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) header: FrameHeader,
    pub(super) metalayers: Metalayers,
    pub(super) vlmetalayers: Metalayers,
    pub(super) entries: Vec<Entry>,
    /// The header that should be there, where the one that is was not written whole.
    pub(super) repair: Option<Vec<u8>>,
}

impl State {
    /// Reads the state of a frame, or of the index of a sparse one.
    pub(super) fn read(bytes: &Arc<dyn ReadAt>, limits: &Limits) -> Result<Self> {
        let mut attempt = 0;
        loop {
            let state = Self::read_once(&**bytes, limits);
            attempt += 1;
            match state {
                Err(error) if attempt < ATTEMPTS && may_be_torn(&error) => {
                    // The writer left a copy of the header before it began with it.
                    if let Some(header) = read_commit(&**bytes)? {
                        let state = Self::with_header(&**bytes, &header, limits);
                        if let Ok(state) = state {
                            return Ok(Self { repair: Some(header), ..state });
                        }
                    }
                }
                state => return state,
            }
        }
    }

    fn read_once(bytes: &dyn ReadAt, limits: &Limits) -> Result<Self> {
        let available = bytes.nbytes()?;
        let fixed = read(bytes, 0..available.min(FIXED_LEN as u64))?;
        let header_len = FrameHeader::parse(&fixed, available, limits)?.header_len;
        let header = read(bytes, 0..header_len as u64)?;
        Self::with_header(bytes, &header, limits)
    }

    fn with_header(bytes: &dyn ReadAt, raw: &[u8], limits: &Limits) -> Result<Self> {
        let header = FrameHeader::parse(raw, bytes.nbytes()?, limits)?;
        let metalayers = FrameHeader::parse_metalayers(raw)?;
        let room = header.frame_len - header.header_len as u64;
        let end_at =
            header.frame_len.checked_sub(END_LEN as u64).filter(|_| room >= END_LEN as u64);
        let Some(end_at) = end_at else {
            return Err(invalid("frame_len", header.frame_len, "a trailer fits behind the header"));
        };
        let end = TrailerEnd::parse(&read(bytes, end_at..header.frame_len)?, room, limits)?;
        let trailer_at = header.frame_len - end.len as u64;
        let trailer = read(bytes, trailer_at..header.frame_len)?;
        let index = Self::read_index(bytes, &header, trailer_at, limits)?;
        trailer::check(&end, raw, &index, &trailer)?;
        let mut vlmetalayers = trailer::parse_vlmetalayers(&trailer, limits)?;
        let mut entries = match index.is_empty() {
            true => Vec::new(),
            false => index::parse(&index, &header, limits)?,
        };
        match end.fingerprint {
            Some(_) => checksums::apply(&mut vlmetalayers, &mut entries)?,
            // Another program has changed the frame since they were written, or made it.
            None => checksums::discard(&mut vlmetalayers),
        }
        Ok(Self { header, metalayers, vlmetalayers, entries, repair: None })
    }

    /// The table of chunks, compressed; nothing for no chunks.
    fn read_index<'a>(
        bytes: &'a dyn ReadAt,
        header: &FrameHeader,
        trailer_at: u64,
        limits: &Limits,
    ) -> Result<std::borrow::Cow<'a, [u8]>> {
        if header.nbytes == 0 {
            return Ok(Default::default());
        }
        let start = header.header_len as u64
            + match header.kind {
                FrameKind::Contiguous => header.cbytes,
                FrameKind::Sparse => 0,
            };
        if start > trailer_at {
            return Err(invalid("compressed_size", header.cbytes, "the table lies behind it"));
        }
        limits.check_frame((trailer_at - start) as usize)?;
        read(bytes, start..trailer_at)
    }
}

/// Whether an error may come from a header that is just being written.
fn may_be_torn(error: &Error) -> bool {
    match error {
        Error::Corrupt(Corrupt { cause, .. }) => {
            matches!(cause, Corruption::Frame { .. } | Corruption::Fingerprint)
                || matches!(cause, Corruption::Header { .. } | Corruption::StreamLength { .. })
        }
        Error::Truncated { .. } => true,
        _ => false,
    }
}

/// The state of what lies at `path`, read through `bytes`.
pub(super) fn read_state(
    bytes: &Arc<dyn ReadAt>,
    path: Option<&Path>,
    limits: &Limits,
) -> Result<State> {
    State::read(bytes, limits).map_err(|error| error.in_file(path))
}
