//! The queues themselves: elements, who waits, and the order in which they are served.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use graphpb_kernels::random::{Philox, Stream};
use graphpb_kernels::{Code, DType, Tensor, shape_text};

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::session::env::Env;

/// How long a waiting run sleeps before it looks whether it shall stop.
const NAP: Duration = Duration::from_millis(10);

/// One element: a tensor for each component.
pub type Element = Vec<Tensor>;

/// In which order elements come out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// As they went in; `padded`: batches are filled up with zeros to one shape.
    Fifo { padded: bool },
    /// By chance, never leaving fewer than `keep` while the queue is open.
    Random { keep: usize, seeds: (i64, i64) },
    /// The least first component first; among equals the oldest.
    Priority,
}

/// What the node that makes a queue says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub op: &'static str,
    pub types: Vec<DType>,
    /// Shapes of the components; empty when nothing is said.
    pub shapes: Vec<Shape>,
    pub capacity: usize,
    pub order: Order,
}

/// A queue of one session.
pub struct Queue {
    name: String,
    spec: Spec,
    inner: Mutex<Inner>,
    changed: Condvar,
}

struct Inner {
    elements: VecDeque<Element>,
    random: Option<Stream>,
    closed: bool,
    /// Whoever waits to put something in (or to close), and to take something out: the oldest is served first.
    writers: VecDeque<u64>,
    readers: VecDeque<u64>,
    tickets: u64,
    /// Writers with lower tickets were cancelled by a close.
    cancelled_below: u64,
}

impl Inner {
    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

/// A capacity; negative ones mean none.
fn limit(capacity: i64) -> usize {
    usize::try_from(capacity).unwrap_or(usize::MAX)
}

impl Spec {
    pub fn new(op: &'static str, types: Vec<DType>, shapes: &[Shape], capacity: i64, order: Order) -> Result<Spec> {
        if !shapes.is_empty() && shapes.len() != types.len() {
            return Err(Error::invalid(format!("Different number of component types and shapes: {} and {}", types.len(), shapes.len())));
        }
        Ok(Spec { op, types, shapes: shapes.to_vec(), capacity: limit(capacity), order })
    }
}

impl Queue {
    pub fn new(name: String, spec: Spec, entropy: impl FnOnce() -> u64) -> Queue {
        let random = match spec.order {
            Order::Random { seeds: (0, 0), .. } => Some(Stream::new(Philox::new(entropy(), 0))),
            Order::Random { seeds: (a, b), .. } => Some(Stream::new(Philox::new(a as u64, b as u64))),
            _ => None,
        };
        let (writers, readers) = (VecDeque::new(), VecDeque::new());
        let inner = Inner { elements: VecDeque::new(), random, closed: false, writers, readers, tickets: 0, cancelled_below: 0 };
        Queue { name, spec, inner: Mutex::new(inner), changed: Condvar::new() }
    }

    pub fn types(&self) -> &[DType] {
        &self.spec.types
    }

    /// INVALID_ARGUMENT when another node with this shared name wants another queue.
    pub fn must_be(&self, wanted: &Spec, node: &str) -> Result<()> {
        let (have, name) = (&self.spec, &self.name);
        let text = |types: &[DType]| types.iter().map(|t| t.c_name()).collect::<Vec<_>>().join(", ");
        let message = if have.op != wanted.op {
            format!("Shared queue '{name}' has type '{}' that does not match type of Node '{node}': {}", have.op, wanted.op)
        } else if have.capacity != wanted.capacity {
            format!("Shared queue '{name}' has capacity {} but requested capacity was {}", have.capacity as i64, wanted.capacity as i64)
        } else if have.types != wanted.types {
            let (a, b) = (text(&have.types), text(&wanted.types));
            format!("Shared queue '{name}' has component types {a} but requested component types were {b}")
        } else if have.shapes != wanted.shapes {
            let all = |s: &[Shape]| s.iter().map(|s| s.to_string()).collect::<Vec<_>>().join(",");
            let (a, b) = (all(&have.shapes), all(&wanted.shapes));
            format!("Shared queue '{name}' has component shapes [{a}] but requested component shapes were [{b}]")
        } else {
            return match (have.order, wanted.order) {
                (Order::Random { keep: a, .. }, Order::Random { keep: b, .. }) if a != b => {
                    Err(Error::invalid(format!("Shared queue '{name}' has min_after_dequeue {a} but requested min_after_dequeue was {b}.")))
                }
                _ => Ok(()),
            };
        };
        Err(Error::invalid(message + "."))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Sleep until something changed or for a moment; CANCELLED or DEADLINE_EXCEEDED when this run shall stop.
    fn wait<'a>(&'a self, inner: MutexGuard<'a, Inner>, env: &Env, what: &str) -> (MutexGuard<'a, Inner>, Result<()>) {
        let cancelled = || Error::status(Code::Cancelled, format!("{what} operation was cancelled"));
        let (guard, _) = self.changed.wait_timeout(inner, NAP).unwrap_or_else(|e| e.into_inner());
        // The poll may run code of the caller's: not while the queue is locked.
        drop(guard);
        let state = match env.check_cancelled() {
            Err(e) if e.code() == Code::Cancelled => Err(cancelled()),
            Ok(()) if env.is_closing() => Err(cancelled()),
            other => other,
        };
        (self.lock(), state)
    }

    /// Component `i` has the type of the queue and (below `skip` leading axes) its shape.
    fn check(&self, element: &[Tensor], skip: usize) -> Result<()> {
        if element.len() != self.spec.types.len() || element.iter().zip(&self.spec.types).any(|(t, &d)| t.dtype() != d) {
            let text = |types: &mut dyn Iterator<Item = DType>| types.map(|t| t.c_name()).collect::<Vec<_>>().join(", ");
            let (have, want) = (text(&mut element.iter().map(|t| t.dtype())), text(&mut self.spec.types.iter().copied()));
            return Err(Error::invalid(format!("Signature mismatch, have: {have} expected: {want}")));
        }
        for (i, (t, shape)) in element.iter().zip(&self.spec.shapes).enumerate() {
            if !t.dims().get(skip..).is_some_and(|d| shape.admits(d)) {
                let got = Shape::known(t.dims());
                let want = if skip > 0 { Shape::known(&t.dims()[..skip.min(t.rank())]).concat(shape) } else { shape.clone() };
                return Err(Error::invalid(format!("Shape mismatch in tuple component {i}. Expected {want}, got {got}")));
            }
        }
        if self.spec.order == Order::Priority && element.first().is_none_or(|p| p.rank() != skip) {
            return Err(Error::invalid("Expected the priority component to be a scalar"));
        }
        Ok(())
    }

    /// Put one element in; waits while the queue is full. CANCELLED when it is closed.
    pub fn enqueue(&self, element: Element, env: &Env) -> Result<()> {
        self.check(&element, 0)?;
        self.put(std::iter::once(element), env)
    }

    /// Put in the rows of `batch`; waits while the queue is full. CANCELLED when it is closed.
    pub fn enqueue_many(&self, batch: &[Tensor], env: &Env) -> Result<()> {
        let n = batch.first().and_then(|t| t.dims().first().copied());
        for (i, t) in batch.iter().enumerate() {
            match (t.dims().first(), n) {
                (Some(&m), Some(n)) if m == n => {}
                (Some(&m), Some(n)) => {
                    return Err(Error::invalid(format!(
                        "All input tensors must have the same size in the 0th dimension. Component {i} has {m}, and should have {n}"
                    )));
                }
                _ => return Err(Error::invalid(format!("Component {i} of enqueue_many must have at least one dimension"))),
            }
        }
        self.check(batch, 1)?;
        let row = |t: &Tensor, i: usize| t.rows(i, 1).reshaped(&t.dims()[1..]);
        self.put((0..n.unwrap_or(0)).map(|i| batch.iter().map(|t| row(t, i)).collect()), env)
    }

    fn put(&self, elements: impl Iterator<Item = Element>, env: &Env) -> Result<()> {
        let mut elements = elements.peekable();
        let mut inner = self.lock();
        let me = inner.ticket();
        inner.writers.push_back(me);
        let result = loop {
            if me < inner.cancelled_below {
                break Err(Error::status(Code::Cancelled, "Enqueue operation was cancelled"));
            }
            if inner.writers.front() == Some(&me) {
                if inner.closed {
                    break Err(Error::status(Code::Cancelled, format!("{} '{}' is closed.", self.kind(), self.name)));
                }
                while elements.peek().is_some() && inner.elements.len() < self.spec.capacity {
                    // What a feed or a variable lends is copied: it may change before somebody takes it.
                    inner.elements.extend(elements.next().map(|e| e.into_iter().map(Tensor::into_owned).collect::<Element>()));
                }
                if elements.peek().is_none() {
                    break Ok(());
                }
                self.changed.notify_all();
            }
            let (guard, state) = self.wait(inner, env, "Enqueue");
            inner = guard;
            if let Err(e) = state {
                break Err(e);
            }
        };
        inner.writers.retain(|&t| t != me);
        self.changed.notify_all();
        result
    }

    /// Take one element out; waits while there is none. OUT_OF_RANGE when the queue is closed and empty.
    pub fn dequeue(&self, env: &Env) -> Result<Element> {
        let mut one = self.take(1, false, env)?;
        one.pop().ok_or_else(|| Error::internal("a queue gave no element"))
    }

    /// Take `n` elements out, stacked; with `fewer`, what is left when the queue is closed.
    pub fn dequeue_many(&self, n: usize, fewer: bool, env: &Env) -> Result<Vec<Tensor>> {
        if self.spec.shapes.is_empty() {
            return Err(Error::invalid(format!("{}'s DequeueMany and DequeueUpTo require the components to have specified shapes.", self.kind())));
        }
        if n == 0 {
            let dims = |s: &Shape| [0].into_iter().chain(s.dims().unwrap_or(&[]).iter().map(|&d| d.max(0) as usize)).collect::<Vec<_>>();
            return self.spec.types.iter().zip(&self.spec.shapes).map(|(&t, s)| Ok(Tensor::try_zeros(t, &dims(s))?)).collect();
        }
        let elements = self.take(n, fewer, env)?;
        (0..self.spec.types.len())
            .map(|i| {
                let parts: Vec<&Tensor> = elements.iter().filter_map(|e| e.get(i)).collect();
                match self.spec.order {
                    Order::Fifo { padded: true } => super::padding::stack(&parts),
                    _ => Ok(graphpb_kernels::movement::concat::pack(&parts, 0)?),
                }
            })
            .collect()
    }

    fn take(&self, n: usize, fewer: bool, env: &Env) -> Result<Vec<Element>> {
        let mut inner = self.lock();
        let me = inner.ticket();
        inner.readers.push_back(me);
        let mut taken: Vec<Element> = Vec::new();
        let result = loop {
            if inner.readers.front() == Some(&me) {
                let keep = match self.spec.order {
                    Order::Random { keep, .. } if !inner.closed => keep,
                    _ => 0,
                };
                let size = inner.elements.len();
                let missing = n - taken.len();
                if inner.closed && size < missing {
                    if !fewer || (size == 0 && taken.is_empty()) {
                        break Err(Error::status(
                            Code::OutOfRange,
                            format!(
                                "{} '{}' is closed and has insufficient elements (requested {missing}, current size {size})",
                                self.kind(),
                                self.name
                            ),
                        ));
                    }
                    taken.extend((0..size).filter_map(|_| self.pop(&mut inner)));
                    break Ok(());
                }
                taken.extend((0..missing.min(size.saturating_sub(keep))).filter_map(|_| self.pop(&mut inner)));
                if taken.len() == n {
                    break Ok(());
                }
                self.changed.notify_all();
            }
            let (guard, state) = self.wait(inner, env, "Dequeue");
            inner = guard;
            if let Err(e) = state {
                break Err(e);
            }
        };
        if result.is_err() {
            // What was taken for this batch goes back to where it was.
            for e in taken.drain(..).rev() {
                inner.elements.push_front(e);
            }
        }
        inner.readers.retain(|&t| t != me);
        self.changed.notify_all();
        result.map(|()| taken)
    }

    fn pop(&self, inner: &mut Inner) -> Option<Element> {
        match self.spec.order {
            Order::Fifo { .. } => inner.elements.pop_front(),
            Order::Random { .. } => {
                let n = inner.elements.len();
                if n == 0 {
                    return None;
                }
                let at = inner.random.as_mut()?.word() as usize % n;
                inner.elements.swap_remove_back(at)
            }
            Order::Priority => {
                let priority = |e: &Element| e.first().and_then(|p| p.to_i64s()?.first().copied());
                let at = (0..inner.elements.len()).min_by_key(|&i| priority(&inner.elements[i]))?;
                inner.elements.remove(at)
            }
        }
    }

    /// No more elements after those that wait already; with `cancel`, those are refused too.
    pub fn close(&self, cancel: bool, env: &Env) -> Result<()> {
        let mut inner = self.lock();
        let me = inner.ticket();
        if cancel {
            inner.cancelled_below = me;
            inner.closed = true;
            self.changed.notify_all();
            return Ok(());
        }
        inner.writers.push_back(me);
        let result = loop {
            if inner.closed || inner.writers.front() == Some(&me) {
                inner.closed = true;
                break Ok(());
            }
            let (guard, state) = self.wait(inner, env, "Close");
            inner = guard;
            if let Err(e) = state {
                break Err(e);
            }
        };
        inner.writers.retain(|&t| t != me);
        self.changed.notify_all();
        result
    }

    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }
    pub fn size(&self) -> usize {
        self.lock().elements.len()
    }
    /// The name that TensorFlow's messages use.
    fn kind(&self) -> &'static str {
        self.spec.op.strip_suffix("V2").unwrap_or(self.spec.op)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sizes: Vec<String> = self.lock().elements.iter().flatten().map(|t| shape_text(t.dims())).collect();
        write!(f, "{} '{}' {sizes:?}", self.kind(), self.name)
    }
}
