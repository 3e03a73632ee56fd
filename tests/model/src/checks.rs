//! What must hold in every order of threads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::sync::Arc;
use loom::thread;

use crate::toy::Toy;
use crate::versions::{Draft, Versions};

type Shared = Arc<Versions<Toy>>;

/// How often a thread is made to stop where it could go on, in any one order. Two threads do without
/// a bound; with three of them, it makes seconds of minutes.
const PREEMPTIONS: usize = 3;

/// Runs threads over three zeros, in all orders, and then looks at what is left. What the threads
/// return comes in their order.
fn check<R: Send + 'static>(threads: Vec<fn(&Shared) -> R>, end: fn([u32; 3], Vec<R>)) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = (threads.len() > 2).then_some(PREEMPTIONS);
    model.check(move || {
        let shared = Shared::new(Versions::new(Toy::default()));
        let run = |run: fn(&Shared) -> R| {
            let shared = Shared::clone(&shared);
            thread::spawn(move || run(&shared))
        };
        let others: Vec<_> = threads[1..].iter().map(|&thread| run(thread)).collect();
        let mut results = vec![threads[0](&shared)];
        results.extend(others.into_iter().map(|thread| thread.join().unwrap()));
        let Ok(versions) = Arc::try_unwrap(shared) else { unreachable!("all threads have ended") };
        end(versions.into_last().values(), results);
    });
}

fn increment(toy: &Toy, draft: &mut Draft<Toy>) {
    toy.change(draft, |value| value + 1);
}

#[test]
fn no_update_is_lost() {
    let update: fn(&Shared) -> usize = |shared| shared.all(&[0], increment);
    check(vec![update; 3], |values, mut made| {
        assert_eq!(values, [3, 0, 0]);
        // Some thread is never disturbed, and nobody begins again without another's success.
        made.sort_unstable();
        assert!(made[0] == 1 && made.iter().all(|&times| times <= 3), "{made:?}");
    });
}

#[test]
fn no_part_of_a_write_is_lost_where_writes_overlap() {
    let threads: Vec<fn(&Shared) -> usize> =
        vec![|shared| shared.each(&[0, 1], increment), |shared| shared.each(&[1, 2], increment)];
    check(threads, |values, made| {
        assert_eq!(values, [1, 2, 1]);
        // Who comes late makes one part anew, not both.
        assert!(made == [2, 2] || made == [3, 2] || made == [2, 3], "{made:?}");
    });
}

#[test]
fn writers_of_different_parts_do_not_disturb_each_other() {
    let threads: Vec<fn(&Shared) -> usize> = vec![
        |shared| shared.each(&[0], increment),
        |shared| shared.all(&[1], increment),
        |shared| shared.each(&[2], |toy, draft| toy.overwrite(draft, 7)),
    ];
    check(threads, |values, made| {
        assert_eq!(values, [1, 1, 7]);
        assert_eq!(made, [1, 1, 1]);
    });
}

#[test]
fn a_reader_sees_all_parts_of_a_write_or_none() {
    let threads: Vec<fn(&Shared) -> [u32; 2]> = vec![
        |shared| {
            // Later versions are no older, and an old one stays as it is.
            let first = shared.snapshot();
            let [a, b, _] = first.values();
            let [later, _, _] = shared.values();
            assert!(later >= a);
            assert_eq!(first.values(), [a, b, 0]);
            [a, b]
        },
        |shared| {
            shared.each(&[0, 1], increment);
            [0, 0]
        },
        |shared| {
            shared.all(&[0, 1], increment);
            [0, 0]
        },
    ];
    check(threads, |values, seen| {
        assert_eq!(values, [2, 2, 0]);
        assert!(seen.iter().all(|[a, b]| a == b), "{seen:?}");
    });
}

#[test]
fn what_overwrites_is_made_once_and_does_not_undo_updates() {
    let threads: Vec<fn(&Shared) -> usize> =
        vec![|shared| shared.each(&[0, 1], |toy, draft| toy.overwrite(draft, 10)), |shared| {
            shared.each(&[0, 1], increment)
        }];
    check(threads, |values, made| {
        assert!(values == [10, 10, 0] || values == [11, 11, 0], "{values:?}");
        assert_eq!(made[0], 2);
    });
}

#[test]
fn a_new_value_for_everything_comes_before_or_after_a_write() {
    let threads: Vec<fn(&Shared) -> usize> = vec![
        |shared| {
            shared.replace(Toy::full(5));
            0
        },
        // What is of the fill value is not stored: a draft of it means something else afterwards.
        |shared| shared.each(&[0, 1], |toy, draft| toy.overwrite(draft, draft.index() as u32)),
    ];
    check(threads, |values, _| assert!(values == [5, 5, 5] || values == [0, 1, 5], "{values:?}"));
}

/// A writer that gives up in the middle, in whatever way, beside others.
fn check_that_nothing_remains(give_up: fn(&Shared)) {
    let mut threads: Vec<fn(&Shared)> = vec![give_up];
    threads.push(|shared| {
        shared.each(&[0, 1], increment);
    });
    threads.push(|shared| {
        let [a, b, c] = shared.values();
        assert!(a == b && a < 2 && c == 0);
    });
    check(threads, |values, _| assert_eq!(values, [1, 1, 0]));
}

#[test]
fn a_writer_that_panics_leaves_no_trace() {
    check_that_nothing_remains(|shared| {
        let panics = |toy: &Toy, draft: &mut Draft<Toy>| match draft.index() {
            1 => std::panic::resume_unwind(Box::new("a panic of the caller")),
            _ => toy.overwrite(draft, 100),
        };
        assert!(catch_unwind(AssertUnwindSafe(|| shared.each(&[0, 1], panics))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| shared.all(&[0, 1], panics))).is_err());
    });
}

#[test]
fn a_writer_that_fails_leaves_no_trace() {
    check_that_nothing_remains(|shared| {
        let mut drafts = [Draft::new(0), Draft::new(1)];
        let result = shared.write_each(&mut drafts, |toy, drafts| {
            toy.overwrite(&mut drafts[0], 100);
            Err("nothing")
        });
        assert_eq!(result, Err("nothing"));
        assert_eq!(shared.write_all(|_| Err::<(Vec<_>, ()), _>("nothing")), Err("nothing"));
    });
}

#[test]
fn a_writer_may_write_elsewhere_in_between() {
    let threads: Vec<fn(&Shared) -> usize> = vec![
        // As a thread of a pool does that takes on other work while it waits for its own.
        |shared| {
            let first = std::cell::Cell::new(true);
            shared.all(&[0], |toy, draft| {
                if first.take() {
                    shared.all(&[0], increment);
                }
                increment(toy, draft);
            })
        },
        |shared| shared.all(&[0], increment),
    ];
    check(threads, |values, made| {
        assert_eq!(values, [3, 0, 0]);
        assert!(made[0] >= 2);
    });
}
