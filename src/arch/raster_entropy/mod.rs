//! Kernels of the raster codec's entropy stage: asymmetric numeral systems in many lanes, and
//! coded planes put back among the others.
//!
//! # Symbols
//! Symbol i of a run is coded by lane i modulo their number. A lane is a number of 32 bits, its
//! *state*.
//! The lowest bits of the state, its *slot*, choose a [`Slot`] in a table: a symbol gets as many of
//! the slots as it is frequent. Taking the symbol out leaves `frequency * (state >> bits) + offset`,
//! where `offset` is the slot less the first slot of the symbol. A state below 2^16 is then shifted
//! up by 16 bits, and takes the next *word* of the stream, two bytes, in their place. Lanes take
//! their words in the order of the lanes.
//!
//! Lanes do not wait for each other but for the count of words. That is why there are so many: what
//! bounds the speed is the latency of a look-up and a multiplication, once for all lanes.
//!
//! # Planes
//! See [`join`].

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod scalar;

use super::Isa;

/// The most lanes there are: symbols decoded side by side.
pub(crate) const MAX_LANES: usize = 64;

/// The states of lanes: many are faster, few are shorter to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lanes {
    Few([u32; 16]),
    Many([u32; MAX_LANES]),
}

impl Lanes {
    pub(crate) fn few() -> Self {
        Self::Few([MIN_STATE; 16])
    }

    pub(crate) fn many() -> Self {
        Self::Many([MIN_STATE; MAX_LANES])
    }

    pub(crate) fn states(&self) -> &[u32] {
        match self {
            Self::Few(states) => states,
            Self::Many(states) => states,
        }
    }

    pub(crate) fn states_mut(&mut self) -> &mut [u32] {
        match self {
            Self::Few(states) => states,
            Self::Many(states) => states,
        }
    }
}

/// States are at least this when a symbol is taken out.
pub(crate) const MIN_STATE: u32 = 1 << 16;

/// Entries of a table.
pub(crate) const NSLOTS: usize = 1 << ORDER_0_BITS;

/// Bits of a slot where there is one distribution for all symbols.
pub(crate) const ORDER_0_BITS: u32 = 12;

/// Bits of a slot where there are [`NCONTEXTS`] distributions: all of them have the size of one
/// table, which stays in the first-level cache.
pub(crate) const CONTEXT_BITS: u32 = 10;

/// Distributions that a symbol can be chosen from.
pub(crate) const NCONTEXTS: usize = NSLOTS >> CONTEXT_BITS;

/// An entry of a table: symbol, offset and frequency in 8, 12 and 12 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub(crate) struct Slot(u32);

impl Slot {
    /// `offset` is below 4096, and `frequency` from 1 to 4096.
    pub(crate) fn new(symbol: u8, offset: u32, frequency: u32) -> Self {
        Self(u32::from(symbol) | (offset & 0xfff) << 8 | (frequency.wrapping_sub(1)) << 20)
    }

    #[inline(always)]
    fn symbol(self) -> u8 {
        self.0 as u8
    }

    /// What is left of a state whose higher bits are these.
    #[inline(always)]
    fn advance(self, quotient: u32) -> u32 {
        // The entry has the frequency less 1.
        let product = (self.0 >> 20).wrapping_mul(quotient).wrapping_add(quotient);
        product.wrapping_add(self.0 >> 8 & 0xfff)
    }
}

/// A table: one distribution of [`ORDER_0_BITS`], or [`NCONTEXTS`] of [`CONTEXT_BITS`] one after
/// the other.
pub(crate) type Slots = [Slot; NSLOTS];

/// Which distribution a symbol is of: one is for symbols `distance` behind a symbol that is not
/// above the first bound, the next for those behind one not above the second, the last for all
/// others. What would be before the first symbol is taken to be 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contexts {
    distance: usize,
    bounds: [u8; NCONTEXTS - 1],
}

impl Contexts {
    /// `None` if the distance is below [`MAX_LANES`]: symbols that are decoded side by side cannot
    /// look at each other.
    pub(crate) fn new(distance: usize, bounds: [u8; NCONTEXTS - 1]) -> Option<Self> {
        (distance >= MAX_LANES).then_some(Self { distance, bounds })
    }

    /// The contexts of symbols `first` to `first + N`, of which `symbols` are those before.
    #[inline(always)]
    pub(crate) fn of<const N: usize>(&self, symbols: &[u8], first: usize) -> [u8; N] {
        let mut before = [0; N];
        match first.checked_sub(self.distance) {
            Some(from) => before.copy_from_slice(&symbols[from..][..N]),
            None => {
                for (at, before) in before.iter_mut().enumerate() {
                    *before = (first + at).checked_sub(self.distance).map_or(0, |at| symbols[at]);
                }
            }
        }
        let mut contexts = [0; N];
        for (context, symbol) in contexts.iter_mut().zip(before) {
            // A comparison of many at a time, where a table would be looked up one by one.
            *context = self.bounds.iter().map(|&bound| u8::from(symbol > bound)).sum();
        }
        contexts
    }
}

/// How the distribution of a symbol is found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Model<'a> {
    /// One distribution of [`ORDER_0_BITS`].
    Single,
    /// [`NCONTEXTS`] distributions of [`CONTEXT_BITS`].
    InContext(&'a Contexts),
}

/// Fills `dst` with symbols, and says how many bytes of `words` that took. `None` if there are not
/// enough.
pub(crate) fn decode(
    isa: Isa,
    lanes: &mut Lanes,
    words: &[u8],
    slots: &Slots,
    model: Model<'_>,
    dst: &mut [u8],
) -> Option<usize> {
    match isa {
        Isa::Scalar => scalar::decode(lanes, words, slots, model, dst, 0),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => avx2::decode(isa, lanes, words, slots, model, dst),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => avx512::decode(isa, lanes, words, slots, model, dst),
        #[cfg(not(target_arch = "x86_64"))]
        _ => scalar::decode(lanes, words, slots, model, dst, 0),
    }
}

/// Whether residuals have a sign, which is their highest plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residuals {
    Signed,
    Unsigned,
}

/// How many planes there are in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PlaneCounts {
    /// Of all kinds.
    pub(crate) planes: usize,
    pub(crate) first: usize,
    pub(crate) second: usize,
}

impl Residuals {
    /// Planes of signs of a group. Where the sign is all there is, it says what a magnitude would.
    #[inline(always)]
    pub(crate) fn signs(self, width: u8) -> usize {
        usize::from(self == Self::Signed && width > 1)
    }

    /// Counts the planes of groups of these widths.
    pub(crate) fn count(self, widths: &[u8]) -> PlaneCounts {
        let min_of_second = if self == Self::Signed { 2 } else { 1 };
        let mut counts = PlaneCounts::default();
        // In pieces whose sums fit 16 bits, which lets the compiler add many at once.
        for widths in widths.chunks(256) {
            let sum = |of: fn(u8, u8) -> u16| -> usize {
                usize::from(widths.iter().map(|&width| of(width, min_of_second)).sum::<u16>())
            };
            counts.planes += sum(|width, _| width.into());
            counts.first += sum(|width, _| u16::from(width > 0));
            counts.second += sum(|width, min| u16::from(width > min));
        }
        counts
    }
}

/// Planes that were coded, of each group that has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coded<'a> {
    /// The highest plane but for the sign, each bit of it relative to the sign.
    pub(crate) first: &'a [u8],
    /// The one below, likewise; if it is coded.
    pub(crate) second: Option<&'a [u8]>,
}

/// Puts coded planes among the others, `rest`, to make all planes of groups of these widths: of a
/// group whose residuals are signed and wider than 1, the sign, first, second and other planes; of
/// any other, first, second and other planes.
///
/// There are as many of each as [`count`](Residuals::count) says; if not, `planes` is unspecified.
pub(crate) fn join(
    isa: Isa,
    residuals: Residuals,
    widths: &[u8],
    coded: Coded<'_>,
    rest: &[u8],
    planes: &mut [u8],
) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => avx512::join(isa, residuals, widths, coded, rest, planes),
        _ => scalar::join(residuals, widths, coded, rest, planes),
    }
}
