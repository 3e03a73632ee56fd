//! Plain loops, compiled once for each instruction set: where the compiler vectorises them, wider
//! registers are all that is to be won.
#![allow(unsafe_code, reason = "this folder is where unsafe lives")]

/// Defines a function that runs a plain one, compiled with the instructions of `isa`.
macro_rules! recompiled {
    (
        $(#[$attribute:meta])*
        $visibility:vis $name:ident = $plain:path, ($($argument:ident: $type:ty),*) $(-> $result:ty)?
    ) => {
        $(#[$attribute])*
        $visibility fn $name(isa: Isa, $($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
            fn avx2($($argument: $type),*) $(-> $result)? {
                $plain($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,avx512f,avx512bw,avx512vl,avx512dq")]
            fn avx512($($argument: $type),*) $(-> $result)? {
                $plain($($argument),*)
            }

            match isa {
                // SAFETY: `isa` says that the machine has the instructions.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2(_) | Isa::Avx2Gfni(_) => unsafe { avx2($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512(_) => unsafe { avx512($($argument),*) },
                _ => $plain($($argument),*),
            }
        }
    };
}
pub(super) use recompiled;
