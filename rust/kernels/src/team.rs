//! The worker threads: the parts of a job are claimed one by one, by its owner and by the workers that are awake.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// A worker without work watches for more this long before it sleeps: about the pause between two steps of a training loop.
const WATCH: Duration = Duration::from_micros(100);

/// Jobs of fewer nanoseconds do not wake sleeping workers: a call to the kernel costs some µs, and the worker comes late.
const WAKE_NS: f64 = 60_000.0;

/// Turns of waiting for the last helper before the owner sleeps.
const PATIENCE: usize = 4_000;

struct Job {
    /// Lives until the owner returns, which is after the last helper has left.
    body: *const (dyn Fn(usize) + Sync),
    parts: usize,
    next: AtomicUsize,
    /// Workers inside; goes up only while the job is listed, under the lock of the list.
    helpers: AtomicUsize,
    owner: Thread,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

struct Listed(*const Job);
// SAFETY: a job is taken off the list by its owner before it goes away; see `Team::run`.
unsafe impl Send for Listed {}

/// The workers of this process and the jobs that they may join.
pub struct Team {
    jobs: Mutex<Vec<Listed>>,
    more: Condvar,
    /// Jobs listed so far.
    listed: AtomicUsize,
    /// Workers waiting for `more`; changes under the lock of the list.
    sleepers: AtomicUsize,
    workers: usize,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

impl Job {
    /// Do parts until none is left. A panic ends the job and is kept for the owner.
    fn work(&self) {
        // SAFETY: the owner waits for every helper before the closure goes away.
        let body = unsafe { &*self.body };
        let done = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let part = self.next.fetch_add(1, Ordering::Relaxed);
                if part >= self.parts {
                    break;
                }
                body(part);
            }
        }));
        if let Err(p) = done {
            self.next.store(self.parts, Ordering::Relaxed);
            *lock(&self.panic) = Some(p);
        }
    }
}

impl Team {
    /// The team of this process with `threads - 1` workers, started on first use. A worker that cannot start is done without.
    pub fn get(threads: usize, on_start: fn()) -> &'static Team {
        static TEAM: OnceLock<&'static Team> = OnceLock::new();
        TEAM.get_or_init(|| {
            let team: &'static Team = Box::leak(Box::new(Team {
                jobs: Mutex::default(),
                more: Condvar::new(),
                listed: AtomicUsize::new(0),
                sleepers: AtomicUsize::new(0),
                workers: threads.saturating_sub(1),
            }));
            for i in 1..threads {
                let _ = std::thread::Builder::new().name(format!("graphpb-{i}")).spawn(move || {
                    on_start();
                    team.serve()
                });
            }
            team
        })
    }

    /// Call `body` with 0..parts, each once, on this thread and on workers that are free; `ns` estimates the whole job.
    /// Returns when all parts are done; a panic in one of them is continued here.
    pub fn run(&self, parts: usize, ns: f64, body: &(dyn Fn(usize) + Sync)) {
        let body: *const (dyn Fn(usize) + Sync + '_) = body;
        // SAFETY: only the lifetime is changed; the closure outlives the job, which ends in this call.
        let body: *const (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(body) };
        let job =
            Job { body, parts, next: AtomicUsize::new(0), helpers: AtomicUsize::new(0), owner: std::thread::current(), panic: Mutex::default() };
        {
            let mut jobs = lock(&self.jobs);
            jobs.push(Listed(&job));
            self.listed.fetch_add(1, Ordering::Release);
        }
        if ns >= WAKE_NS {
            for _ in 1..parts.min(self.sleepers.load(Ordering::Relaxed) + 1) {
                self.more.notify_one();
            }
        }
        job.work();
        lock(&self.jobs).retain(|j| !std::ptr::eq(j.0, &job));
        // No worker joins from here on.
        let mut turns = 0;
        while job.helpers.load(Ordering::Acquire) != 0 {
            turns += 1;
            if turns < PATIENCE { std::hint::spin_loop() } else { std::thread::park() }
        }
        let panic = lock(&job.panic).take();
        if let Some(p) = panic {
            resume_unwind(p);
        }
    }

    /// Wake one worker if all sleep.
    pub fn wake(&self) {
        if self.sleepers.load(Ordering::Relaxed) == self.workers {
            self.listed.fetch_add(1, Ordering::Release);
            self.more.notify_one();
        }
    }

    fn serve(&self) {
        loop {
            let seen = self.listed.load(Ordering::Acquire);
            let job = {
                let jobs = lock(&self.jobs);
                // SAFETY: what is on the list lives.
                let open = jobs.iter().map(|j| unsafe { &*j.0 }).find(|j| j.next.load(Ordering::Relaxed) < j.parts);
                if let Some(j) = open {
                    j.helpers.fetch_add(1, Ordering::Relaxed);
                }
                open.map(|j| j as *const Job)
            };
            match job {
                Some(job) => {
                    // SAFETY: the owner waits until `helpers` is back at 0; the thread handle is copied before that.
                    let owner = unsafe {
                        (*job).work();
                        let owner = (*job).owner.clone();
                        ((*job).helpers.fetch_sub(1, Ordering::Release) == 1).then_some(owner)
                    };
                    if let Some(owner) = owner {
                        owner.unpark();
                    }
                }
                None => self.wait(seen),
            }
        }
    }

    /// Until a job has been listed after the first `seen`.
    fn wait(&self, seen: usize) {
        let start = Instant::now();
        loop {
            for _ in 0..32 {
                if self.listed.load(Ordering::Acquire) != seen {
                    return;
                }
                std::hint::spin_loop();
            }
            if start.elapsed() > WATCH {
                break;
            }
        }
        let mut jobs = lock(&self.jobs);
        self.sleepers.fetch_add(1, Ordering::Relaxed);
        if self.listed.load(Ordering::Relaxed) == seen {
            jobs = self.more.wait(jobs).unwrap_or_else(|e| e.into_inner());
        }
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        drop(jobs);
    }
}
