//! What the raster codec has to reach, each beside what was measured.

use super::contender::Kind;
use super::measure::Row;
use super::summary::{Figure, Rows};
use super::table::spelled;

const RATIO: (&str, Figure) = ("ratio", Row::ratio);
const ENCODE: (&str, Figure) = ("encode", Row::encode_speed);
const DECODE: (&str, Figure) = ("decode", Row::decode_speed);

/// A pair of contenders, and how many times better the first has to be at what.
type Target = ((Kind, Kind), (&'static str, Figure), f64);

const LZ4: (Kind, Kind) = (Kind::Fast, Kind::Lz4);

/// With the best instruction set, in the mean over the classes.
const MEANS: [Target; 7] = [
    (LZ4, RATIO, 1.7),
    (LZ4, DECODE, 4.0),
    (LZ4, ENCODE, 4.0),
    ((Kind::Fast, Kind::Zstd9), RATIO, 1.15),
    ((Kind::Fast, Kind::Zstd9), DECODE, 7.0),
    ((Kind::Dense, Kind::Zstd9), RATIO, 1.3),
    ((Kind::Dense, Kind::Zstd9), DECODE, 2.0),
];

/// The classes in which LZ and entropy coding shine, where the denser level must not fall behind.
const LZ_CLASSES: [&str; 3] = ["graphics", "label", "exr_render"];

/// Which of the targets hold when the kernels were made to use one instruction set.
fn means(isa: Option<&str>) -> Vec<Target> {
    let (decode, encode) = match isa {
        None | Some("avx512") => return MEANS.to_vec(),
        Some("avx2gfni") => (3.0, 3.0),
        Some("avx2") => (1.8, 2.0),
        Some(_) => (0.6, 0.6),
    };
    vec![(LZ4, DECODE, decode), (LZ4, ENCODE, encode)]
}

/// A line per target.
pub fn report(rows: &Rows, isa: Option<&str>) -> String {
    let mut text = format!("\nTargets, kernels {}\n", isa.unwrap_or("as detected"));
    for (pair, (what, figure), wanted) in means(isa) {
        if let Some(measured) = rows.quotient(pair, figure) {
            text.push_str(&line(pair, what, "all classes", wanted, measured));
        }
    }
    let is_forced = isa.is_some_and(|isa| isa != "avx512");
    if is_forced {
        return text;
    }
    for class in rows.classes() {
        let pairs = [((Kind::Dense, Kind::Pco8), true), ((Kind::Dense, Kind::Zstd9), false)];
        for (pair, is_for_all) in pairs {
            if let Some(measured) = rows.class_quotient(class, pair, Row::ratio)
                && (is_for_all || LZ_CLASSES.contains(&class))
            {
                text.push_str(&line(pair, "ratio", &spelled(class), 1.0, measured));
            }
        }
    }
    for (what, figure) in [RATIO, DECODE] {
        if let Some((measured, array)) = rows.worst(LZ4, figure) {
            text.push_str(&line(LZ4, what, &format!("worst: {array}"), 1.0, measured));
        }
    }
    text
}

fn line(
    (over, under): (Kind, Kind),
    what: &str,
    place: &str,
    wanted: f64,
    measured: f64,
) -> String {
    let verdict = if measured >= wanted { "reached" } else { "MISSED" };
    let pair = format!("{over} / {under}");
    format!(
        "{pair:<16} {what:<7} {place:<34} wanted {wanted:>5.2}  measured {measured:>6.3}  {verdict}\n"
    )
}
