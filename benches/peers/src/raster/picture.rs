//! Ratio against decoding speed as a picture: all classes, and a small one for each.

use std::fmt::Write;

use super::contender::Kind;
use super::measure::Row;
use super::summary::Rows;
use super::table::spelled;

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
/// Of the picture for all classes.
const LARGE_HEIGHT: f64 = 400.0;
const SMALL_HEIGHT: f64 = 170.0;
/// Small pictures in a row.
const COLUMNS: usize = 4;

/// Who is drawn, and in which colour: ours stand out, and all of them are told apart by readers
/// who see few colours.
const COLOURS: [(Kind, &str); 7] = [
    (Kind::Fast, "#d55e00"),
    (Kind::Dense, "#7b3294"),
    (Kind::Lz4, "#0072b2"),
    (Kind::Zstd1, "#56b4e9"),
    (Kind::Zstd9, "#009e73"),
    (Kind::Pco8, "#b8860b"),
    (Kind::Copy, "#777777"),
];

/// A contender's place in a picture.
struct Point {
    kind: Kind,
    colour: &'static str,
    /// GB/s.
    speed: f64,
    ratio: f64,
}

/// The picture, as SVG.
pub fn svg(rows: &Rows) -> String {
    let classes = rows.classes();
    let nrows = classes.len().div_ceil(COLUMNS);
    let height = LARGE_HEIGHT + nrows as f64 * SMALL_HEIGHT + MARGIN;
    let mut svg = Svg(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"system-ui, sans-serif\" fill=\"#222\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    ));
    let all = points(|kind, figure| rows.mean(kind, figure));
    let frame = Frame::around(&all, [MARGIN + 40.0, 44.0, WIDTH - 2.0 * MARGIN - 56.0, 300.0]);
    let title = "Compression ratio against decoding speed, one thread, geometric mean over classes";
    svg.text([MARGIN, 26.0], 16.0, "start", "bold", title);
    svg.axes(&frame);
    svg.points(&frame, &all, 6.0);
    svg.labels(&frame, &all);
    svg.text(
        [frame.x + frame.width / 2.0, LARGE_HEIGHT - 22.0],
        13.0,
        "middle",
        "normal",
        "decoding, GB/s",
    );
    svg.upright([18.0, frame.y + frame.height / 2.0], "compression ratio");

    // One scale of speed for all small pictures, each with its own scale of ratios.
    let column = (WIDTH - 2.0 * MARGIN) / COLUMNS as f64;
    let class_points: Vec<Vec<Point>> = classes
        .iter()
        .map(|class| points(|kind, figure| rows.class_mean(class, kind, figure)))
        .collect();
    let speeds = span(class_points.iter().flatten().map(|point| point.speed));
    for (index, (class, points)) in classes.iter().zip(&class_points).enumerate() {
        let x = MARGIN + (index % COLUMNS) as f64 * column;
        let y = LARGE_HEIGHT + (index / COLUMNS) as f64 * SMALL_HEIGHT;
        let place = [x + 30.0, y + 24.0, column - 48.0, SMALL_HEIGHT - 56.0];
        let frame = Frame { speeds, ..Frame::around(points, place) };
        svg.text([x + 30.0, y + 16.0], 13.0, "start", "bold", &spelled(class));
        svg.axes(&frame);
        svg.points(&frame, points, 4.0);
    }
    svg.0.push_str("</svg>\n");
    svg.0
}

fn points(mean: impl Fn(Kind, super::summary::Figure) -> Option<f64>) -> Vec<Point> {
    let point = |(kind, colour)| {
        let (speed, ratio) = (mean(kind, Row::decode_speed)?, mean(kind, Row::ratio)?);
        Some(Point { kind, colour, speed, ratio })
    };
    COLOURS.into_iter().filter_map(point).collect()
}

/// The least and the greatest, with some air.
fn span(values: impl Iterator<Item = f64> + Clone) -> [f64; 2] {
    const AIR: f64 = 1.15;
    let least = values.clone().fold(f64::INFINITY, f64::min);
    [least / AIR, values.fold(0.0, f64::max) * AIR]
}

/// A rectangle with logarithmic scales.
struct Frame {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    speeds: [f64; 2],
    ratios: [f64; 2],
}

impl Frame {
    fn around(points: &[Point], [x, y, width, height]: [f64; 4]) -> Self {
        let speeds = span(points.iter().map(|point| point.speed));
        let ratios = span(points.iter().map(|point| point.ratio));
        Self { x, y, width, height, speeds, ratios }
    }

    fn across(&self, speed: f64) -> f64 {
        self.x + self.width * share(speed, self.speeds)
    }

    fn up(&self, ratio: f64) -> f64 {
        self.y + self.height * (1.0 - share(ratio, self.ratios))
    }
}

/// How far a value is on the way from the least to the greatest.
fn share(value: f64, [least, greatest]: [f64; 2]) -> f64 {
    (value / least).ln() / (greatest / least).ln()
}

/// Round numbers on a scale, as few as will do.
fn ticks([least, greatest]: [f64; 2]) -> Vec<f64> {
    const STEPS: [&[f64]; 3] = [
        &[1.0, 2.0, 5.0],
        &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        &[1.0, 1.1, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
    ];
    const ENOUGH: usize = 3;
    let within = |steps: &[f64]| -> Vec<f64> {
        let decades = (-3..6).map(|power| 10_f64.powi(power));
        let all = decades.flat_map(|decade| steps.iter().map(move |step| decade * step));
        all.filter(|tick| (least..=greatest).contains(tick)).collect()
    };
    let sets = STEPS.map(within);
    let enough = sets.iter().find(|ticks| ticks.len() >= ENOUGH);
    enough.unwrap_or(&sets[STEPS.len() - 1]).clone()
}

/// A number without needless zeros.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A picture that grows.
struct Svg(String);

impl Svg {
    fn add(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    fn text(&mut self, [x, y]: [f64; 2], size: f64, anchor: &str, weight: &str, text: &str) {
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" \
             font-weight=\"{weight}\">{text}</text>"
        ));
    }

    fn upright(&mut self, [x, y]: [f64; 2], text: &str) {
        self.add(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" font-size=\"13\" \
             text-anchor=\"middle\">{text}</text>"
        ));
    }

    fn line(&mut self, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        self.add(format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>"
        ));
    }

    fn axes(&mut self, frame: &Frame) {
        let Frame { x, y, width, height, speeds, ratios } = *frame;
        for tick in ticks(speeds) {
            let at = frame.across(tick);
            self.line([at, y], [at, y + height]);
            self.text([at, y + height + 14.0], 11.0, "middle", "normal", &short(tick));
        }
        for tick in ticks(ratios) {
            let at = frame.up(tick);
            self.line([x, at], [x + width, at]);
            self.text([x - 5.0, at + 4.0], 11.0, "end", "normal", &short(tick));
        }
        self.add(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             fill=\"none\" stroke=\"#888\"/>"
        ));
    }

    /// Ours as disks, others as rings.
    fn points(&mut self, frame: &Frame, points: &[Point], radius: f64) {
        for Point { kind, colour, speed, ratio } in points {
            let (x, y) = (frame.across(*speed), frame.up(*ratio));
            let fill = if matches!(kind, Kind::Fast | Kind::Dense) { colour } else { "#fff" };
            self.add(format_args!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{fill}\" \
                 stroke=\"{colour}\" stroke-width=\"2\"><title>{kind}: {ratio:.2}:1 at {speed:.2} \
                 GB/s</title></circle>"
            ));
        }
    }

    /// Names and figures beside the points, on the side where there is room, each below the last.
    fn labels(&mut self, frame: &Frame, points: &[Point]) {
        const LINE: f64 = 16.0;
        let mut from_above: Vec<&Point> = points.iter().collect();
        from_above.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
        let mut lowest = f64::NEG_INFINITY;
        for Point { kind, colour, speed, ratio } in from_above {
            let (x, y) = (frame.across(*speed), frame.up(*ratio) + 4.5);
            let y = y.max(lowest + LINE);
            lowest = y;
            let is_right = x > frame.x + 0.75 * frame.width;
            let (x, anchor) = if is_right { (x - 12.0, "end") } else { (x + 12.0, "start") };
            self.add(format_args!(
                "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"13\" text-anchor=\"{anchor}\" \
                 fill=\"{colour}\">{} {ratio:.2}:1, {speed:.1} GB/s</text>",
                name(*kind),
            ));
        }
    }
}

/// Whose it is, for readers who see nothing but the picture.
fn name(kind: Kind) -> String {
    match kind {
        Kind::Fast | Kind::Dense | Kind::FastArray => format!("ndpress {kind}"),
        Kind::Lz4 | Kind::Zstd1 | Kind::Zstd9 => format!("Blosc2 {kind}"),
        Kind::Pco8 | Kind::Copy | Kind::CopyBlocks => kind.to_string(),
    }
}
