//! Integers that are no whole bytes.

/// Takes integers of `bits` bits, at most 16, out of bytes that hold them from the highest bit on.
/// `Sample` is large enough for them. Bits beyond the end of `bytes` are 0.
pub(super) fn unpack(bits: usize, bytes: &[u8], mut put: impl FnMut(u16), nitems: usize) {
    let mut bytes = bytes.iter();
    let (mut held, mut nbits) = (0u32, 0);
    for _ in 0..nitems {
        while nbits < bits {
            held = held << 8 | u32::from(bytes.next().copied().unwrap_or(0));
            nbits += 8;
        }
        nbits -= bits;
        put((held >> nbits & ((1 << bits) - 1)) as u16);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::unpack;

    proptest! {
        #[test]
        fn numbers_are_the_digits_of_a_long_one(bits in 1usize..=16, bytes: Vec<u8>) {
            let digits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            let expected: Vec<u16> = digits.as_bytes().chunks_exact(bits)
                .map(|digits| u16::from_str_radix(std::str::from_utf8(digits).unwrap(), 2).unwrap())
                .collect();
            let mut found = Vec::new();
            unpack(bits, &bytes, |number| found.push(number), expected.len());
            prop_assert_eq!(found, expected);
        }
    }
}
