//! Channels and images, through the public interface, against plain vectors.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

mod corpus;
mod edit;
mod errors;
mod properties;
mod scenarios;

use half::f16;
use ndpress::Element;

/// Elements that tests can make from numbers.
trait Sample: Element + PartialEq + std::fmt::Debug {
    fn sample(number: u64) -> Self;
}

macro_rules! implement_sample {
    ($($type:ty: |$number:ident| $value:expr;)*) => {$(
        impl Sample for $type {
            fn sample($number: u64) -> Self {
                $value
            }
        }
    )*};
}
implement_sample! {
    u8: |n| n as u8;
    i8: |n| n as i8;
    u16: |n| n as u16;
    i16: |n| n as i16;
    u32: |n| n as u32;
    i32: |n| n as i32;
    u64: |n| n;
    i64: |n| n as i64;
    f16: |n| f16::from_f32((n % 2048) as f32);
    f32: |n| (n % (1 << 24)) as f32 / 8.0;
    f64: |n| (n % (1 << 50)) as f64 / 8.0;
    bool: |n| n.is_multiple_of(3);
    [f32; 2]: |n| [f32::sample(n), f32::sample(n / 3)];
}

/// A gradient with some noise, different for each seed: compressible, but not constant.
fn pixels<T: Sample>([height, width]: [usize; 2], seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut pixels = Vec::with_capacity(height * width);
    for y in 0..height as u64 {
        for x in 0..width as u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            pixels.push(T::sample(y / 2 + x / 4 + seed + (state >> 62)));
        }
    }
    pixels
}
