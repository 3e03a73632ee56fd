//! What the protocol between threads is made of. The model checker in `tests/model` puts its own
//! in the place of this file.

pub(super) use std::sync::{Arc, PoisonError, RwLock};
