//! Operators on arrays, expressions and numbers.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};
use std::sync::Arc;

use super::Expression;
use crate::array::Array;
use crate::compute::arithmetic::{Arithmetic, Operations, Promote};
use crate::compute::cast::CastFrom;
use crate::compute::node::{Broadcast, Known, Node};
use crate::compute::number::{Extremes, Kernel, Number};
use crate::error::InvalidArgument;

/// What stands right of an operator, with numbers of type `T` left of it: an array, an expression,
/// or a number.
pub trait Operand<T: Number> {
    /// The type that both are made into.
    type Common: Arithmetic;

    /// Both in that type.
    #[doc(hidden)]
    fn with(self, left: Expression<T>) -> Operands<Self::Common>;
}

/// Two operands of one type.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "hidden")]
#[allow(clippy::exhaustive_enums, reason = "hidden")]
pub enum Operands<T> {
    Both(Expression<T>, Expression<T>),
    /// A number on the right.
    Number(Expression<T>, T),
}

/// What a comparison with a number answers for all elements that lie so, if it is the same.
type Decide<T> = fn(&Extremes<T>, T, &dyn Fn(T, T) -> bool) -> Option<bool>;

impl<T: Arithmetic> Operands<T> {
    /// Applies an operation.
    pub(super) fn apply<U: crate::Element>(
        self,
        f: impl Fn(T, T) -> U + Send + Sync + 'static,
    ) -> Expression<U> {
        match self {
            Self::Both(left, right) => left.zip_with(right, f),
            Self::Number(left, right) => left.map(move |left| f(left, right)),
        }
    }

    /// Applies a comparison. `decide` tells what it answers for all elements between two.
    pub(super) fn compare(
        self,
        compare: impl Fn(T, T) -> bool + Copy + Send + Sync + 'static,
        decide: Decide<T>,
    ) -> Expression<bool> {
        let Self::Number(left, number) = self else { return self.apply(compare) };
        let compared = left.clone().map(move |left| compare(left, number)).node;
        let node = left.node.and_then(|operand| {
            let decide =
                move |keys: &Extremes<u64>| decide(&keys.map(T::Kernel::of_key), number, &compare);
            Ok(Arc::new(Known::comparison(compared?, operand, decide)) as Arc<dyn Node<bool>>)
        });
        Expression { node }
    }

    fn map<U: Arithmetic + CastFrom<T>>(self) -> Operands<U> {
        match self {
            Self::Both(left, right) => Operands::Both(left.promoted(), right.promoted()),
            Self::Number(left, right) => Operands::Number(left.promoted(), U::cast_from(right)),
        }
    }
}

impl<T: Promote<U>, U: Number> Operand<T> for Expression<U> {
    type Common = T::Output;

    fn with(self, left: Expression<T>) -> Operands<T::Output> {
        Operands::Both(left.promoted(), self.promoted())
    }
}

impl<T: Promote<U>, U: Number> Operand<T> for &Expression<U> {
    type Common = T::Output;

    fn with(self, left: Expression<T>) -> Operands<T::Output> {
        self.clone().with(left)
    }
}

impl<T: Promote<U>, U: Number> Operand<T> for &Array<U> {
    type Common = T::Output;

    fn with(self, left: Expression<T>) -> Operands<T::Output> {
        self.lazy().with(left)
    }
}

macro_rules! float_operands {
    ($($type:ident)*) => {$(
        impl<T: Arithmetic> Operand<T> for $type {
            type Common = T::Quotient;

            fn with(self, left: Expression<T>) -> Operands<T::Quotient> {
                Operands::Number(left.promoted(), T::Quotient::cast_from(f64::from(self)))
            }
        }
    )*};
}
float_operands!(f32 f64);

macro_rules! integer_operands {
    ($($type:ident)*) => {$(
        impl<T: Arithmetic> Operand<T> for $type {
            type Common = T;

            fn with(self, left: Expression<T>) -> Operands<T> {
                let integer = i128::from(self);
                match T::Operations::of_integer(integer) {
                    Some(number) => Operands::Number(left, number),
                    None => {
                        let (number, dtype) = (integer.to_string(), T::DTYPE);
                        let error = InvalidArgument::ScalarRange { number, dtype };
                        let node = left.node.and(Err(error));
                        Operands::Number(Expression { node }, T::zeroed())
                    }
                }
            }
        }
    )*};
}
integer_operands!(u8 u16 u32 u64 i8 i16 i32 i64);

macro_rules! operators {
    ($($operator:ident $method:ident;)*) => {$(
        operators!(@left $operator $method Expression<T>);
        operators!(@left $operator $method &Array<T>);
        operators!(@left $operator $method &Expression<T>);
        operators!(@number $operator $method i32 f64);
    )*};
    (@left $operator:ident $method:ident $left:ty) => {
        impl<T: Number, R: Operand<T>> $operator<R> for $left {
            type Output = Expression<R::Common>;

            fn $method(self, right: R) -> Self::Output {
                let operands = right.with(Expression::from(self));
                operands.apply(<R::Common as Arithmetic>::Operations::$method)
            }
        }
    };
    // A number on the left, of the types that literals have: with more of them, nobody could tell which
    // one a literal is. What it is made into is the same as on the right.
    (@number $operator:ident $method:ident $($number:ident)*) => {$(
        impl<T: Number> $operator<Expression<T>> for $number
        where
            $number: Operand<T>,
        {
            type Output = Expression<<$number as Operand<T>>::Common>;

            fn $method(self, right: Expression<T>) -> Self::Output {
                type Of<T> = <<$number as Operand<T>>::Common as Arithmetic>::Operations;
                self.with(right).apply(|right, left| Of::<T>::$method(left, right))
            }
        }

        impl<T: Number> $operator<&Array<T>> for $number
        where
            $number: Operand<T>,
        {
            type Output = Expression<<$number as Operand<T>>::Common>;

            fn $method(self, right: &Array<T>) -> Self::Output {
                $operator::$method(self, right.lazy())
            }
        }
    )*};
}
operators! {
    Add add;
    Sub sub;
    Mul mul;
    Rem rem;
}

macro_rules! division {
    ($($left:ty),*) => {$(
        impl<T: Number, R: Operand<T>> Div<R> for $left {
            type Output = Expression<<R::Common as Arithmetic>::Quotient>;

            fn div(self, right: R) -> Self::Output {
                quotient(right.with(Expression::from(self)))
            }
        }
    )*};
    (@number $($number:ident)*) => {$(
        impl<T: Number> Div<Expression<T>> for $number
        where
            $number: Operand<T>,
        {
            type Output =
                Expression<<<$number as Operand<T>>::Common as Arithmetic>::Quotient>;

            fn div(self, right: Expression<T>) -> Self::Output {
                let operands =
                    self.with(right).map::<<<$number as Operand<T>>::Common as Arithmetic>::Quotient>();
                operands.apply(|right, left| divide(left, right))
            }
        }

        impl<T: Number> Div<&Array<T>> for $number
        where
            $number: Operand<T>,
        {
            type Output =
                Expression<<<$number as Operand<T>>::Common as Arithmetic>::Quotient>;

            fn div(self, right: &Array<T>) -> Self::Output {
                self / right.lazy()
            }
        }
    )*};
}
division! {
    Expression<T>, &Expression<T>, &Array<T>
}
division!(@number i32 f64);

fn quotient<T: Arithmetic>(operands: Operands<T>) -> Expression<T::Quotient> {
    operands.map::<T::Quotient>().apply(divide)
}

fn divide<T: Arithmetic>(a: T, b: T) -> T {
    T::Operations::div(a, b)
}

/// Two conditions made into one by `f`, which `decisive` decides if one of them is it.
fn junction(
    left: Expression<bool>,
    right: Expression<bool>,
    decisive: bool,
    f: impl Fn(bool, bool) -> bool + Send + Sync + 'static,
) -> Expression<bool> {
    let inner = left.clone().zip_with(&right, f).node;
    let node = inner.and_then(|inner| {
        let shape = *inner.shape();
        let conditions = [Broadcast::to(left.node?, shape), Broadcast::to(right.node?, shape)];
        Ok(Arc::new(Known::junction(inner, conditions, decisive)) as Arc<dyn Node<bool>>)
    });
    Expression { node }
}

fn and(left: Expression<bool>, right: Expression<bool>) -> Expression<bool> {
    junction(left, right, false, |a, b| a & b)
}

fn or(left: Expression<bool>, right: Expression<bool>) -> Expression<bool> {
    junction(left, right, true, |a, b| a | b)
}

fn exclusive_or(left: Expression<bool>, right: Expression<bool>) -> Expression<bool> {
    left.zip_with(right, |a, b| a ^ b)
}

macro_rules! logic {
    ($($operator:ident $method:ident $f:ident;)*) => {$(
        impl<R: Into<Expression<bool>>> $operator<R> for Expression<bool> {
            type Output = Self;

            fn $method(self, right: R) -> Self {
                $f(self, right.into())
            }
        }

        impl<R: Into<Expression<bool>>> $operator<R> for &Expression<bool> {
            type Output = Expression<bool>;

            fn $method(self, right: R) -> Expression<bool> {
                $f(self.clone(), right.into())
            }
        }

        impl<R: Into<Expression<bool>>> $operator<R> for &Array<bool> {
            type Output = Expression<bool>;

            fn $method(self, right: R) -> Expression<bool> {
                $f(self.lazy(), right.into())
            }
        }
    )*};
}
logic! {
    BitAnd bitand and;
    BitOr bitor or;
    BitXor bitxor exclusive_or;
}

impl Not for Expression<bool> {
    type Output = Self;

    fn not(self) -> Self {
        self.map(|item| !item)
    }
}

impl Not for &Expression<bool> {
    type Output = Expression<bool>;

    fn not(self) -> Expression<bool> {
        !self.clone()
    }
}

impl Not for &Array<bool> {
    type Output = Expression<bool>;

    fn not(self) -> Expression<bool> {
        !self.lazy()
    }
}

impl<T: Arithmetic> Neg for Expression<T> {
    type Output = Self;

    fn neg(self) -> Self {
        self.map(T::Operations::neg)
    }
}

impl<T: Arithmetic> Neg for &Expression<T> {
    type Output = Expression<T>;

    fn neg(self) -> Expression<T> {
        -self.clone()
    }
}

impl<T: Arithmetic> Neg for &Array<T> {
    type Output = Expression<T>;

    fn neg(self) -> Expression<T> {
        -self.lazy()
    }
}
