//! Expressions of arrays, evaluated block by block when their elements are asked for.

mod assembly;
mod evaluate;
mod functions;
mod operators;
mod views;

use std::fmt;
use std::sync::Arc;

pub use self::assembly::{concatenate, stack};
pub use self::operators::Operand;

use super::cast::CastFrom;
use super::node::{Broadcast, Known, Leaf, Map, Node, Zip, broadcast_shape};
use super::number::{Extremes, Kernel, Number};
use crate::array::Array;
use crate::dtype::Element;
use crate::error::{InvalidArgument, Result};
use crate::shape::Shape;

/// What is to be computed of arrays, element by element.
///
/// Operators and methods on arrays and expressions build an expression, which costs some words for
/// each and computes nothing. It is evaluated block by block: into a compressed array
/// ([`to_array`](Self::to_array)), into plain memory ([`to_vec`](Self::to_vec),
/// [`read_region`](Self::read_region)), or into a reduction ([`sum`](Self::sum) and the others that
/// arrays have), without an array for any step between. An array that occurs several times is decoded
/// once for each block; where all that an expression depends on is one value in a block, it is
/// computed once for the block. Arrays are taken as they are when the expression is built; what is
/// written to them later does not show.
///
/// ```
/// use ndpress::{Array, Options};
///
/// let a = Array::full([480, 640], 20.0f32, &Options::new())?;
/// let b = Array::full([640], 6u8, &Options::new())?;
///
/// let mask = (&a * 0.5 + &b).sqrt().gt(3.0); // 4 > 3
/// assert_eq!(mask.count(|item| item)?, 480 * 640);
/// let mask = mask.to_array()?;
/// assert!(mask.at(&[100, 100])?);
/// # Ok::<(), ndpress::Error>(())
/// ```
///
/// # Shapes
///
/// Those of two operands are broadcast as in NumPy: aligned at the last axis, and axes of length 1, or
/// that one of them has not, are repeated. Shapes that do not suit each other are an error of the
/// expression, which all evaluations answer: [`Broadcast`](InvalidArgument::Broadcast), with both.
///
/// # Types
///
/// Numbers of two types become one that has both, as NumPy has it: see
/// [`Promote`](crate::Promote). A number that is no array's takes the type of the array it meets, but
/// for floats beside integers, which make them `f64`; an integer that the type has not is an error,
/// [`ScalarRange`](InvalidArgument::ScalarRange). Left of an operator it is an `i32` or `f64`, as
/// literals are. Integers wrap around; quotients of integers are
/// `f64`; functions give floats: see [`Arithmetic`](crate::Arithmetic).
pub struct Expression<T> {
    node: Result<Arc<dyn Node<T>>, InvalidArgument>,
}

impl<T> Clone for Expression<T> {
    fn clone(&self) -> Self {
        Self { node: self.node.clone() }
    }
}

impl<T: Element> Array<T> {
    /// The array as an expression, to call its methods.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1.0f32, -4.0], [2], &Options::new())?;
    /// assert_eq!(array.lazy().abs().sqrt().to_vec()?, [1.0, 2.0]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    pub fn lazy(&self) -> Expression<T> {
        Expression { node: Ok(Arc::new(Leaf(self.clone()))) }
    }
}

impl<T: Element> From<&Array<T>> for Expression<T> {
    fn from(array: &Array<T>) -> Self {
        array.lazy()
    }
}

impl<T> From<&Self> for Expression<T> {
    fn from(expression: &Self) -> Self {
        expression.clone()
    }
}

impl<T: Element> Expression<T> {
    /// The shape of what comes out.
    ///
    /// # Errors
    /// That of the expression.
    pub fn shape(&self) -> Result<Shape> {
        Ok(*self.node()?.shape())
    }

    pub(super) fn of(node: Arc<dyn Node<T>>) -> Self {
        Self { node: Ok(node) }
    }

    /// The node of an expression without an error.
    pub(super) fn ready(&self) -> &dyn Node<T> {
        match &self.node {
            Ok(node) => &**node,
            Err(_) => unreachable!("it was made of a node"),
        }
    }

    pub(super) fn into_node(self) -> Result<Arc<dyn Node<T>>> {
        Ok(self.node?)
    }

    fn node(&self) -> Result<&Arc<dyn Node<T>>> {
        self.node.as_ref().map_err(|error| error.clone().into())
    }

    /// Each element made into another one by a function of your own. It may be asked once for many
    /// equal elements, and more than once for one.
    ///
    /// ```
    /// use ndpress::{Array, Options};
    ///
    /// let array = Array::from_slice(&[1u8, 2], [2], &Options::new())?;
    /// assert_eq!(array.lazy().map(|item| item > 1).to_vec()?, [false, true]);
    /// # Ok::<(), ndpress::Error>(())
    /// ```
    #[must_use]
    pub fn map<U: Element>(self, f: impl Fn(T) -> U + Send + Sync + 'static) -> Expression<U> {
        Expression { node: self.node.map(|inner| Arc::new(Map { inner, f }) as Arc<dyn Node<U>>) }
    }

    /// Elements at the same indices made into one by a function of your own, broadcast where shapes
    /// differ. It may be asked once for many equal elements, and more than once for one.
    #[must_use]
    pub fn zip_with<B: Element, U: Element>(
        self,
        other: impl Into<Expression<B>>,
        f: impl Fn(T, B) -> U + Send + Sync + 'static,
    ) -> Expression<U> {
        let pair = self.node.and_then(|left| Ok((left, other.into().node?)));
        let node = pair.and_then(|(left, right)| {
            let shape = broadcast_shape(left.shape(), right.shape())?;
            let (left, right) = (Broadcast::to(left, shape), Broadcast::to(right, shape));
            Ok(Arc::new(Zip { left, right, f }) as Arc<dyn Node<U>>)
        });
        Expression { node }
    }

    /// The elements as another number type: see [`CastFrom`].
    #[must_use]
    pub fn cast<U: CastFrom<T>>(self) -> Expression<U> {
        self.map(U::cast_from)
    }
}

impl<T: Number> Expression<T> {
    /// As [`cast`](Self::cast), to a type that has all numbers of this one; costs nothing where the
    /// types are one.
    fn promoted<U: CastFrom<T>>(self) -> Expression<U> {
        if let Some(same) = (&self as &dyn std::any::Any).downcast_ref::<Expression<U>>() {
            return same.clone();
        }
        let cast = self.clone().cast::<U>().node;
        let node = self.node.and_then(|operand| {
            let promote = |keys: Extremes<u64>| {
                keys.map(|key| U::Kernel::key(U::cast_from(T::Kernel::of_key(key))))
            };
            Ok(Arc::new(Known::promoted(cast?, operand, promote)) as Arc<dyn Node<U>>)
        });
        Expression { node }
    }
}

impl<T: Element> fmt::Debug for Expression<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = self.node.as_ref().map(|node| *node.shape());
        f.debug_struct("Expression").field("dtype", &T::DTYPE).field("shape", &shape).finish()
    }
}
