//! What `std::sync` has, as loom can follow it.

use std::ops::Deref;
use std::sync::PoisonError as StdPoisonError;

pub(crate) use loom::sync::RwLock;

pub(crate) type PoisonError<T> = StdPoisonError<T>;

/// loom's `Arc`, and the two functions that it does not have.
pub(crate) struct Arc<T>(loom::sync::Arc<T>);

impl<T> Arc<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(loom::sync::Arc::new(value))
    }
}

impl<T: Clone> Arc<T> {
    pub(crate) fn make_mut(this: &mut Self) -> &mut T {
        if loom::sync::Arc::get_mut(&mut this.0).is_none() {
            *this = Self::new((**this).clone());
        }
        match loom::sync::Arc::get_mut(&mut this.0) {
            Some(value) => value,
            None => unreachable!("nobody else has it"),
        }
    }

    pub(crate) fn unwrap_or_clone(this: Self) -> T {
        loom::sync::Arc::try_unwrap(this.0).unwrap_or_else(|shared| (*shared).clone())
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
