use proptest::prelude::*;

use super::*;
use crate::registry::Registry;

/// The built-in filter with this id, and the context of a block.
fn filter(id: u8) -> std::sync::Arc<dyn Filter> {
    Registry::default().filter(FilterId::new(id)).unwrap().clone()
}

fn forward(filter: &dyn Filter, src: &[u8], context: &FilterContext<'_>) -> Vec<u8> {
    let mut dst = vec![0xa5; src.len()];
    filter.forward(src, &mut dst, context).unwrap();
    dst
}

fn backward(filter: &dyn Filter, src: &[u8], context: &FilterContext<'_>) -> Vec<u8> {
    let mut dst = vec![0x5a; src.len()];
    filter.backward(src, &mut dst, context).unwrap();
    dst
}

/// A block as C-Blosc2 filters it; `tests/fixtures/generate_filter_blocks.py` has the format.
struct Record<'a> {
    filter: u8,
    typesize: u8,
    meta: u8,
    version: u8,
    src: &'a [u8],
    dst: &'a [u8],
    reference: Option<&'a [u8]>,
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (head, tail) = bytes.split_at(len);
    *bytes = tail;
    head
}

fn nbytes(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes.try_into().unwrap()) as usize
}

fn records(mut bytes: &[u8]) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let head = take(&mut bytes, 9);
        let len = nbytes(&head[5..]);
        let (src, dst) = (take(&mut bytes, len), take(&mut bytes, len));
        let reference = (head[4] == 1).then(|| {
            let len = nbytes(take(&mut bytes, 4));
            take(&mut bytes, len)
        });
        let [filter, typesize, meta, version] = head[..4].try_into().unwrap();
        records.push(Record { filter, typesize, meta, version, src, dst, reference });
    }
    records
}

#[test]
fn blocks_are_those_of_c_blosc2() {
    let records = records(include_bytes!("../../tests/fixtures/filter_blocks.bin"));
    assert!(records.len() > 100);
    for Record { filter: id, typesize, meta, version, src, dst, reference } in records {
        let filter = filter(id);
        let mut context = FilterContext::new(usize::from(typesize), meta);
        context.chunk_version = version;
        context.reference = reference;
        let case = format!("filter {id}, typesize {typesize}, meta {meta}, version {version}");
        assert!(forward(&*filter, src, &context) == dst, "{case}, {} bytes", src.len());
        if filter.id() == FilterId::TRUNC_PREC {
            assert!(backward(&*filter, dst, &context) == dst, "{case}");
        } else {
            assert!(backward(&*filter, dst, &context) == src, "{case}, {} bytes", src.len());
        }
    }
}

proptest! {
    /// Lengths, typesizes and meta bytes that no other implementation gets right are lossless too.
    #[test]
    fn backward_undoes_forward(
        id in prop::sample::select(vec![1_u8, 2, 3, 35]),
        typesize in prop_oneof![1..=17_usize, 1..=255_usize],
        meta in prop_oneof![Just(0_u8), any::<u8>()],
        chunk_version in 2..=6_u8,
        src in prop::collection::vec(any::<u8>(), 1..2000),
        reference in prop::option::of(prop::collection::vec(any::<u8>(), 0..2000)),
    ) {
        let filter = filter(id);
        let mut context = FilterContext::new(typesize, meta);
        context.chunk_version = chunk_version;
        context.reference = reference.as_deref();
        let dst = forward(&*filter, &src, &context);
        prop_assert_eq!(backward(&*filter, &dst, &context), &src[..]);
        if filter.is_identity(&context) {
            prop_assert_eq!(dst, src);
        }
    }

    /// Truncation against its arithmetic meaning: the largest multiple of a power of two that is
    /// not further from zero.
    #[test]
    fn trunc_prec_rounds_towards_zero(numbers in prop::collection::vec(any::<f32>(), 1..100),
                                      kept in 1..=23_i8) {
        let src: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let context = FilterContext::new(4, TruncPrec::bits(kept).meta(4));
        let dst = forward(&TruncPrec::bits(kept), &src, &context);
        for (number, bytes) in numbers.iter().zip(dst.as_chunks::<4>().0) {
            let truncated = f32::from_le_bytes(*bytes);
            let exponent = (number.abs().to_bits() >> 23).max(1) as i32 - 127;
            let step = 2_f64.powi(exponent - i32::from(kept));
            let expected = (f64::from(*number) / step).trunc() * step;
            prop_assert_eq!(f64::from(truncated), expected);
        }
        // Dropping bits is keeping the others.
        if kept < 23 {
            let context = FilterContext::new(4, TruncPrec::bits(kept - 23).meta(4));
            prop_assert_eq!(forward(&TruncPrec::bits(kept - 23), &src, &context), dst);
        }
    }
}

#[test]
fn meta_byte_comes_back_from_the_filter() {
    assert_eq!(Shuffle::default().meta(4), 0);
    assert_eq!(Shuffle::width(12).meta(4), 12);
    assert_eq!(ByteDelta::planes(3).meta(4), 3);
    assert_eq!(ByteDelta::default().meta(4), 4);
    assert_eq!(TruncPrec::bits(-2).meta(4), 254);
    assert!(Delta.needs_reference() && !BitShuffle.needs_reference());
}

#[test]
fn only_shuffles_of_single_bytes_are_identities() {
    assert!(Shuffle::default().is_identity(&FilterContext::new(1, 0)));
    assert!(Shuffle::width(1).is_identity(&FilterContext::new(4, 1)));
    assert!(!Shuffle::width(3).is_identity(&FilterContext::new(1, 3)));
    for id in [2, 3, 4, 35] {
        assert!(!filter(id).is_identity(&FilterContext::new(1, 0)));
    }
}

#[test]
fn trunc_prec_accepts_what_leaves_a_mantissa() {
    for (typesize, mantissa) in [(4, 23_i8), (8, 52)] {
        for bits in i8::MIN..=i8::MAX {
            let possible = (1..=mantissa).contains(&bits) || (1 - mantissa..0).contains(&bits);
            let expected = if possible {
                Ok(())
            } else {
                Err(FilterError::Meta { meta: bits.cast_unsigned() })
            };
            assert_eq!(TruncPrec::bits(bits).validate(typesize), expected, "{bits}");
            let context = FilterContext::new(typesize, bits.cast_unsigned());
            let mut dst = [0; 9];
            assert_eq!(TruncPrec::bits(1).forward(&[7; 9], &mut dst, &context), expected);
        }
    }
    for typesize in [1, 2, 3, 12, 16] {
        let expected = Err(FilterError::Typesize { typesize });
        assert_eq!(TruncPrec::bits(3).validate(typesize), expected);
        let context = FilterContext::new(typesize, 3);
        assert_eq!(TruncPrec::bits(3).forward(&[7; 16], &mut [0; 16], &context), expected);
    }
}

#[test]
fn trunc_prec_keeps_the_tail_and_undoes_nothing() {
    let filter = TruncPrec::bits(1);
    let context = FilterContext::new(4, filter.meta(4));
    let src = [0xff; 11];
    let dst = forward(&filter, &src, &context);
    assert_eq!(dst, [0, 0, 0xc0, 0xff, 0, 0, 0xc0, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(backward(&filter, &dst, &context), dst);
}
