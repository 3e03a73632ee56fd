//! Tests of BloscLZ.
