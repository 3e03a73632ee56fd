//! Rows to tables and CSV.

use std::fmt::Write;

use crate::peer::{CodecKind, FilterKind};

/// One array, one setting, one peer beside ours.
#[derive(Debug, Clone)]
pub struct Row {
    pub array: String,
    pub peer: &'static str,
    pub codec: CodecKind,
    pub level: u8,
    pub filter: FilterKind,
    pub typesize: usize,
    /// "32K", "auto" or "chunk".
    pub blocks: &'static str,
    pub blocksize: usize,
    pub nbytes: usize,
    pub ours: Figures,
    pub theirs: Figures,
    /// Seconds of copying the bytes.
    pub copy: f64,
}

/// What one side needs.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    pub cbytes: usize,
    /// Seconds.
    pub encode: f64,
    /// Seconds.
    pub decode: f64,
}

/// What is compared, as ours over theirs.
type Measure = fn(&Row) -> f64;

fn encode(row: &Row) -> f64 {
    row.theirs.encode / row.ours.encode
}

fn decode(row: &Row) -> f64 {
    row.theirs.decode / row.ours.decode
}

fn size(row: &Row) -> f64 {
    row.ours.cbytes as f64 / row.theirs.cbytes as f64
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0, 0.0), |(n, sum), value| (n + 1, sum + value.ln()));
    (sum / f64::from(count.max(1))).exp()
}

/// The array that does worst in the mean over its rows, and how it does.
fn worst(rows: &[&Row], measure: Measure, is_worse: fn(&f64, &f64) -> bool) -> (f64, String) {
    let mut names: Vec<&str> = rows.iter().map(|row| row.array.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut worst: Option<(f64, String)> = None;
    for name in names {
        let of_array = rows.iter().filter(|row| row.array == name);
        let mean = geometric_mean(of_array.map(|row| measure(row)));
        if worst.as_ref().is_none_or(|(found, _)| is_worse(&mean, found)) {
            worst = Some((mean, name.to_owned()));
        }
    }
    worst.unwrap_or((f64::NAN, String::new()))
}

/// All tables: one per peer and codec, a line per setting, and one for all settings.
#[must_use]
pub fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut peers: Vec<&str> = rows.iter().map(|row| row.peer).collect();
    peers.sort_unstable_by_key(|peer| (*peer != "c-blosc2", *peer));
    peers.dedup();
    for peer in peers {
        for codec in CodecKind::ALL {
            let rows: Vec<&Row> =
                rows.iter().filter(|row| row.peer == peer && row.codec == codec).collect();
            if !rows.is_empty() {
                table(&mut text, peer, codec, &rows);
            }
        }
    }
    text
}

fn table(text: &mut String, peer: &str, codec: CodecKind, rows: &[&Row]) {
    let mut line = |line: String| {
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(format!("\n{codec}: ndpress / {peer}"));
    line(format!(
        "{:<21} {:>4} | {:>6} {:>6} {:>5}  {:<32} | {:>6} {:>6} {:>5}  {:<32} | {:>5} {:<32} | {:>6}",
        "level filter blocks",
        "n",
        "encode",
        "peer",
        "ratio",
        "worst",
        "decode",
        "peer",
        "ratio",
        "worst",
        "size",
        "worst",
        "memcpy"
    ));
    let mut settings: Vec<_> = rows.iter().map(|row| setting(row)).collect();
    settings.dedup();
    settings.sort();
    settings.dedup();
    for wanted in settings {
        let of_setting: Vec<&Row> =
            rows.iter().copied().filter(|row| setting(row) == wanted).collect();
        line(summary(&wanted, &of_setting));
    }
    line(summary("all", rows));
}

/// Which line a row belongs to.
fn setting(row: &Row) -> String {
    let filter = match row.filter {
        FilterKind::BitShuffle => "bitshuffle",
        // Bytes have nothing to shuffle.
        _ if row.blocks == "chunk" => "none",
        _ => "shuffle",
    };
    format!("{} {filter} {}", row.level, row.blocks)
}

fn summary(label: &str, rows: &[&Row]) -> String {
    let rate = |seconds: fn(&Row) -> f64| {
        geometric_mean(rows.iter().map(|row| row.nbytes as f64 / seconds(row) / 1e9))
    };
    let mean = |measure: Measure| geometric_mean(rows.iter().map(|row| measure(row)));
    let worst = |measure, is_worse| {
        let (value, name) = worst(rows, measure, is_worse);
        format!("{value:.2} {name}")
    };
    format!(
        "{label:<21} {:>4} | {:>6.3} {:>6.3} {:>5.2}  {:<32} | {:>6.3} {:>6.3} {:>5.2}  {:<32} | {:>5.3} {:<32} | {:>6.2}",
        rows.len(),
        rate(|row| row.ours.encode),
        rate(|row| row.theirs.encode),
        mean(encode),
        worst(encode, f64::lt),
        rate(|row| row.ours.decode),
        rate(|row| row.theirs.decode),
        mean(decode),
        worst(decode, f64::lt),
        mean(size),
        worst(size, f64::gt),
        rate(|row| row.copy),
    )
}

/// One line per row, seconds and bytes.
#[must_use]
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "array,peer,codec,level,filter,typesize,blocks,blocksize,nbytes,cbytes,peer_cbytes,\
         encode_s,peer_encode_s,decode_s,peer_decode_s,copy_s\n",
    );
    for row in rows {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{:.9},{:.9},{:.9},{:.9},{:.9}",
            row.array,
            row.peer,
            row.codec,
            row.level,
            row.filter,
            row.typesize,
            row.blocks,
            row.blocksize,
            row.nbytes,
            row.ours.cbytes,
            row.theirs.cbytes,
            row.ours.encode,
            row.theirs.encode,
            row.ours.decode,
            row.theirs.decode,
            row.copy,
        );
    }
    text
}
