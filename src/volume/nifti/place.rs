//! Where the voxels are: of the two ways to say so, the matrix goes before the rotation, as other
//! readers have it.

use super::header::Header;
use crate::volume::place::{Place, unit};

/// The axes of space.
const SPACE: usize = 3;

/// What the header says, for an array of so many axes.
pub(super) fn place(header: &Header, ndim: usize) -> Place {
    let (mm, seconds) = units(header.xyzt_units);
    let step = |axis: usize, unit: Option<f64>| {
        let step = header.pixdim[axis + 1].abs() * unit?;
        (step.is_finite() && step > 0.0).then_some(step)
    };
    let mut place = if header.sform_code > 0 {
        by_matrix(header, mm)
    } else if header.qform_code > 0 {
        let steps = [0, 1, 2].map(|axis| step(axis, Some(mm)));
        by_rotation(header, mm, steps)
    } else {
        Place::default()
    };
    // From the file's first axis to its last, which is the array's first.
    let mut spacing: Vec<_> = (0..header.dim[0] as usize)
        .map(|axis| match axis {
            0..SPACE => place.steps.map_or_else(|| step(axis, Some(mm)), |steps| Some(steps[axis])),
            SPACE => step(axis, seconds),
            _ => None,
        })
        .rev()
        .collect();
    // Colours.
    spacing.resize(ndim, None);
    place.spacing = spacing;
    place
}

/// What the units of space are in mm, and that of the fourth axis in seconds, if it is of time.
fn units(code: i64) -> (f64, Option<f64>) {
    let mm = match code & 7 {
        1 => 1e3,
        3 => 1e-3,
        _ => 1.0,
    };
    let seconds = match code & 0x38 {
        8 => Some(1.0),
        16 => Some(1e-3),
        24 => Some(1e-6),
        _ => None,
    };
    (mm, seconds)
}

/// By the three rows of a matrix, whose columns are steps along the axes.
fn by_matrix(header: &Header, mm: f64) -> Place {
    let column = |axis: usize| header.srow.map(|row| row[axis] * mm);
    let [Some(x), Some(y), Some(z)] = [0, 1, 2].map(|axis| unit(column(axis))) else {
        return Place::default();
    };
    let origin = column(3);
    if !origin.iter().all(|part| part.is_finite()) {
        return Place::default();
    }
    Place {
        origin: Some(origin),
        direction: Some([x.0, y.0, z.0]),
        steps: Some([x.1, y.1, z.1]),
        ..Place::default()
    }
}

/// By the imaginary parts of a quaternion of length 1, and a sign for the third axis.
fn by_rotation(header: &Header, mm: f64, steps: [Option<f64>; 3]) -> Place {
    let [b, c, d] = header.quatern;
    let square = b * b + c * c + d * d;
    let (origin, known) = (header.qoffset.map(|part| part * mm), square.is_finite());
    if !known || !origin.iter().all(|part| part.is_finite()) {
        return Place::default();
    }
    // Rounding makes half turns a little longer than 1.
    let (a, scale) = match square < 1.0 {
        true => ((1.0 - square).sqrt(), 1.0),
        false => (0.0, square.sqrt().recip()),
    };
    let [b, c, d] = [b, c, d].map(|part| part * scale);
    let sign = if header.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
    let x = [a * a + b * b - c * c - d * d, 2.0 * (b * c + a * d), 2.0 * (b * d - a * c)];
    let y = [2.0 * (b * c - a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d + a * b)];
    let z = [2.0 * (b * d + a * c), 2.0 * (c * d - a * b), a * a + d * d - b * b - c * c];
    // Axes that the volume does not have need no step.
    let missing = |axis: usize| (axis >= header.dim[0] as usize).then_some(1.0);
    let [step_x, step_y, step_z] =
        [0, 1, 2].map(|axis: usize| steps[axis].or_else(|| missing(axis)));
    Place {
        origin: Some(origin),
        direction: Some([x, y, z.map(|part| part * sign)]),
        steps: step_x.zip(step_y).zip(step_z).map(|((x, y), z)| [x, y, z]),
        ..Place::default()
    }
}
