//! Functions and comparisons.

use super::operators::Operand;
use super::{Broadcast, Expression};
use crate::compute::arithmetic::{Arithmetic, Function, Operations, Promote};
use crate::compute::node::{Choose, Node, broadcast_shape};
use crate::compute::number::{Extremes, Kernel, Number};
use crate::dtype::Element;
use std::sync::Arc;

macro_rules! functions {
    ($($method:ident $function:ident $what:literal;)*) => {
        impl<T: Arithmetic> Expression<T> {
            $(
                #[doc = $what]
                #[must_use]
                pub fn $method(self) -> Expression<T::Float> {
                    self.promoted::<T::Float>().map(|item| {
                        <T::Float as Arithmetic>::Operations::apply(item, Function::$function)
                    })
                }
            )*
        }
    };
}
functions! {
    sqrt Sqrt "The square root.";
    exp Exp "The power of e.";
    ln Ln "The natural logarithm.";
    log2 Log2 "The logarithm to base 2.";
    log10 Log10 "The logarithm to base 10.";
    sin Sin "The sine of an angle in radians.";
    cos Cos "The cosine of an angle in radians.";
    tan Tan "The tangent of an angle in radians.";
    atan Atan "The angle, in radians, of a tangent.";
    tanh Tanh "The hyperbolic tangent.";
}

macro_rules! roundings {
    ($($method:ident $function:ident $what:literal;)*) => {
        impl<T: Arithmetic> Expression<T> {
            $(
                #[doc = $what]
                #[must_use]
                pub fn $method(self) -> Self {
                    self.map(|item| T::Operations::apply(item, Function::$function))
                }
            )*
        }
    };
}
roundings! {
    floor Floor "The greatest integer that is not greater. Integers stay as they are.";
    ceil Ceil "The least integer that is not less. Integers stay as they are.";
    round Round "The nearest integer, the even one of two. Integers stay as they are.";
    trunc Trunc "The integer part. Integers stay as they are.";
}

macro_rules! comparisons {
    ($($method:ident $operator:tt $decide:ident $what:literal;)*) => {
        impl<T: Number> Expression<T> {
            $(
                #[doc = $what]
                #[must_use]
                pub fn $method<R: Operand<T>>(self, right: R) -> Expression<bool> {
                    right.with(self).compare(|left, right| left $operator right, $decide)
                }
            )*
        }
    };
}
comparisons! {
    gt > by_order "Whether elements are greater. NaN is not.";
    ge >= by_order "Whether elements are greater or equal. NaN is not.";
    lt < by_order "Whether elements are less. NaN is not.";
    le <= by_order "Whether elements are less or equal. NaN is not.";
    eq == by_equality "Whether elements are equal. NaN is not, even to NaN.";
    ne != by_equality "Whether elements are not equal. NaN is not, even to NaN.";
}

/// What `compare` answers for all elements that lie between two, or are not a number, if it answers
/// the same. It is one of `<`, `<=`, `>`, `>=`.
fn by_order<T: Number>(
    between: &Extremes<T>,
    number: T,
    compare: &dyn Fn(T, T) -> bool,
) -> Option<bool> {
    let Some((low, high)) = between.range else { return between.has_nan.then_some(false) };
    match (compare(low, number), compare(high, number)) {
        (true, true) if !between.has_nan => Some(true),
        (false, false) => Some(false),
        _ => None,
    }
}

/// The same of `==` and `!=`.
fn by_equality<T: Number>(
    between: &Extremes<T>,
    number: T,
    compare: &dyn Fn(T, T) -> bool,
) -> Option<bool> {
    let are_equal = match between.range {
        Some((low, high)) if low <= number && number <= high => {
            if low < high || between.has_nan {
                return None;
            }
            true
        }
        None if !between.has_nan => return None,
        _ => false,
    };
    let of_equal = compare(T::zeroed(), T::zeroed());
    Some(are_equal == of_equal)
}

impl<T: Number> Expression<T> {
    /// The lesser of two numbers; NaN if one of them is.
    #[must_use]
    pub fn minimum<R: Operand<T>>(self, right: R) -> Expression<R::Common> {
        right.with(self).apply(<R::Common as Arithmetic>::Operations::min)
    }

    /// The greater of two numbers; NaN if one of them is.
    #[must_use]
    pub fn maximum<R: Operand<T>>(self, right: R) -> Expression<R::Common> {
        right.with(self).apply(<R::Common as Arithmetic>::Operations::max)
    }

    /// A power. Integers wrap around; their negative powers are 0, but those of 1 and -1.
    #[must_use]
    pub fn pow<R: Operand<T>>(self, right: R) -> Expression<R::Common> {
        right.with(self).apply(<R::Common as Arithmetic>::Operations::pow)
    }

    /// Whether elements are not a number.
    #[must_use]
    pub fn is_nan(self) -> Expression<bool> {
        self.map(T::Kernel::is_nan)
    }
}

impl<T: Arithmetic> Expression<T> {
    /// The distance from 0. That of the least integer wraps around.
    #[must_use]
    pub fn abs(self) -> Self {
        self.map(T::Operations::abs)
    }

    /// The nearest number from `low` to `high`; NaN stays.
    #[must_use]
    pub fn clamp(self, low: T, high: T) -> Self {
        self.map(move |item| {
            let item = if item < low { low } else { item };
            if item > high { high } else { item }
        })
    }
}

impl Expression<bool> {
    /// An element of `left` where this is true, of `right` elsewhere, in the type of both. NumPy's
    /// `where`. In a block where it is the same for all elements, only the one is evaluated.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1.0f32, -1.0], [2], &Options::new())?;
    /// let root = array.lazy().ge(0).choose(array.lazy().sqrt(), &array);
    /// assert_eq!(root.to_vec()?, [1.0, -1.0]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn choose<A, B>(
        self,
        left: impl Into<Expression<A>>,
        right: impl Into<Expression<B>>,
    ) -> Expression<A::Output>
    where
        A: Promote<B>,
        B: Number,
    {
        let (left, right) = (left.into().promoted(), right.into().promoted());
        self.choose_same(left, right)
    }

    fn choose_same<T: Element>(self, left: Expression<T>, right: Expression<T>) -> Expression<T> {
        let nodes = self.node.and_then(|condition| Ok((condition, left.node?, right.node?)));
        let node = nodes.and_then(|(condition, left, right)| {
            let shape = broadcast_shape(left.shape(), right.shape())?;
            let shape = broadcast_shape(condition.shape(), &shape)?;
            let condition = Broadcast::to(condition, shape);
            let (left, right) = (Broadcast::to(left, shape), Broadcast::to(right, shape));
            Ok(Arc::new(Choose { condition, left, right }) as Arc<dyn Node<T>>)
        });
        Expression { node }
    }
}
