//! Steps on any machine.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::kernel::Lanes;

/// What every machine has.
pub(super) struct Portable;

/// A bit for each byte that is not 0.
#[inline(always)]
fn nonzero(word: u64) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let flags = (((word & !HIGH) + !HIGH) | word) & HIGH;
    // Flag i, at bit 8i + 7, is multiplied to bit 56 + i; no two products meet.
    (flags >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The set bits, lowest first.
#[inline(always)]
pub(super) fn each_bit(mut bits: u64, mut f: impl FnMut(usize)) {
    while bits != 0 {
        f(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

impl Lanes for Portable {
    type Bytes = [u8; 64];

    #[inline(always)]
    unsafe fn load(from: *const u8) -> [u8; 64] {
        // SAFETY: the caller says that 64 bytes can be read.
        unsafe { from.cast::<[u8; 64]>().read() }
    }

    #[inline(always)]
    unsafe fn store(bytes: [u8; 64], to: *mut u8) {
        // SAFETY: the caller says that 64 bytes can be written.
        unsafe { to.cast::<[u8; 64]>().write(bytes) };
    }

    #[inline(always)]
    unsafe fn differ(a: [u8; 64], b: [u8; 64]) -> u64 {
        // Most steps are equal as a whole.
        if a == b {
            return 0;
        }
        let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0).enumerate();
        words.fold(0, |bits, (at, (a, b))| {
            bits | nonzero(u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b)) << (8 * at)
        })
    }

    #[inline(always)]
    unsafe fn select(bits: u64, a: [u8; 64], b: [u8; 64]) -> [u8; 64] {
        let mut selected = a;
        each_bit(bits, |at| selected[at] = b[at]);
        selected
    }

    #[inline(always)]
    unsafe fn alternative(up: [u8; 64], upper_left: [u8; 64], upper_right: [u8; 64]) -> [u8; 64] {
        let mut alternative = upper_right;
        for ((to, up), left) in alternative.iter_mut().zip(up).zip(upper_left) {
            *to = if left == up { *to } else { left };
        }
        alternative
    }

    #[inline(always)]
    unsafe fn extract(bits: u64, mask: u64) -> u64 {
        let (mut extracted, mut count) = (0, 0);
        each_bit(mask, |at| {
            extracted |= (bits >> at & 1) << count;
            count += 1;
        });
        extracted
    }

    #[inline(always)]
    unsafe fn deposit(bits: u64, mask: u64) -> u64 {
        let (mut deposited, mut bits) = (0, bits);
        each_bit(mask, |at| {
            deposited |= (bits & 1) << at;
            bits >>= 1;
        });
        deposited
    }

    #[inline(always)]
    unsafe fn gather(bytes: *const u8, mask: u64, to: *mut u8) {
        let mut to = to;
        each_bit(mask, |at| {
            // SAFETY: the caller says that 64 bytes can be read and written.
            unsafe {
                *to = *bytes.add(at);
                to = to.add(1);
            }
        });
    }

    #[inline(always)]
    unsafe fn scatter(
        predicted: [u8; 64],
        exceptions: u64,
        repeats: u64,
        literals: *const u8,
        to: *mut u8,
    ) {
        // SAFETY: as the caller says; literals are taken for exceptions that are no repeats.
        unsafe {
            Self::store(predicted, to);
            scatter_each(exceptions, repeats, literals, to);
        }
    }
}

/// Puts exceptions in their places, one by one.
///
/// # Safety
/// As for [`Lanes::scatter`].
#[inline(always)]
pub(super) unsafe fn scatter_each(exceptions: u64, repeats: u64, literals: *const u8, to: *mut u8) {
    let mut literals = literals;
    each_bit(exceptions, |at| {
        // SAFETY: as the caller says; there is a literal for each that is no repeat.
        unsafe {
            let is_repeat = repeats >> at & 1;
            let to = to.add(at);
            *to = if is_repeat == 1 { *to.sub(1) } else { *literals };
            literals = literals.add(1 - is_repeat as usize);
        }
    });
}
