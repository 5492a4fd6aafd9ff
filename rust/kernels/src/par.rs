//! Splitting work over threads, at borders that depend on sizes only.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::team::Team;

static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static SHARED: Cell<u64> = const { Cell::new(0) };
}

/// Work below this many nanoseconds is not worth a task of its own.
const GRAIN_NS: f64 = 7_000.0;

/// Set the number of threads; without effect once the workers have started.
pub fn set_threads(n: usize) {
    THREADS.store(n, Ordering::Relaxed);
}

/// The number of threads that a run may use, the caller's included.
pub fn threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => {
            let n = std::thread::available_parallelism().map_or(1, |n| n.get());
            let _ = THREADS.compare_exchange(0, n, Ordering::Relaxed, Ordering::Relaxed);
            n
        }
        n => n,
    }
}

/// How many jobs this thread has offered to the workers so far.
pub fn shared_jobs() -> u64 {
    SHARED.get()
}

/// Have a worker awake for what comes, which is worth it when there are some hundred µs of work.
pub fn wake() {
    if threads() > 1 {
        team().wake();
    }
}

fn team() -> &'static Team {
    Team::get(threads(), || INSIDE.set(true))
}

/// Run `f`; in it the functions below may use several threads. Costs nothing by itself.
pub fn install<R>(f: impl FnOnce() -> R) -> R {
    struct Leave(bool);
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let _leave = Leave(INSIDE.replace(true));
    f()
}

/// Whether the functions below may use several threads here.
#[inline]
pub fn inside() -> bool {
    INSIDE.get()
}

/// Call `body` with 0..parts, on several threads where that is allowed; `ns` estimates the whole.
fn each(parts: usize, ns: f64, body: &(dyn Fn(usize) + Sync)) {
    if parts <= 1 || !inside() || threads() <= 1 {
        (0..parts).for_each(body);
    } else {
        SHARED.set(SHARED.get() + 1);
        team().run(parts, ns, body);
    }
}

/// Items per chunk for `n` items of `ns` nanoseconds each: depends on nothing else. Long chunks are multiples of 16.
#[inline]
pub fn chunk_len(n: usize, ns: f64) -> usize {
    let least = (GRAIN_NS / ns.max(0.01)).ceil().max(1.0);
    // At most 64 chunks: enough to balance, few enough to cost nothing. Of an odd number one thread of two would do more.
    let count = match (n as f64 / least) as usize {
        0..=1 => 1,
        count => count.min(64).next_multiple_of(2),
    };
    let len = n.div_ceil(count).max(1);
    if len >= 128 { len.next_multiple_of(16) } else { len }
}

/// Call `f` on consecutive ranges that cover `0..n`; `ns` estimates the cost of one item.
#[inline]
pub fn ranges(n: usize, ns: f64, f: impl Fn(Range<usize>) + Sync) {
    let len = chunk_len(n, ns);
    if n <= len {
        if n > 0 {
            f(0..n);
        }
        return;
    }
    each(n.div_ceil(len), n as f64 * ns, &|i| f(i * len..n.min((i + 1) * len)));
}

/// The start of a buffer whose chunks go to different threads.
struct Base<T>(*mut T);
// SAFETY: every chunk is used by one thread.
unsafe impl<T: Send> Sync for Base<T> {}
impl<T> Base<T> {
    /// # Safety
    /// Inside the buffer, and disjoint from what other threads have.
    #[allow(clippy::mut_from_ref)]
    unsafe fn chunk(&self, at: usize, len: usize) -> &mut [T] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(at), len) }
    }
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
    if n <= len {
        return f(0, out);
    }
    let (total, base) = (out.len(), Base(out.as_mut_ptr()));
    each(total.div_ceil(len * row), n as f64 * ns, &|i| {
        let at = i * len * row;
        // SAFETY: part i alone has the elements from `at` to the next chunk or the end.
        f(i * len, unsafe { base.chunk(at, (len * row).min(total - at)) })
    });
}

/// Map consecutive ranges and combine the results in order, so that the value does not depend on the number of threads.
pub fn fold<R: Send>(n: usize, ns: f64, map: impl Fn(Range<usize>) -> R + Sync, combine: impl Fn(R, R) -> R) -> Option<R> {
    let len = chunk_len(n, ns);
    let chunks = n.div_ceil(len);
    if chunks <= 1 {
        return (chunks == 1).then(|| map(0..n));
    }
    let mut results: Vec<Option<R>> = (0..chunks).map(|_| None).collect();
    let base = Base(results.as_mut_ptr());
    each(chunks, n as f64 * ns, &|i| {
        // SAFETY: part i alone has element i.
        let place = unsafe { base.chunk(i, 1) };
        place[0] = Some(map(i * len..n.min((i + 1) * len)));
    });
    results.into_iter().flatten().reduce(combine)
}

/// Run both, side by side where that is allowed; `ns` estimates both together.
pub fn join<A: Send, B: Send>(ns: f64, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    let (first, second) = (Mutex::new((Some(a), None)), Mutex::new((Some(b), None)));
    fn call<F: FnOnce() -> R, R>(m: &Mutex<(Option<F>, Option<R>)>) {
        let mut m = m.lock().unwrap_or_else(|e| e.into_inner());
        m.1 = m.0.take().map(|f| f());
    }
    each(2, ns, &|i| if i == 0 { call(&first) } else { call(&second) });
    fn result<F, R>(m: Mutex<(Option<F>, Option<R>)>) -> R {
        m.into_inner().unwrap_or_else(|e| e.into_inner()).1.expect("each part was called once")
    }
    (result(first), result(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_done_once_also_in_nested_jobs() {
        set_threads(3);
        for round in 1..200 {
            let mut out = vec![0u32; 37 * round];
            install(|| {
                rows_mut(&mut out, 37, 10_000.0, |first, rows| {
                    for (i, row) in rows.chunks_mut(37).enumerate() {
                        rows_mut(row, 1, 10_000.0, |k, part| part.iter_mut().enumerate().for_each(|(j, v)| *v += (37 * (first + i) + k + j) as u32));
                    }
                })
            });
            assert!(out.iter().enumerate().all(|(i, &v)| v == i as u32));
            let sum = install(|| fold(round, 1e5, |r| r.map(|v| v.to_string()).collect::<String>(), |a, b| a + &b));
            assert_eq!(sum.unwrap(), (0..round).map(|v| v.to_string()).collect::<String>());
        }
    }

    #[test]
    fn a_panic_in_a_part_comes_out_and_the_workers_live_on() {
        set_threads(3);
        for _ in 0..20 {
            let result = std::panic::catch_unwind(|| install(|| ranges(50, 1e5, |r| assert!(!r.contains(&33), "part of 33"))));
            let text = *result.unwrap_err().downcast::<&str>().unwrap();
            assert_eq!(text, "part of 33");
            assert!(!inside());
            assert_eq!(install(|| join(1e6, || 1, || 2)), (1, 2));
        }
    }
}
