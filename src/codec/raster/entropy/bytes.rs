//! Bytes of any kind, without regard to their order: dictionaries, masks, what an LZ codec leaves.
//!
//! ```text
//! coding  u8    0: as they are, 1: all the same, 2, 3: by their distribution, with 16 or 64 lanes
//! 0:            the bytes
//! 1:            one of them
//! 2, 3:         levels, states, words; each lane carries 2 bytes, which are not coded
//! ```

use super::super::stream::Reader;
use super::Workspace;
use super::decoder::Decoder;
use super::distribution::{Levels, NSYMBOLS};
use super::encoder::{Codes, Encoder};
use crate::arch::Isa;
use crate::arch::raster_entropy::{Lanes, Model, ORDER_0_BITS};
use crate::codec::CodecError;

const STORED: u8 = 0;
const CONSTANT: u8 = 1;
const CODED_FEW: u8 = 2;
const CODED_MANY: u8 = 3;

/// Appends `bytes`: at most one byte more than they are.
pub(in super::super) fn encode(bytes: &[u8], out: &mut Vec<u8>, workspace: &mut Workspace) {
    if let Some(&first) = bytes.first()
        && bytes.iter().all(|&byte| byte == first)
    {
        out.extend([CONSTANT, first]);
        return;
    }
    if !coded(bytes, out, workspace) {
        out.push(STORED);
        out.extend_from_slice(bytes);
    }
}

/// Appends `bytes` by their distribution, if that is shorter.
fn coded(bytes: &[u8], out: &mut Vec<u8>, workspace: &mut Workspace) -> bool {
    let mut counts = [0; NSYMBOLS];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let levels = Levels::nearest(&counts);
    let Ok(distribution) = levels.distribution(ORDER_0_BITS) else { return false };
    let codes = Codes::new(&distribution);
    let encoder = Encoder::best(bytes, &mut workspace.words, |encoder| {
        encoder.run(bytes.get(encoder.ncarried()..).unwrap_or_default(), |_| &codes);
    });
    if bytes.len() < encoder.ncarried() || levels.nbytes() + encoder.nbytes() >= bytes.len() {
        return false;
    }
    out.push(if encoder.has_many_lanes() { CODED_MANY } else { CODED_FEW });
    levels.write(out);
    encoder.finish(out);
    true
}

/// Fills `dst` from the section that is all of `section`.
pub(in super::super) fn decode(
    isa: Isa,
    section: &[u8],
    dst: &mut [u8],
    workspace: &mut Workspace,
) -> Result<(), CodecError> {
    const LENGTH: CodecError = CodecError::Corrupt { reason: "bytes of another length" };
    let mut reader = Reader::new(section);
    match reader.byte()? {
        STORED if reader.rest().len() == dst.len() => dst.copy_from_slice(reader.rest()),
        CONSTANT if reader.rest().len() == 1 => dst.fill(reader.byte()?),
        coding @ (CODED_FEW | CODED_MANY) => {
            let levels = Levels::read(&mut reader)?;
            levels.distribution(ORDER_0_BITS)?.fill(&mut workspace.slots[..]);
            let lanes = if coding == CODED_MANY { Lanes::many() } else { Lanes::few() };
            let mut decoder = Decoder::new(isa, lanes, reader)?;
            let (carried, coded) = dst.split_at_mut_checked(decoder.ncarried()).ok_or(LENGTH)?;
            decoder.run(&workspace.slots, Model::Single, coded)?;
            if !decoder.finish(carried)?.is_empty() {
                return Err(LENGTH);
            }
        }
        STORED | CONSTANT => return Err(LENGTH),
        _ => return Err(CodecError::Corrupt { reason: "no such coding of bytes" }),
    }
    Ok(())
}
