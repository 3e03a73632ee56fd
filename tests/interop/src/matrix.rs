//! Runs the matrix on two threads, each with a worker of its own.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ndpress::Registry;

use crate::cases::{self, Case};
use crate::check::{self, Counts, Mismatch};
use crate::client::Client;
use crate::exceptions::{EXCEPTIONS, Exception};

/// Descriptions of all mismatches that no exception explains, of one case in so many.
///
/// Which ones is as good as random, so that no dimension of the matrix is stepped over, and the same in
/// every run.
pub fn check(command: &[String], one_in: u64) -> Vec<String> {
    let started = Instant::now();
    let chosen = |&(index, _): &(u64, Case)| {
        index.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) % one_in == 0
    };
    let cases = (0..).zip(cases::all()).filter(chosen).map(|(_, case)| case);
    let cases: Vec<Case> = cases.collect();
    print_dimensions(&cases);
    let found = Mutex::new(Found::default());
    let next = AtomicUsize::new(0);
    let pools: Vec<rayon::ThreadPool> = cases::THREADS.iter().map(|&n| pool(n)).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| work(&cases, &next, &pools, command, &found));
        }
    });
    let found = found.into_inner().expect("no thread panicked");
    let Counts { chunks, parts } = found.counts;
    println!("matrix: {chunks} chunks, {parts} parts, in {:.0?}", started.elapsed());
    let mut failures = found.failures;
    for exception in EXCEPTIONS {
        let (count, reason) = (found.excepted.get(&exception), exception.reason());
        match count {
            Some(count) => println!("{count} mismatches excepted, {exception:?}: {reason}"),
            None => failures.push(format!("the exception {exception:?} is not needed: {reason}")),
        }
    }
    failures
}

#[derive(Default)]
struct Found {
    counts: Counts,
    failures: Vec<String>,
    excepted: BTreeMap<Exception, usize>,
}

fn pool(nthreads: u8) -> rayon::ThreadPool {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(nthreads.into());
    builder.build().expect("threads can be started")
}

fn work(
    cases: &[Case],
    next: &AtomicUsize,
    pools: &[rayon::ThreadPool],
    command: &[String],
    found: &Mutex<Found>,
) {
    let mut client = Client::new(command.to_vec());
    let registry = Registry::default();
    let mut counts = Counts::default();
    while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
        let index = cases::THREADS.iter().position(|&nthreads| nthreads == case.threads);
        let pool = &pools[index.expect("it is one of them")];
        let mut both = || {
            let mut mismatches = check::ours(case, &mut client, &mut counts);
            mismatches.extend(check::theirs(case, &mut client, &registry, &mut counts));
            mismatches
        };
        // Short chunks do not use threads.
        let mismatches = if case.nbytes >= 1 << 18 { pool.install(both) } else { both() };
        if !mismatches.is_empty() {
            let mut found = found.lock().expect("no thread panicked");
            mismatches.iter().for_each(|mismatch| found.add(mismatch));
        }
    }
    let mut found = found.lock().expect("no thread panicked");
    found.counts.chunks += counts.chunks;
    found.counts.parts += counts.parts;
}

impl Found {
    fn add(&mut self, mismatch: &Mismatch) {
        match Exception::of(mismatch) {
            Some(exception) => *self.excepted.entry(exception).or_default() += 1,
            None => {
                let Mismatch { case, writer, action, wrong, header, oracle_reads } = mismatch;
                let mut wrong = format!("{wrong:?}");
                wrong.truncate(200);
                self.failures.push(format!(
                    "{case:?}, written by {writer:?}: {action:?}: {wrong}; the oracle reads it: \
                     {oracle_reads}; begins with {header:02x?}"
                ));
            }
        }
    }
}

/// How many cases each value of each dimension has.
fn print_dimensions(cases: &[Case]) {
    let dimension = |name: &str, value: fn(&Case) -> String| {
        let mut counts = BTreeMap::<String, usize>::new();
        cases.iter().for_each(|case| *counts.entry(value(case)).or_default() += 1);
        println!("  {name}: {counts:?}");
    };
    println!("{} cases, each written by both and read by the other:", cases.len());
    dimension("codec", |case| format!("{:?}", case.codec));
    dimension("filters", |case| format!("{:?}", case.filters));
    dimension("typesize", |case| format!("{:3}", case.typesize));
    dimension("level", |case| case.clevel.to_string());
    dimension("split", |case| format!("{:?}", case.split));
    dimension("threads", |case| case.threads.to_string());
    dimension("blocks", |case| format!("{:?}", case.blocks));
    dimension("content", |case| format!("{:?}", case.content()));
}
