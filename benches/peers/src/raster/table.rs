//! Means to tables: for the terminal, for the documents, for spreadsheets.

use std::fmt::Write;

use super::contender::Kind;
use super::measure::Row;
use super::summary::{Figure, Rows};

/// What is said of a contender, in the order of the columns.
const FIGURES: [(&str, Figure); 3] = [
    ("compression ratio", Row::ratio),
    ("encoding, GB/s", Row::encode_speed),
    ("decoding, GB/s", Row::decode_speed),
];

/// A line per array, class by class, and their means.
pub fn text(rows: &Rows) -> String {
    let kinds = rows.kinds();
    let mut text = format!("{:<28}", "");
    for kind in &kinds {
        text.push_str(&format!(" |{kind:^20}"));
    }
    text.push_str(&format!("\n{:<28}", ""));
    text.push_str(&format!(" |{:>6}{:>7}{:>7}", "ratio", "enc", "dec").repeat(kinds.len()));
    for class in rows.classes() {
        for array in rows.arrays(class) {
            line(&mut text, array, &kinds, |kind, figure| rows.row(array, kind).map(figure));
        }
        let mean = |kind, figure| rows.class_mean(class, kind, figure);
        line(&mut text, &format!("= {class}"), &kinds, mean);
    }
    line(&mut text, "= all classes", &kinds, |kind, figure| rows.mean(kind, figure));
    text.push('\n');
    text
}

fn line(
    text: &mut String,
    label: &str,
    kinds: &[Kind],
    value: impl Fn(Kind, Figure) -> Option<f64>,
) {
    text.push_str(&format!("\n{label:<28}"));
    for &kind in kinds {
        let [ratio, encode, decode] = FIGURES.map(|(_, figure)| number(value(kind, figure)));
        text.push_str(&format!(" |{ratio:>6}{encode:>7}{decode:>7}"));
    }
}

/// A table per figure: a line per class, a column per contender.
pub fn markdown(rows: &Rows) -> String {
    let kinds = rows.kinds();
    let mut text = String::new();
    for (label, figure) in FIGURES {
        let heads: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        text.push_str(&format!("| {label} | {} |\n", heads.join(" | ")));
        text.push_str(&format!("|---{}|\n", "|---".repeat(kinds.len())));
        let mut line = |label: &str, value: &dyn Fn(Kind) -> Option<f64>| {
            let cells: Vec<String> = kinds.iter().map(|&kind| number(value(kind))).collect();
            text.push_str(&format!("| {label} | {} |\n", cells.join(" | ")));
        };
        for class in rows.classes() {
            let label = format!("{} ({})", spelled(class), rows.arrays(class).len());
            line(&label, &|kind| rows.class_mean(class, kind, figure));
        }
        line("**all classes**", &|kind| rows.mean(kind, figure));
        text.push('\n');
    }
    text
}

/// A class as a reader would write it.
pub fn spelled(class: &str) -> String {
    class.replace('_', " ")
}

/// Three digits.
fn number(value: Option<f64>) -> String {
    match value {
        None => "–".into(),
        Some(value) if value < 0.1 => format!("{value:.3}"),
        Some(value) if value < 10.0 => format!("{value:.2}"),
        Some(value) if value < 100.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}

/// A line per array and contender, seconds and bytes.
pub fn csv(rows: &Rows) -> String {
    let mut text = String::from("class,array,contender,nbytes,cbytes,encode_s,decode_s\n");
    for Row { class, array, kind, nbytes, cbytes, encode, decode } in &rows.0 {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{class},{array},{},{nbytes},{cbytes},{encode:.9},{decode:.9}",
            kind.name()
        );
    }
    text
}
