//! A bar on the terminal.

use std::io::{IsTerminal, Write, stderr};

/// How much of the rows is done, for people who watch.
pub(crate) struct Progress {
    total: usize,
    done: usize,
    /// What is on the screen, in percent; `None` where there is no screen.
    shown: Option<usize>,
}

const WIDTH: usize = 40;

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        let shown = stderr().is_terminal().then_some(usize::MAX);
        Self { total: total.max(1), done: 0, shown }
    }

    pub(crate) fn advance(&mut self, rows: usize) {
        self.done = (self.done + rows).min(self.total);
        let percent = self.done * 100 / self.total;
        if self.shown.is_some_and(|shown| shown != percent) {
            self.shown = Some(percent);
            let bar = "#".repeat(percent * WIDTH / 100);
            // Nothing depends on it.
            let _ = write!(stderr(), "\r[{bar:WIDTH$}] {percent:3} %");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = writeln!(stderr());
        }
    }
}
