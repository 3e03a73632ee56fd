//! Compressed n-dimensional arrays.
mod grid;
mod partition;
mod selection;
