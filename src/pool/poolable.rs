//! What can be in a pool: anything that is made of arrays.

use std::any::Any;

use crate::array::{AnyArray, Array, OpaqueArray};
use crate::dtype::Element;
use crate::image::{AnyChannel, Channel, Image};

mod private {
    use crate::array::RawArray;

    pub trait Sealed {
        /// The arrays that a value is made of, in an order.
        #[allow(private_interfaces, reason = "nobody outside can call it")]
        fn raws(&self) -> Vec<&RawArray>;

        /// The same arrays, to say where their chunks are.
        #[allow(private_interfaces, reason = "nobody outside can call it")]
        fn raws_mut(&mut self) -> Vec<&mut RawArray>;
    }
}
pub(super) use self::private::Sealed;
use crate::array::RawArray;

/// What an [`ArrayPool`](super::ArrayPool) can hold: [`Array`], [`AnyArray`], [`OpaqueArray`],
/// [`Channel`], [`AnyChannel`], [`Image`]. The trait is sealed.
pub trait Poolable: private::Sealed + Clone + Send + Sync + 'static {}

/// A value of any type that can be in a pool.
pub(super) trait Held: Any + Send + Sync {
    fn arrays(&self) -> Vec<&RawArray>;
    fn arrays_mut(&mut self) -> Vec<&mut RawArray>;

    /// A clone, whose chunks are the same.
    fn copy(&self) -> Box<dyn Held>;
}

impl<A: Poolable> Held for A {
    fn arrays(&self) -> Vec<&RawArray> {
        self.raws()
    }

    fn arrays_mut(&mut self) -> Vec<&mut RawArray> {
        self.raws_mut()
    }

    fn copy(&self) -> Box<dyn Held> {
        Box::new(self.clone())
    }
}

/// Values of one array, and how to get at it.
macro_rules! one_array {
    ($([$($type:ident)?] $pooled:ty: |$value:ident| $get:expr, $get_mut:expr;)*) => {$(
        #[allow(private_interfaces, reason = "nobody outside can call it")]
        impl$(<$type: Element>)? Sealed for $pooled {
            fn raws(&self) -> Vec<&RawArray> {
                let $value = self;
                vec![$get]
            }

            fn raws_mut(&mut self) -> Vec<&mut RawArray> {
                let $value = self;
                vec![$get_mut]
            }
        }

        impl$(<$type: Element>)? Poolable for $pooled {}
    )*};
}
one_array! {
    [T] Array<T>: |array| array.raw(), array.raw_mut();
    [] OpaqueArray: |array| array.raw(), array.raw_mut();
    [] AnyArray: |array| array.raw(), array.raw_mut();
    [T] Channel<T>: |channel| channel.as_array().raw(), channel.array_mut().raw_mut();
    [] AnyChannel: |channel| channel.as_array().raw(), channel.array_mut().raw_mut();
}

#[allow(private_interfaces, reason = "nobody outside can call it")]
impl Sealed for Image {
    fn raws(&self) -> Vec<&RawArray> {
        self.channels().map(|(_, channel)| channel.as_array().raw()).collect()
    }

    fn raws_mut(&mut self) -> Vec<&mut RawArray> {
        self.channels_raw_mut().map(|channel| channel.array_mut().raw_mut()).collect()
    }
}

impl Poolable for Image {}
