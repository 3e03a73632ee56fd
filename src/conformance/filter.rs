//! The suite for filters.

use super::samples::{Sample, noise, samples};
use crate::filter::{Filter, FilterContext};

/// Proves that `filter` keeps the contract of [`Filter`]: for all typesizes that it takes, and
/// blocks of any length, it gives back what went in, fills the destination, depends on nothing
/// else, and takes any bytes backwards without a panic.
///
/// # Panics
/// At the first breach of the contract.
pub fn filter(filter: &dyn Filter) {
    run(filter, |suite, filtered| {
        let again = suite.apply("backward", filtered, 0);
        if again != suite.sample.bytes {
            suite.fail("other bytes come back");
        }
    });
}

/// As [`filter()`], for one that loses something on purpose: what comes back may differ, but only
/// the first time.
///
/// # Panics
/// At the first breach of the contract.
pub fn lossy_filter(filter: &dyn Filter) {
    run(filter, |suite, filtered| {
        let bytes = suite.apply("backward", filtered, 0);
        let sample = Sample { name: suite.sample.name, bytes };
        let second = Suite { sample: &sample, ..*suite };
        let filtered = second.apply("forward", &sample.bytes, 0);
        if second.apply("backward", &filtered, 0) != sample.bytes {
            second.fail("what came back changes when filtered once more");
        }
    });
}

fn run(filter: &dyn Filter, check: impl Fn(&Suite<'_>, &[u8])) {
    let typesizes = (1..=20).chain([32, 64, 100, 255]);
    let typesizes: Vec<_> = typesizes.filter(|size| filter.validate(*size).is_ok()).collect();
    assert!(!typesizes.is_empty(), "{filter:?} takes no typesize");
    let reference = noise(200_000);
    for sample in samples().filter(|sample| sample.bytes.len() <= 20_000) {
        let mut references = vec![None];
        references.extend(filter.needs_reference().then_some(Some(&reference[..])));
        for (&typesize, &reference) in
            typesizes.iter().flat_map(|typesize| references.iter().map(move |r| (typesize, r)))
        {
            let mut context = FilterContext::new(typesize, filter.meta(typesize));
            context.reference = reference;
            let suite = Suite { filter, sample: &sample, context };
            let filtered = suite.apply("forward", &sample.bytes, 0);
            if suite.apply("forward", &sample.bytes, 0xff) != filtered {
                suite.fail("what the destination held before shows");
            }
            if filter.is_identity(&context) && filtered != sample.bytes {
                suite.fail("is_identity() is true, but bytes change");
            }
            check(&suite, &filtered);
            let backward = suite.apply("backward", &sample.bytes, 0);
            if suite.apply("backward", &sample.bytes, 0xff) != backward {
                suite.fail("what the destination held before shows, backwards");
            }
        }
    }
}

struct Suite<'a> {
    filter: &'a dyn Filter,
    sample: &'a Sample,
    context: FilterContext<'a>,
}

impl Suite<'_> {
    fn apply(&self, direction: &str, src: &[u8], before: u8) -> Vec<u8> {
        let mut dst = vec![before; src.len()];
        let done = match direction {
            "forward" => self.filter.forward(src, &mut dst, &self.context),
            _ => self.filter.backward(src, &mut dst, &self.context),
        };
        match done {
            Ok(()) => dst,
            Err(error) => self.fail(&format!("{direction}() fails: {error}")),
        }
    }

    fn fail(&self, what: &str) -> ! {
        let (Sample { name, bytes }, size) = (self.sample, self.context.typesize);
        panic!("{:?}, typesize {size}, {} bytes ({name}): {what}", self.filter, bytes.len())
    }
}
