//! The types of several channels that are borrowed at once.

use super::{AnyChannel, Channel, named};
use crate::dtype::Element;
use crate::error::Result;

mod private {
    pub trait Sealed {}
}

/// The types of `N` channels: a tuple `(f16, f16, f32)`, or an array `[u8; 3]` where all are the
/// same. See [`Image::channels_mut`](super::Image::channels_mut).
pub trait ChannelTypes<const N: usize>: private::Sealed {
    /// The channels, to change: `(&mut Channel<f16>, …)` or `[&mut Channel<u8>; 3]`.
    type Mut<'a>;

    #[doc(hidden)]
    fn split<'a>(channels: [(&'a str, &'a mut AnyChannel); N]) -> Result<Self::Mut<'a>>;
}

impl<T: Element, const N: usize> private::Sealed for [T; N] {}

impl<T: Element, const N: usize> ChannelTypes<N> for [T; N] {
    type Mut<'a> = [&'a mut Channel<T>; N];

    fn split<'a>(channels: [(&'a str, &'a mut AnyChannel); N]) -> Result<Self::Mut<'a>> {
        let mut typed = Vec::with_capacity(N);
        for (name, channel) in channels {
            typed.push(typed_mut(name, channel)?);
        }
        typed.try_into().map_err(|_| unreachable!("there is one for each of {N} channels"))
    }
}

fn typed_mut<'a, T: Element>(
    name: &str,
    channel: &'a mut AnyChannel,
) -> Result<&'a mut Channel<T>> {
    channel.as_typed_mut().map_err(|error| named(name, error))
}

macro_rules! implement_for_tuple {
    ($n:literal: $($type:ident $channel:ident),*) => {
        impl<$($type: Element),*> private::Sealed for ($($type,)*) {}

        impl<$($type: Element),*> ChannelTypes<$n> for ($($type,)*) {
            type Mut<'a> = ($(&'a mut Channel<$type>,)*);

            fn split<'a>(
                [$($channel),*]: [(&'a str, &'a mut AnyChannel); $n],
            ) -> Result<Self::Mut<'a>> {
                Ok(($(typed_mut($channel.0, $channel.1)?,)*))
            }
        }
    };
}
implement_for_tuple!(1: A a);
implement_for_tuple!(2: A a, B b);
implement_for_tuple!(3: A a, B b, C c);
implement_for_tuple!(4: A a, B b, C c, D d);
implement_for_tuple!(5: A a, B b, C c, D d, E e);
implement_for_tuple!(6: A a, B b, C c, D d, E e, F f);
