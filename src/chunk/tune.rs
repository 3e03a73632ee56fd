//! Default sizes.

/// The size of blocks of a flat chunk, in bytes, where the caller sets none.
///
/// A block and its filtered copy have to stay in the second-level cache (at least 256 KiB on what
/// is sold today), and a block is what a small read decodes. Higher levels spend more time per
/// byte, so that longer blocks, with farther matches, suit them. Wide elements are split into as
/// many streams, which should not become too short.
pub(crate) fn blocksize(clevel: u8, typesize: usize) -> usize {
    let stream = match clevel {
        0..=3 => 16 << 10,
        4..=6 => 32 << 10,
        7..=8 => 64 << 10,
        _ => 128 << 10,
    };
    stream * typesize.clamp(1, 4)
}
