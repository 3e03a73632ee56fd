//! The entropy stage of dense streams.
//!
//! What the bit planes of residuals leave to be saved is in three places: the widths of the groups,
//! which are like those above them; and in each group the highest plane of magnitudes and the one
//! below, whose bits are mostly 0. Signs and lower planes are noise. So three symbols are coded for
//! eight values, and all other planes stay bytes; what comes out are the widths and planes that the
//! kernels of fast streams take.
//!
//! Symbols are coded by asymmetric numeral systems in 64 lanes (see
//! [`arch::raster_entropy`](crate::arch::raster_entropy)), which costs no more bits than the
//! symbols are worth, and can be decoded 16 at a time. The lanes' states are written in front of
//! the words; to begin with, each holds 16 bits of other data, which the decoder finds in it at the
//! end: lanes cost nothing.
//!
//! Distributions of [`groups`]' planes are part of the format ([`density`]); those of widths and of
//! [`sections`] are in the stream ([`distribution`]).

mod decoder;
mod density;
mod distribution;
mod encoder;
pub(super) mod groups;
pub(super) mod sections;

use crate::arch::raster_entropy::{NSLOTS, Slot, Slots};

/// Memory that is kept between blocks.
#[derive(Debug)]
pub(super) struct Workspace {
    slots: Box<Slots>,
    words: Vec<u16>,
    /// Coded planes, and all others.
    first: Vec<u8>,
    second: Vec<u8>,
    rest: Vec<u8>,
    /// All of them together.
    planes: Vec<u8>,
    /// Sections, one after the other.
    sections: Vec<u8>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            slots: Box::new([Slot::default(); NSLOTS]),
            words: Vec::new(),
            first: Vec::new(),
            second: Vec::new(),
            rest: Vec::new(),
            planes: Vec::new(),
            sections: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
