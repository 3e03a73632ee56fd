//! With statistics, everything answers as without: bit for bit, whatever was done to the array.

use std::fmt::Debug;

use ndpress::half::f16;
use ndpress::{Array, Expression, Number, Options, Region};

use crate::random::Random;

/// Elements of which neighbours are alike, or not.
fn items<T: Value>(random: &mut Random, n: usize) -> Vec<T> {
    let (kind, first) = (random.below(4), random.next() % 1000);
    (0..n as u64)
        .map(|i| match kind {
            0 => random.next() % 1000,
            1 => first,
            2 => first + i / 10,
            _ => first + i % 7 * (i / 100),
        })
        .map(T::value)
        .collect()
}

trait Value: Number<Total: Debug> + Debug {
    fn value(number: u64) -> Self;

    /// The array compared with a number, and with an array of it, which statistics do not decide.
    fn comparisons(array: &Array<Self>, number: Self) -> Vec<[Expression<bool>; 2]>;
}

macro_rules! values {
    ($($type:ty: $number:ident => $value:expr, $operand:ident => $as_operand:expr;)*) => {$(
        impl Value for $type {
            fn value($number: u64) -> Self {
                $value
            }

            fn comparisons(array: &Array<Self>, $operand: Self) -> Vec<[Expression<bool>; 2]> {
                let number = $as_operand;
                let plain = Array::full([], number, &Options::new()).unwrap();
                let array = || array.lazy();
                vec![
                    [array().gt(number), array().gt(&plain)],
                    [array().ge(number), array().ge(&plain)],
                    [array().lt(number), array().lt(&plain)],
                    [array().le(number), array().le(&plain)],
                    [array().eq(number), array().eq(&plain)],
                    [array().ne(number), array().ne(&plain)],
                ]
            }
        }
    )*};
}
values! {
    u8: n => n as u8, number => number;
    u64: n => u64::MAX - n, number => number;
    // In another type than the array's.
    i32: n => 5 * n as i32 - 300, number => f64::from(number) + 0.5;
    // Zeros of both signs among them, and some that are no numbers.
    f32: n => match n % 997 { 996 => -f32::NAN, 0 => -0.0, 1 => 0.0, n => n as f32 / 7.0 - 20.0 },
        number => number;
}

impl Value for bool {
    fn value(number: u64) -> Self {
        number % 500 > 3
    }

    fn comparisons(_: &Array<Self>, _: Self) -> Vec<[Expression<bool>; 2]> {
        Vec::new()
    }
}

impl Value for f16 {
    fn value(number: u64) -> Self {
        if number % 401 == 400 { f16::NAN } else { f16::from_f32((number % 9) as f32 * -0.5) }
    }

    fn comparisons(_: &Array<Self>, _: Self) -> Vec<[Expression<bool>; 2]> {
        Vec::new()
    }
}

/// Changes an array in one of many ways.
fn change<T: Value>(random: &mut Random, array: &mut Array<T>) {
    let shape = array.shape().to_vec();
    match random.below(9) {
        0 => {
            let region = Region::new(random.region(&shape)).unwrap();
            let items = items::<T>(random, region.shape().iter().product());
            array.write_region(&region, &items).unwrap();
        }
        1 => {
            let value = T::value(random.next() % 1000);
            array.fill_region(&Region::new(random.region(&shape)).unwrap(), value).unwrap();
        }
        2 => {
            let lens: Vec<usize> =
                shape.iter().map(|&len| len / 2 + random.below(len + 2)).collect();
            array.resize(lens).unwrap();
        }
        3 if !shape.is_empty() => {
            let rows = random.below(4);
            let items = items::<T>(random, shape[1..].iter().product::<usize>() * rows);
            array.append_slice(&items).unwrap();
        }
        4 if !shape.contains(&0) => {
            let index: Vec<usize> = shape.iter().map(|&len| random.below(len)).collect();
            array.set(&index, T::value(random.next() % 1000)).unwrap();
        }
        5 => {
            let value = T::value(random.next() % 1000);
            array.map_in_place(|item| if item == value { T::value(3) } else { item }).unwrap();
        }
        6 if array.nchunks() > 0 => {
            let chunk = random.below(array.nchunks());
            let value = T::value(random.next() % 1000);
            array.fill_chunk(chunk, value).unwrap();
        }
        7 if array.nchunks() > 0 => {
            let chunk = random.below(array.nchunks());
            let mut items = array.read_chunk(chunk).unwrap();
            items.reverse();
            array.write_chunk(chunk, &items).unwrap();
        }
        _ => {
            let first = T::value(random.next() % 1000);
            array
                .update_chunks(|_, items| {
                    if let Some(item) = items.first_mut() {
                        *item = first
                    }
                })
                .unwrap();
        }
    }
}

/// All that statistics may answer, as text: bits of floats are those of their digits.
fn answers<T: Value>(array: &Array<T>, number: T) -> Vec<String> {
    let floats = |numbers: Vec<f64>| numbers.into_iter().map(f64::to_bits).collect::<Vec<_>>();
    let mut answers = vec![
        format!("{:?}", array.sum()),
        format!("{:?}", array.mean().map(f64::to_bits)),
        format!("{:?}", array.min_max()),
        format!("{:?}", array.argmin()),
        format!("{:?}", array.argmax()),
        format!("{:?}", array.skip_nan().sum()),
        format!("{:?}", array.skip_nan().min_max()),
        format!("{:?}", array.skip_nan().argmin()),
        format!("{:?}", array.skip_nan().argmax()),
        format!("{:?}", array.histogram(7, -21.0, 130.5)),
        format!("{:?}", array.percentiles(&[0.0, 37.5, 100.0]).map(floats)),
        format!("{:?}", array.skip_nan().percentiles(&[50.0, 99.0]).map(floats)),
        format!("{:?}", array.unique_counts()),
    ];
    for [known, plain] in T::comparisons(array, number) {
        assert_eq!(known.to_vec().unwrap(), plain.to_vec().unwrap());
        assert_eq!(known.true_indices().unwrap(), plain.true_indices().unwrap());
        assert_eq!(known.any().unwrap(), plain.any().unwrap());
        assert_eq!(known.all().unwrap(), plain.all().unwrap());
        let counts = (known.count(|item| item).unwrap(), plain.count(|item| item).unwrap());
        assert_eq!(counts.0, counts.1);
        answers.push(format!("{:?}", array.read_masked(known)));
    }
    if let [first, .., last] = &T::comparisons(array, number)[..] {
        let [[known, plain], [other, plain_other]] = [first, last].map(|pair| pair.clone());
        let both = [&known & &other, &plain & &plain_other].map(|both| both.to_vec().unwrap());
        assert_eq!(both[0], both[1]);
        let either = [known | other, plain | plain_other].map(|either| either.to_vec().unwrap());
        assert_eq!(either[0], either[1]);
    }
    answers
}

fn check<T: Value>(seed: u64) {
    let random = &mut Random(seed);
    let shape = random.shape();
    let options = random.options(&shape);
    let items = items::<T>(random, shape.iter().product());
    let mut array = if random.below(2) == 0 {
        Array::from_slice(&items, &shape, &options.block_statistics()).unwrap()
    } else {
        let mut array = Array::from_slice(&items, &shape, &options).unwrap();
        array.keep_block_statistics().unwrap();
        array
    };
    for step in 0..4 {
        assert!(array.keeps_block_statistics());
        let mut plain = array.clone();
        plain.drop_block_statistics();
        let number = T::value(random.next() % 1000);
        assert_eq!(answers(&array, number), answers(&plain, number), "seed {seed}, step {step}");
        // They are what they would be if they were made now.
        plain.keep_block_statistics().unwrap();
        for chunk in 0..array.nchunks() {
            // Blocks that there are not are errors, of both.
            for block in 0..=array.chunk_shape().iter().product() {
                let [known, again] = [&array, &plain].map(|array| {
                    array.block_statistics(chunk, block).map(|known| format!("{known:?}"))
                });
                match (known, again) {
                    (Ok(known), Ok(again)) => assert_eq!(known, again, "seed {seed}, step {step}"),
                    (known, again) => {
                        assert!(known.is_err() && again.is_err());
                        break;
                    }
                }
            }
        }
        change(random, &mut array);
    }
}

#[test]
fn answers_are_the_same() {
    for seed in 0..16 {
        check::<bool>(seed);
        check::<u8>(seed);
        check::<i32>(seed);
        check::<u64>(seed);
        check::<f16>(seed);
        check::<f32>(seed);
    }
}

/// Statistics do not know which of those that are not a number an element is.
#[test]
fn sums_that_are_not_a_number_are_the_same() {
    for bits in [0x7fc0_0000, 0xffc0_0000, 0x7fc0_1234, 0xff80_0001] {
        let mut items = vec![1.5f32; 100];
        items[70] = f32::from_bits(bits);
        items[7] = f32::INFINITY;
        let known = Array::from_slice(&items, [100], &Options::new().block_statistics()).unwrap();
        let plain = Array::from_slice(&items, [100], &Options::new()).unwrap();
        let bits = |number: f64| format!("{:x}", number.to_bits());
        assert_eq!(bits(known.sum().unwrap()), bits(plain.sum().unwrap()));
        assert_eq!(bits(known.mean().unwrap()), bits(plain.mean().unwrap()));
    }
}
