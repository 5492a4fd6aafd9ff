//! How far a loop of steps is, on a terminal.

use std::time::{Duration, Instant};

use crate::outcome::Console;

const PAUSE: Duration = Duration::from_millis(200);

pub struct Progress {
    start: Instant,
    next: Instant,
    shown: bool,
    total: u64,
}

impl Progress {
    pub fn new(total: u64) -> Progress {
        let start = Instant::now();
        Progress { start, next: start + PAUSE, shown: false, total }
    }
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
    /// Draw the line anew, now and then; `note` is put behind it.
    pub fn at(&mut self, done: u64, note: &dyn Fn() -> String, console: &mut Console) {
        if !console.terminal || Instant::now() < self.next {
            return;
        }
        let rate = done as f64 / self.seconds();
        let left = (self.total - done) as f64 / rate;
        let filled = (20 * done / self.total.max(1)) as usize;
        let bar = format!("{}{}", "#".repeat(filled), ".".repeat(20 - filled));
        let _ = write!(console.err, "\r[{bar}] {done}/{} steps, {rate:.0} a second, {left:.0} s left {}\x1b[K", self.total, note());
        let _ = console.err.flush();
        self.next = Instant::now() + PAUSE;
        self.shown = true;
    }
    /// Leave the line as it is, before an error.
    pub fn interrupted(&self, console: &mut Console) {
        if self.shown {
            console.say("");
        }
    }
    /// Clear the line and say how long it took.
    pub fn finished(&self, console: &mut Console) {
        if self.shown {
            let _ = write!(console.err, "\r\x1b[K");
        }
        if console.terminal {
            console.say(&format!("{} steps in {:.1} s", self.total, self.seconds()));
        }
    }
}
