//! Damaged DICOM files, and files made to do damage.

use ndpress::{Error, Unsupported};

use crate::dicom::{EXPLICIT, element, fragments, head, header, meta, open_bytes};
use crate::{Folder, bytes_of, fixture};

const RLE: &str = "1.2.840.10008.1.2.5";
const JPEG: &str = "1.2.840.10008.1.2.4.50";

/// Bytes that ask for more than they are: nested without end, announced without being there.
#[test]
fn hostile_files_cost_what_they_are() {
    let folder = Folder::new();
    let mut open = [head(0x0008_1140, "SQ"), u32::MAX.to_le_bytes().to_vec()].concat();
    open.extend([0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff]);
    let deep = [meta(EXPLICIT), open.repeat(40_000)].concat();
    let error = open_bytes(&folder, &deep).unwrap_err();
    assert!(matches!(error, Error::Unsupported(Unsupported::Image { .. })), "{error}");

    let long = [meta(EXPLICIT), head(0x0042_0011, "OB"), 0xffff_fff0u32.to_le_bytes().to_vec()];
    let error = open_bytes(&folder, &long.concat()).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");

    let many = [element(0x0028_0008, "IS", b"2147483647")];
    let pixels = element(0x7fe0_0010, "OW", &[0; 8]);
    let error = open_bytes(&folder, &[header(EXPLICIT, 2, 2, &many), pixels].concat()).unwrap_err();
    assert!(matches!(error, Error::Truncated { .. }), "{error}");

    let mut segment = [2u32, 64, 64].map(u32::to_le_bytes).concat();
    segment.resize(100, 0);
    for syntax in [RLE, JPEG] {
        let tall = [header(syntax, 0xffff, 0xffff, &[]), fragments(&[&segment])].concat();
        assert!(open_bytes(&folder, &tall).is_err());
    }
    // Segments that are not there, or unpack to less than a frame.
    for (count, first) in [(u32::MAX, 64), (2, u32::MAX), (2, 64)] {
        let mut segment = [count.to_le_bytes(), first.to_le_bytes()].concat();
        segment.resize(64, 0);
        segment.extend([0, 5]);
        let file = [header(RLE, 2, 2, &[]), fragments(&[&segment])].concat();
        assert!(matches!(open_bytes(&folder, &file), Err(Error::Corrupt(_))));
    }
}

const FIXTURES: [&str; 9] = [
    "dicom/placed.dcm",
    "dicom/uint16_implicit.dcm",
    "dicom/uint32_big.dcm",
    "dicom/enhanced.dcm",
    "dicom/rgb_planar.dcm",
    "dicom/rgb_rle.dcm",
    "dicom/cine_rle.dcm",
    "dicom/jpeg_rgb.dcm",
    "dicom/jpeg_lossless.dcm",
];

#[test]
fn truncated_files_are_errors() {
    let folder = Folder::new();
    for name in FIXTURES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        open_bytes(&folder, &bytes).unwrap();
        // The byte that makes lengths even is no pixel.
        for len in 0..bytes.len() - 1 {
            let result = open_bytes(&folder, &bytes[..len]);
            assert!(result.is_err(), "{name}, {len} bytes");
        }
    }
}

/// No checksum tells of damage; but nothing panics, and nothing takes more memory than it may. Where
/// lengths, type and encoding are as they were, pixels are those that are there.
#[test]
fn flipped_bits_are_errors_or_other_values() {
    let folder = Folder::new();
    for name in FIXTURES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let is_plain = !name.contains("rle") && !name.contains("jpeg");
        let original = open_bytes(&folder, &bytes).unwrap();
        let tag = if name.contains("big") { [0x7f, 0xe0, 0, 0x10] } else { [0xe0, 0x7f, 0x10, 0] };
        let pixels = bytes.windows(4).position(|window| window == tag).unwrap();
        let mut opened = 0;
        for bit in 132 * 8..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(volume) = open_bytes(&folder, &bytes) else { continue };
            opened += 1;
            let is_pixel = bit / 8 >= pixels + 12;
            if is_plain && is_pixel {
                let pairs = bytes_of(original.array()).into_iter().zip(bytes_of(volume.array()));
                let flipped: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
                assert_eq!(flipped, 1, "{name}, bit {bit}");
            }
        }
        assert!(opened > 0, "{name}");
    }
}

/// Damage of many bytes at once. `NDPRESS_ROUNDS=100000` looks for longer.
#[test]
fn random_damage_is_an_error_or_other_values() {
    let rounds = std::env::var("NDPRESS_ROUNDS").map_or(300, |rounds| rounds.parse().unwrap());
    let folder = Folder::new();
    let mut state = 1u64;
    let mut random = |most: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    for name in FIXTURES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        for _ in 0..rounds {
            let mut bytes = bytes.clone();
            for _ in 0..random(12) + 1 {
                // Mostly among the pixels, whose decoders know more than one way to go wrong.
                let from = if random(4) == 0 { 132 } else { bytes.len() / 2 };
                let at = from + random(bytes.len() - from);
                bytes[at] = [0, 0xff, random(256) as u8, bytes[at] ^ 1 << random(8)][random(4)];
            }
            let _ = open_bytes(&folder, &bytes);
        }
    }
}
