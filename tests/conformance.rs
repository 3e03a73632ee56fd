//! The built-in codecs and filters keep the contracts that others are asked to keep.

use ndpress::codec::{BloscLz, Lz4, Lz4Hc, Raster};
use ndpress::conformance;
use ndpress::filter::{BitShuffle, ByteDelta, Delta, Shuffle, TruncPrec};

#[test]
fn blosclz() {
    for level in [1, 5, 9] {
        conformance::codec(&BloscLz::clevel(level));
    }
}

#[test]
fn lz4() {
    conformance::codec(&Lz4::default());
    conformance::codec(&Lz4Hc::default());
}

#[test]
fn raster() {
    conformance::codec(&Raster::fast());
    conformance::codec(&Raster::dense());
}

#[cfg(feature = "zlib")]
#[test]
fn zlib() {
    for level in [1, 6] {
        conformance::codec(&ndpress::codec::Zlib::level(level));
    }
}

#[cfg(feature = "zstd")]
#[test]
fn zstd() {
    for level in [-3, 1, 9] {
        conformance::codec(&ndpress::codec::Zstd::level(level));
    }
}

#[test]
fn lossless_filters() {
    conformance::filter(&Shuffle::default());
    conformance::filter(&BitShuffle);
    conformance::filter(&Delta);
    conformance::filter(&ByteDelta::default());
}

#[test]
fn trunc_prec() {
    conformance::lossy_filter(&TruncPrec::bits(10));
}
