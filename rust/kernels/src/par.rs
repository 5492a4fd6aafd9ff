//! Threads: one pool, entered once per run; work is split at borders that depend on sizes only.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};
use std::time::Duration;

use rayon::prelude::*;

static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Work below this many nanoseconds is not worth a task of its own.
const GRAIN_NS: f64 = 15_000.0;

/// Set the number of threads; without effect once the pool has started.
pub fn set_threads(n: usize) {
    THREADS.store(n, Ordering::Relaxed);
}

/// The number of threads of the pool.
pub fn threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
        n => n,
    }
}

fn pool() -> Option<&'static rayon::ThreadPool> {
    if threads() <= 1 {
        return None;
    }
    // A pool that cannot start leaves the work sequential, with the same results.
    if POOL.get().is_none() {
        if let Ok(p) = rayon::ThreadPoolBuilder::new().num_threads(threads()).thread_name(|i| format!("graphpb-{i}")).build() {
            let _ = POOL.set(p);
        }
    }
    POOL.get()
}

/// Run `f` inside the pool; see `install_polling`.
pub fn install<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    install_polling(f, &mut || {})
}

/// Run `f` inside the pool, where the functions below may use several threads; the calling thread waits and calls
/// `poll` every 30 ms. Costs 5 to 13 µs.
pub fn install_polling<R: Send>(f: impl FnOnce() -> R + Send, poll: &mut dyn FnMut()) -> R {
    let Some(p) = pool().filter(|_| !inside()) else { return f() };
    let (done, wake) = (Mutex::new(false), Condvar::new());
    let mut result = None;
    p.in_place_scope(|s| {
        s.spawn(|_| {
            result = Some(f());
            *done.lock().unwrap_or_else(|e| e.into_inner()) = true;
            wake.notify_one();
        });
        let mut finished = done.lock().unwrap_or_else(|e| e.into_inner());
        while !*finished {
            let (guard, timeout) = wake.wait_timeout(finished, Duration::from_millis(30)).unwrap_or_else(|e| e.into_inner());
            finished = guard;
            if timeout.timed_out() && !*finished {
                drop(finished);
                poll();
                finished = done.lock().unwrap_or_else(|e| e.into_inner());
            }
        }
    });
    result.expect("the scope ends after the task")
}

/// Whether the caller is inside the pool.
#[inline]
pub fn inside() -> bool {
    rayon::current_thread_index().is_some()
}

/// Items per chunk for `n` items of `ns` nanoseconds each: a multiple of 16 that depends on nothing else.
#[inline]
pub fn chunk_len(n: usize, ns: f64) -> usize {
    let least = (GRAIN_NS / ns.max(0.01)).ceil() as usize;
    // At most 64 chunks: enough to balance, few enough to cost nothing.
    let len = least.max(n.div_ceil(64)).max(1);
    if len >= 16 { len.next_multiple_of(16) } else { len }
}

/// Call `f` on consecutive ranges that cover `0..n`; `ns` estimates the cost of one item.
#[inline]
pub fn ranges(n: usize, ns: f64, f: impl Fn(Range<usize>) + Sync) {
    let len = chunk_len(n, ns);
    if n <= len || !inside() {
        let mut start = 0;
        while start < n {
            let end = n.min(start + len);
            f(start..end);
            start = end;
        }
        return;
    }
    (0..n.div_ceil(len)).into_par_iter().with_max_len(1).for_each(|i| f(i * len..n.min((i + 1) * len)));
}

/// Split `out` into consecutive chunks of whole rows (`row` elements each) and call `f(first_row, chunk)`;
/// `ns` estimates the cost of one row.
#[inline]
pub fn rows_mut<T: Send>(out: &mut [T], row: usize, ns: f64, f: impl Fn(usize, &mut [T]) + Sync) {
    if out.is_empty() || row == 0 {
        return;
    }
    let n = out.len() / row;
    let len = chunk_len(n, ns);
    if n <= len || !inside() {
        for (i, c) in out.chunks_mut(len * row).enumerate() {
            f(i * len, c);
        }
        return;
    }
    out.par_chunks_mut(len * row).with_max_len(1).enumerate().for_each(|(i, c)| f(i * len, c));
}

/// Map consecutive ranges and combine the results in order, so that the value does not depend on the number of threads.
pub fn fold<R: Send>(n: usize, ns: f64, map: impl Fn(Range<usize>) -> R + Sync, combine: impl Fn(R, R) -> R) -> Option<R> {
    let len = chunk_len(n, ns);
    let chunks = n.div_ceil(len);
    if chunks <= 1 || !inside() {
        return (0..chunks).map(|i| map(i * len..n.min((i + 1) * len))).reduce(combine);
    }
    let parts: Vec<R> = (0..chunks).into_par_iter().with_max_len(1).map(|i| map(i * len..n.min((i + 1) * len))).collect();
    parts.into_iter().reduce(combine)
}

/// Run both, side by side when inside the pool.
pub fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    if inside() { rayon::join(a, b) } else { (a(), b()) }
}
