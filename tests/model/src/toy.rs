//! Three numbers in the place of an array's chunks.

use std::convert::Infallible;

use crate::versions::{Draft, Parts, Versions};

/// Numbers, and the value of those that are not there: an array's fill value.
#[derive(Clone, Default)]
pub(crate) struct Toy {
    fill: u32,
    parts: [Option<u32>; 3],
}

/// What a draft was made from: a fill value, and what a part was if that was looked at.
pub(crate) struct Seen {
    fill: u32,
    old: Option<Option<u32>>,
}

impl Parts for Toy {
    type Part = Option<u32>;
    type Seen = Seen;

    fn has(&self, index: usize, seen: &Seen) -> bool {
        self.fill == seen.fill && seen.old.is_none_or(|old| old == self.parts[index])
    }

    fn exchange(&mut self, index: usize, part: &mut Option<u32>) {
        std::mem::swap(&mut self.parts[index], part);
    }
}

impl Toy {
    pub(crate) fn full(fill: u32) -> Self {
        Self { fill, parts: [None; 3] }
    }

    pub(crate) fn values(&self) -> [u32; 3] {
        self.parts.map(|part| part.unwrap_or(self.fill))
    }

    fn part(&self, value: u32) -> Option<u32> {
        (value != self.fill).then_some(value)
    }

    /// Makes `f` of a part's value.
    pub(crate) fn change(&self, draft: &mut Draft<Self>, f: impl Fn(u32) -> u32) {
        let index = draft.index();
        let seen = Seen { fill: self.fill, old: Some(self.parts[index]) };
        draft.make(seen, self.part(f(self.values()[index])));
    }

    /// Makes a part a value, whatever it is.
    pub(crate) fn overwrite(&self, draft: &mut Draft<Self>, value: u32) {
        draft.make(Seen { fill: self.fill, old: None }, self.part(value));
    }
}

impl Versions<Toy> {
    pub(crate) fn values(&self) -> [u32; 3] {
        self.snapshot().values()
    }

    /// Writes parts one by one: `f` makes a draft from a version. Returns how many were made.
    pub(crate) fn each(&self, parts: &[usize], f: impl Fn(&Toy, &mut Draft<Toy>)) -> usize {
        let made = std::cell::Cell::new(0);
        let mut drafts: Vec<_> = parts.iter().map(|&part| Draft::new(part)).collect();
        let result: Result<(), Infallible> = self.write_each(&mut drafts, |toy, drafts| {
            made.set(made.get() + drafts.len());
            drafts.iter_mut().for_each(|draft| f(toy, draft));
            Ok(())
        });
        let Ok(()) = result;
        made.get()
    }

    /// Writes parts that depend on each other. Returns how often they were made.
    pub(crate) fn all(&self, parts: &[usize], f: impl Fn(&Toy, &mut Draft<Toy>)) -> usize {
        let mut made = 0;
        let result: Result<(), Infallible> = self.write_all(|toy| {
            made += 1;
            let mut drafts: Vec<_> = parts.iter().map(|&part| Draft::new(part)).collect();
            drafts.iter_mut().for_each(|draft| f(toy, draft));
            Ok((drafts, ()))
        });
        let Ok(()) = result;
        made
    }
}
