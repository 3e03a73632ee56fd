//! Loops over numbers, compiled for the widest vectors of the machine.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

use super::isa::Isa;

/// Calls `f`, whose loops the compiler may turn into the widest vectors that the machine has.
///
/// `f` is compiled once for each instruction set, and only what is inlined into it profits. Nothing
/// else changes: additions of floats keep their order, and are not fused with multiplications.
#[inline]
pub(crate) fn wide<R>(f: impl FnOnce() -> R) -> R {
    match Isa::current() {
        // SAFETY: the value proves that the machine has these instructions.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512(_) => unsafe { avx512(f) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { avx2(f) },
        _ => f(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn avx2<R>(f: impl FnOnce() -> R) -> R {
    f()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,avx512f,avx512bw,avx512vl,avx512dq")]
fn avx512<R>(f: impl FnOnce() -> R) -> R {
    f()
}
