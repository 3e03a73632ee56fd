//! The only `unsafe` of the crate, behind functions that are safe to call with any arguments.
//!
//! Each function takes slices, checks their lengths and does the rest with what the machine has.
//! Which instruction set is used never changes a byte of the result.

mod array;
pub(crate) mod bitshuffle;
#[cfg(target_arch = "x86_64")]
mod bitshuffle_x86;
mod channel;
pub(crate) mod lz4;
pub(crate) mod match_copy;
pub(crate) mod prefix;
#[cfg(target_arch = "x86_64")]
mod prefix_x86;
mod record;
mod scalar;
pub(crate) mod shuffle;
#[cfg(target_arch = "x86_64")]
mod shuffle_x86;
#[cfg(test)]
mod tests;
pub(crate) mod view;
pub(crate) mod words;

use std::sync::atomic::{AtomicU8, Ordering};

/// The instruction sets that kernels are written for, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Isa {
    /// What every machine of the target has.
    Scalar = 1,
    /// x86-64 with AVX2.
    Avx2 = 2,
    /// x86-64 with AVX-512 F, BW, VL, DQ and VBMI, as since Ice Lake and Zen 4.
    Avx512 = 3,
}

/// 0: not looked yet.
static ISA: AtomicU8 = AtomicU8::new(0);

impl Isa {
    /// The best instruction set of this machine, or the one [forced](Self::force).
    #[inline]
    pub(crate) fn current() -> Self {
        match ISA.load(Ordering::Relaxed) {
            1 => Self::Scalar,
            2 => Self::Avx2,
            3 => Self::Avx512,
            _ => {
                let isa = Self::detect();
                ISA.store(isa as u8, Ordering::Relaxed);
                isa
            }
        }
    }

    /// The best instruction set of this machine.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("bmi1") && has!("bmi2") {
                if has!("avx512f")
                    && has!("avx512bw")
                    && has!("avx512vl")
                    && has!("avx512dq")
                    && has!("avx512vbmi")
                {
                    return Self::Avx512;
                }
                return Self::Avx2;
            }
        }
        Self::Scalar
    }

    /// Makes [`current`](Self::current) answer `isa`, or less where the machine has less, for the
    /// whole process: for tests and benchmarks that compare kernels. `None` undoes it.
    #[cfg(any(test, feature = "benchmarks"))]
    pub(crate) fn force(isa: Option<Self>) {
        let best = Self::detect();
        ISA.store(isa.map_or(best, |isa| isa.min(best)) as u8, Ordering::Relaxed);
    }
}
