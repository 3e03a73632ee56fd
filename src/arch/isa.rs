//! What the machine can do: the one place that looks.

use std::sync::atomic::{AtomicU8, Ordering};

/// The instruction sets that kernels are written for, worst first.
///
/// A value is the proof that the machine has the instructions: only this file can make those that
/// have to be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Isa {
    /// What every machine of the target has.
    Scalar,
    /// x86-64 with AVX2, BMI1, BMI2 and POPCNT.
    Avx2(Found),
    /// The same with GFNI, which multiplies bit matrices: desktop processors since Alder Lake.
    Avx2Gfni(Found),
    /// x86-64 with AVX-512 F, BW, VL, DQ, VBMI, VBMI2, BITALG and VPOPCNTDQ, as since Ice Lake and
    /// Zen 4; and with all of the above.
    Avx512(Found),
}

/// The machine has been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found(());

/// One more than the place in [`Isa::available`]; 0 when nobody has asked yet.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Isa {
    /// The best instruction set of this machine, or the one that was forced.
    #[inline]
    pub(crate) fn current() -> Self {
        // Nothing but `set` writes here, and only what was found.
        match CURRENT.load(Ordering::Relaxed) {
            1 => Self::Scalar,
            2 => Self::Avx2(Found(())),
            3 => Self::Avx2Gfni(Found(())),
            4 => Self::Avx512(Found(())),
            _ => {
                let best = Self::detect();
                best.set();
                best
            }
        }
    }

    fn set(self) {
        let code = match self {
            Self::Scalar => 1,
            Self::Avx2(_) => 2,
            Self::Avx2Gfni(_) => 3,
            Self::Avx512(_) => 4,
        };
        CURRENT.store(code, Ordering::Relaxed);
    }

    /// The best instruction set of this machine.
    #[cfg(target_arch = "x86_64")]
    fn detect() -> Self {
        use std::arch::is_x86_feature_detected as has;
        if !(has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt")) {
            return Self::Scalar;
        }
        if !has!("gfni") {
            return Self::Avx2(Found(()));
        }
        let has_avx512 = has!("avx512f")
            && has!("avx512bw")
            && has!("avx512vl")
            && has!("avx512dq")
            && has!("avx512vbmi")
            && has!("avx512vbmi2")
            && has!("avx512bitalg")
            && has!("avx512vpopcntdq");
        if has_avx512 { Self::Avx512(Found(())) } else { Self::Avx2Gfni(Found(())) }
    }

    /// The best instruction set of this machine.
    #[cfg(not(target_arch = "x86_64"))]
    fn detect() -> Self {
        Self::Scalar
    }

    /// The instruction sets of this machine, worst first.
    #[cfg(any(test, feature = "benchmarks"))]
    pub(crate) fn available() -> Vec<Self> {
        let best = Self::detect();
        let found = Found(());
        let all = [Self::Scalar, Self::Avx2(found), Self::Avx2Gfni(found), Self::Avx512(found)];
        // Each has the instructions of those before it.
        all.into_iter().filter(|&isa| isa <= best).collect()
    }

    /// Makes [`current`](Self::current) answer this for the whole process: for benchmarks that
    /// compare kernels.
    #[cfg(feature = "benchmarks")]
    pub(crate) fn force(self) {
        self.set();
    }
}
