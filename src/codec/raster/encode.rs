//! Chooses the tree of nodes for a block.

use super::buffers::State;
use super::decode::MAX_DEPTH;
use super::geometry::Geometry;
use super::plan::Plan;
use super::profile::Profile;
use super::stream::{Class, Head, Kind};
use super::{
    Preset, channels, dictionary, fill, lz, mapped, packed, scaled, sequences, slices, sparse,
    wide_dictionary,
};
use crate::arch::Isa;
use crate::codec::{BlockInfo, Encoded};
use crate::dtype::DType;

/// Compresses `src` to the front of `dst`.
pub(super) fn encode(
    isa: Isa,
    preset: Preset,
    src: &[u8],
    dst: &mut [u8],
    block: &BlockInfo<'_>,
    state: &mut State,
) -> Encoded {
    let mut out = state.take_empty();
    let mut encoder = Encoder { isa, preset, state, in_fill: false, depth: 0 };
    encoder.stream(src, block, &mut out);
    let encoded = match dst.get_mut(..out.len()) {
        Some(dst) => {
            dst.copy_from_slice(&out);
            Encoded::Len(out.len())
        }
        None => Encoded::DoesNotFit,
    };
    state.give(out);
    encoded
}

/// What encoding a node needs.
pub(super) struct Encoder<'a> {
    pub(super) isa: Isa,
    pub(super) preset: Preset,
    pub(super) state: &'a mut State,
    /// Within a node of [`fill`]: there is no other in it.
    pub(super) in_fill: bool,
    /// Nodes that the one at hand is in.
    pub(super) depth: usize,
}

/// What the values of a node are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    pub(super) class: Class,
    pub(super) itemsize: usize,
    pub(super) geometry: Geometry,
}

/// Appends a node for the values, if it applies and is shorter than so many bytes; else leaves the
/// output as it was.
type Mode = fn(&mut Encoder<'_>, &[u8], Values, &Profile<'_>, usize, &mut Vec<u8>) -> bool;

/// What may be shorter than bit planes, the likeliest first.
const MODES: [Mode; 4] = [
    |encoder, src, values, _, limit, out| sparse::encode(encoder, src, values, limit, out),
    dictionary::encode,
    wide_dictionary::encode,
    fill::encode,
];

/// What may be shorter still, but takes long to find out; of slices, unless a plan tells.
const SLOW_MODES: [Mode; 3] = [
    |encoder, src, values, _, limit, out| slices::encode(encoder, src, values, limit, out),
    |encoder, src, values, _, limit, out| channels::encode(encoder, src, values, limit, out),
    |encoder, src, values, _, limit, out| sequences::encode(encoder, src, values, limit, out),
];

impl Encoder<'_> {
    /// Appends the stream for a block.
    fn stream(&mut self, src: &[u8], block: &BlockInfo<'_>, out: &mut Vec<u8>) {
        let (mut class, mut itemsize) = class_of(block.dtype);
        if !src.len().is_multiple_of(itemsize) {
            // Not what the caller says they are.
            (class, itemsize) = (Class::Bytes, 1);
        }
        Head { class, itemsize, nbytes: src.len() }.write(out);
        if class == Class::Bytes {
            let typesize = block.dtype.itemsize();
            if !lz::encode(self, src, typesize, src.len(), out) {
                stored(src, out);
            }
            return;
        }
        let components = block.dtype.itemsize() / itemsize;
        let geometry = Geometry::new(block.shape, components);
        self.node(src, Values { class, itemsize, geometry }, out);
    }

    /// Appends the best node for `src`: no longer than a node of the values as they are.
    pub(super) fn node(&mut self, src: &[u8], values: Values, out: &mut Vec<u8>) {
        self.node_below(src, values, usize::MAX, out);
    }

    /// The same, but if it is all but certain not to be shorter than `limit` bytes, nothing may be
    /// appended: then the answer is false.
    ///
    /// Of the nodes that are tried for the values of another, most are not worth it. An estimate
    /// tells so before these are packed.
    fn node_below(&mut self, src: &[u8], values: Values, limit: usize, out: &mut Vec<u8>) -> bool {
        let itemsize = values.itemsize;
        if src[itemsize..] == src[..src.len() - itemsize] {
            out.push(Kind::Constant as u8);
            out.extend_from_slice(&src[..itemsize]);
            return true;
        }
        self.depth += 1;
        let mut is_there = true;
        match self.preset {
            // A map and its planes are the last two that a decoder takes.
            _ if self.depth + 1 >= MAX_DEPTH => self.plain(src, values, out),
            Preset::Fast => is_there = self.likely(src, values, limit, out),
            Preset::Dense => self.shortest(src, values, out),
        }
        self.depth -= 1;
        is_there
    }

    /// Appends the node within another one that began at `start`, and ends with it. If that seems to
    /// reach `limit` bytes, all of it is taken away again.
    pub(super) fn last_node(
        &mut self,
        src: &[u8],
        values: Values,
        (start, limit): (usize, usize),
        out: &mut Vec<u8>,
    ) {
        let rest = limit.saturating_sub(out.len() - start);
        if rest == 0 || !self.node_below(src, values, rest, out) {
            out.truncate(start);
        }
    }

    /// Appends a node that no other node is in, but that of a map.
    fn plain(&mut self, src: &[u8], values: Values, out: &mut Vec<u8>) {
        let profile = Profile::new(self.isa, src, values.itemsize);
        self.planes_or_stored(src, values, &profile, out);
    }

    /// Appends a node of bit planes, or of the values as they are if that is shorter.
    fn planes_or_stored(
        &mut self,
        src: &[u8],
        values: Values,
        profile: &Profile<'_>,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        let plan = Plan::new(self.isa, src, values, profile.survey.least);
        self.planes(src, values, profile, &plan, usize::MAX, out);
        if out.len() - start > src.len() {
            out.truncate(start);
            stored(src, out);
        }
    }

    /// Appends the shortest of all nodes.
    fn shortest(&mut self, src: &[u8], values: Values, out: &mut Vec<u8>) {
        // Integers have all that floats have, and more.
        if scaled::encode(self, src, values, src.len(), out) {
            return;
        }
        let start = out.len();
        let profile = Profile::new(self.isa, src, values.itemsize);
        self.planes_or_stored(src, values, &profile, out);
        for mode in MODES.iter().chain(&SLOW_MODES) {
            let end = out.len();
            if mode(self, src, values, &profile, end - start, out) {
                out.drain(start..end);
            }
        }
    }

    /// Appends the node that is the best as far as looking at a sample tells, or none as in
    /// [`node_below`](Self::node_below).
    ///
    /// What makes other values of the values comes first, and calls [`node`](Self::node) for them.
    /// Then whoever promises to be shorter than bit planes would be, by the estimate for these.
    fn likely(&mut self, src: &[u8], values: Values, limit: usize, out: &mut Vec<u8>) -> bool {
        let itemsize = values.itemsize;
        let unpacked = src.len();
        if channels::encode(self, src, values, unpacked, out)
            || scaled::encode(self, src, values, unpacked, out)
        {
            return true;
        }
        let profile = Profile::new(self.isa, src, values.itemsize);
        let plan = Plan::new(self.isa, src, values, profile.survey.least);
        let to_beat = plan.nbytes.min(unpacked).min(limit);
        if MODES.iter().any(|mode| mode(self, src, values, &profile, to_beat, out)) {
            return true;
        }
        if plan.may_pay_as_slices(to_beat) && slices::encode(self, src, values, to_beat, out) {
            return true;
        }
        let start = out.len();
        // What repeats may become much shorter than its planes.
        let limit = if profile.repeats() { usize::MAX } else { limit };
        if !self.planes(src, values, &profile, &plan, limit, out) {
            return false;
        }
        let end = out.len();
        if profile.repeats() && lz::encode(self, src, itemsize, end - start, out) {
            out.drain(start..end);
        }
        if out.len() - start > unpacked {
            out.truncate(start);
            stored(src, out);
        }
        true
    }

    /// Appends a node of bit planes, of the values themselves or of what they map to; none if it is
    /// estimated to be longer than `limit`.
    fn planes(
        &mut self,
        src: &[u8],
        values: Values,
        profile: &Profile<'_>,
        direct: &Plan,
        limit: usize,
        out: &mut Vec<u8>,
    ) -> bool {
        let mut mapped = self.state.take(src.len());
        let map = mapped::choose(self.isa, src, values, &profile.survey, direct, &mut mapped);
        let (packed, plan) = map.map_or((src, *direct), |(_, plan)| (&mapped[..], plan));
        let may_fit = !plan.exceeds(limit, src.len());
        if may_fit {
            if let Some((map, _)) = map {
                mapped::write_head(map, out);
            }
            packed::encode(self, packed, values.itemsize, &plan, out);
        }
        self.state.give(mapped);
        may_fit
    }
}

fn stored(src: &[u8], out: &mut Vec<u8>) {
    out.push(Kind::Stored as u8);
    out.extend_from_slice(src);
}

/// What values are to this codec, and how long. Complex numbers are pairs of floats.
pub(super) fn class_of(dtype: DType) -> (Class, usize) {
    match dtype {
        DType::Bool | DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
            (Class::Unsigned, dtype.itemsize())
        }
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => (Class::Signed, dtype.itemsize()),
        DType::F16 | DType::F32 | DType::F64 => (Class::Float, dtype.itemsize()),
        DType::Complex64 => (Class::Float, 4),
        DType::Complex128 => (Class::Float, 8),
        DType::Opaque(nbytes) => match nbytes.get() {
            2 | 4 | 8 => (Class::Unsigned, dtype.itemsize()),
            _ => (Class::Bytes, 1),
        },
    }
}
