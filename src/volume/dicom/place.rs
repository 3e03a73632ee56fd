//! Where slices are.

use super::image::Frame;
use crate::volume::place::{Place, dot, unit};

/// Slices less far apart than this are at one place, in mm.
pub(super) const SAME: f64 = 1e-4;
/// By how much directions and spacings may differ: files round them.
const TOLERANCE: f64 = 1e-3;
/// By what part of their distance slices may lie beside where they should.
const UNEVEN: f64 = 0.01;

/// Whether two slices lie in parallel planes, turned alike.
pub(super) fn is_parallel(a: Option<[[f64; 3]; 2]>, b: Option<[[f64; 3]; 2]>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let mut pairs = a.as_flattened().iter().zip(b.as_flattened());
            pairs.all(|(a, b)| (a - b).abs() <= TOLERANCE)
        }
        (a, b) => a == b,
    }
}

/// Whether two spacings are the same.
pub(super) fn is_close(a: Option<[f64; 2]>, b: Option<[f64; 2]>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| (a - b).abs() <= TOLERANCE * a.abs()),
        (a, b) => a == b,
    }
}

/// How high slices lie above the origin, along the normal of the first; `None` where one of them
/// does not tell.
pub(super) fn heights<'a>(frames: impl Iterator<Item = &'a Frame>) -> Option<Vec<f64>> {
    let mut axis = None;
    let height = |frame: &Frame| {
        let axis = match axis {
            Some(axis) => axis,
            None => *axis.insert(normal(frame.orientation?)?),
        };
        Some(dot(frame.position?, axis))
    };
    frames.map(height).collect()
}

/// The unit vector across both of these.
fn normal([x, y]: [[f64; 3]; 2]) -> Option<[f64; 3]> {
    let across = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
    unit(across).map(|(normal, _)| normal)
}

/// Where the slices are, which are in order, for an array of so many axes.
pub(super) fn place(frames: &[&Frame], ndim: usize) -> Place {
    let mut place = Place { spacing: vec![None; ndim], ..Place::default() };
    let Some(first) = frames.first() else { return place };
    if let Some([y, x]) = first.pixel_spacing {
        (place.spacing[1], place.spacing[2]) = (Some(y), Some(x));
    }
    let positions: Option<Vec<[f64; 3]>> = frames.iter().map(|frame| frame.position).collect();
    let Some(positions) = positions else {
        place.spacing[0] = first.slice_spacing;
        return place;
    };
    place.origin = positions.first().copied();
    let (step, is_even) = step(&positions);
    let along = unit(step);
    place.spacing[0] = match (along, positions.len()) {
        (_, 1) => first.slice_spacing,
        (Some((_, length)), _) => is_even.then_some(length),
        (None, _) => None,
    };
    if let Some([x, y]) = first.orientation {
        let z = along.map(|(direction, _)| direction).or_else(|| normal([x, y]));
        let axes = [unit(x), unit(y), z.and_then(unit)];
        if let [Some((x, _)), Some((y, _)), Some((z, _))] = axes {
            place.direction = Some([x, y, z]);
        }
    }
    if let [Some(z), Some(y), Some(x), ..] = *place.spacing {
        place.steps = Some([x, y, z]);
    }
    place.slice_origins = positions;
    place
}

/// The mean step from slice to slice, and whether all are like it.
fn step(positions: &[[f64; 3]]) -> ([f64; 3], bool) {
    let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
        return ([0.0; 3], false);
    };
    let count = positions.len().saturating_sub(1).max(1) as f64;
    let step: [f64; 3] = std::array::from_fn(|axis| (last[axis] - first[axis]) / count);
    let length = dot(step, step).sqrt();
    let is_even = positions.iter().enumerate().all(|(index, position)| {
        let off: [f64; 3] =
            std::array::from_fn(|axis| position[axis] - first[axis] - step[axis] * index as f64);
        dot(off, off).sqrt() <= (UNEVEN * length).max(TOLERANCE)
    });
    (step, is_even)
}
