//! Bytes whose bits are ones independently of each other, with the same probability: what the
//! highest planes of residuals look like.
//!
//! Their distributions are part of the format: a stream names one, instead of describing 256
//! symbols, and its table is made but once in a process.

use std::sync::OnceLock;

use super::distribution::{Distribution, NSYMBOLS};
use super::encoder::Codes;
use crate::arch::raster_entropy::{NSLOTS, ORDER_0_BITS, Slot, Slots};

/// Probabilities to choose from: ones are 1/32, 2/32 … 16/32 of the bits.
pub(super) const NDENSITIES: usize = 16;

/// The two kinds of planes that are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plane {
    /// The highest one: it is not 0, or the width would be smaller.
    First,
    /// The one below.
    Second,
}

/// What is derived from a density, when it is first asked for.
#[derive(Debug)]
struct Tables {
    slots: OnceLock<Box<Slots>>,
    codes: OnceLock<Box<Codes>>,
}

impl Tables {
    const fn new() -> Self {
        Self { slots: OnceLock::new(), codes: OnceLock::new() }
    }

    fn of(plane: Plane, density: u8) -> &'static Self {
        static TABLES: [[Tables; NDENSITIES]; 2] =
            [const { [const { Tables::new() }; NDENSITIES] }; 2];
        &TABLES[plane as usize][usize::from(density) % NDENSITIES]
    }
}

/// The table to decode with. Densities are taken modulo [`NDENSITIES`].
pub(super) fn slots(plane: Plane, density: u8) -> &'static Slots {
    Tables::of(plane, density).slots.get_or_init(|| {
        let mut slots = Box::new([Slot::default(); NSLOTS]);
        distribution(plane, density).fill(&mut slots[..]);
        slots
    })
}

/// The table to encode with.
pub(super) fn codes(plane: Plane, density: u8) -> &'static Codes {
    let codes = &Tables::of(plane, density).codes;
    codes.get_or_init(|| Box::new(Codes::new(&distribution(plane, density))))
}

/// For each symbol `p^ones * (1 - p)^zeros`, and for a first plane nothing, or nearly so, for 0.
pub(super) fn distribution(plane: Plane, density: u8) -> Distribution {
    let ones_of_32 = u64::from(density) % NDENSITIES as u64 + 1;
    let mut weights = [0; NSYMBOLS];
    for (symbol, weight) in (0..=u8::MAX).zip(&mut weights) {
        // Below 2^40, of which 32 bits are kept.
        let exact =
            ones_of_32.pow(symbol.count_ones()) * (32 - ones_of_32).pow(symbol.count_zeros());
        *weight = (exact >> 8).max(1) as u32;
    }
    if plane == Plane::First {
        weights[0] = 1;
    }
    match Distribution::new(0, &weights, ORDER_0_BITS) {
        Some(distribution) => distribution,
        None => unreachable!("no weight is 0"),
    }
}

/// The best density for bytes of which `counts[n]` have n ones, with what they cost in 1/256 bit.
pub(super) fn cheapest(plane: Plane, counts: &[u32; 9]) -> (u8, u64) {
    /// What a byte with so many ones costs, for each density.
    type Costs = [[u32; 9]; NDENSITIES];
    static COSTS: [OnceLock<Costs>; 2] = [const { OnceLock::new() }; 2];
    let costs = COSTS[plane as usize].get_or_init(|| {
        std::array::from_fn(|density| {
            let distribution = distribution(plane, density as u8);
            std::array::from_fn(|ones| distribution.cost(((1_u32 << ones) - 1) as u8))
        })
    });
    let cost = |density: u8| {
        let costs = &costs[usize::from(density)];
        counts.iter().zip(costs).map(|(&count, &cost)| u64::from(count) * u64::from(cost)).sum()
    };
    let all = (0..NDENSITIES as u8).map(|density| (density, cost(density)));
    all.min_by_key(|&(_, cost)| cost).unwrap_or_default()
}
