//! Queues: ops that make one, put elements in and take them out. A run that must wait lets other runs go on.

mod padding;
mod store;

pub mod reader;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use graphpb_kernels::{Bool, DType, Tensor};

use crate::Result;
use crate::error::Error;
use crate::graph::fact::Shape;
use crate::graph::infer;
use crate::ops::random::entropy;
use crate::plan::kernel::{KernelCtx, Prepare, Prepared};
use crate::registry::*;
use crate::session::env::ResourceKey;
use store::{Order, Queue, Spec};
pub(super) use work::next_line;

const REASON: &str = "a queue's elements have no gradient";

/// What every op that may wait is: it has an effect, and the caller must not hold what others need.
const WAITS: Traits = Traits::STATEFUL.and(Traits::CALLS_OUT);
/// What ops are that wait for an element.
const TAKES: Traits = WAITS.and(Traits::TAKES);

/// The shared name of a node's resource, if it has one.
fn shared_name(p: &Prepare) -> Option<Arc<str>> {
    p.attrs.str("shared_name").ok().filter(|s| !s.is_empty()).map(Arc::from)
}

/// The name that messages give a new resource: as TensorFlow, numbered when it is the node's own.
fn told(c: &KernelCtx, shared: &Option<Arc<str>>) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    match shared {
        Some(name) => name.to_string(),
        None => format!("_{}_{}", COUNT.fetch_add(1, Ordering::Relaxed), c.name()),
    }
}

/// The key of the resource of the running node.
fn key(c: &KernelCtx, shared: &Option<Arc<str>>) -> ResourceKey {
    match shared {
        Some(name) => ResourceKey::Shared(name.clone()),
        None => ResourceKey::Node(c.node()),
    }
}

/// Makes the queue of a node (or finds the shared one), and gives its handle.
fn maker(p: &Prepare, op: &'static str, order: Order) -> Result<Prepared> {
    let mut types = p.attrs.dtypes("component_types")?;
    let mut shapes = p.attrs.shapes("shapes")?.to_vec();
    if order == Order::Priority {
        types.insert(0, DType::I64);
        shapes.insert(0, Shape::scalar());
    }
    let spec = Spec::new(op, types, &shapes, p.attrs.int("capacity")?, order)?;
    let shared = shared_name(p);
    Ok(Box::new(move |c| {
        let queue = c.env().resource(key(c, &shared), || Queue::new(told(c, &shared), spec.clone(), entropy));
        queue.must_be(&spec, c.name())?;
        c.set(0, Tensor::handles(DType::Resource, vec![queue], &[]));
        Ok(())
    }))
}

/// The queue that input `i` stands for.
fn queue_of(c: &KernelCtx, i: usize) -> Result<Arc<Queue>> {
    let h = c.input(i);
    let handle = (h.dtype() == DType::Resource).then(|| h.as_handles().first().cloned()).flatten();
    handle.and_then(|h| h.downcast::<Queue>().ok()).ok_or_else(|| Error::invalid("the handle is not that of a queue"))
}

const HANDLE: Arg = arg_of("handle", DType::Resource);
const COMPONENT_TYPES: AttrSpec = attr("component_types", AttrKind::ListType).at_least(1);
const TIMEOUT: AttrSpec = int("timeout_ms").default_int(-1);
const SHAPES: AttrSpec = attr("shapes", AttrKind::ListShape).default_empty().at_least(0);
const CAPACITY: AttrSpec = int("capacity").default_int(-1);
const CONTAINER: AttrSpec = string("container").default_str("");
const SHARED_NAME: AttrSpec = string("shared_name").default_str("");

const QUEUE: OpDef = OpDef {
    outputs: &[HANDLE],
    attrs: &[COMPONENT_TYPES, SHAPES, CAPACITY, CONTAINER, SHARED_NAME],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static FIFO_QUEUE_V2: OpDef = OpDef {
    name: "FIFOQueueV2",
    doc: "A queue whose elements come out in the order in which they went in.",
    kernel: Kernel::Prepared(|p| maker(p, "FIFOQueueV2", Order::Fifo { padded: false })),
    ..QUEUE
};

pub static PADDING_FIFO_QUEUE_V2: OpDef = OpDef {
    name: "PaddingFIFOQueueV2",
    doc: "A queue in order whose elements may have different sizes where `shapes` says so; batches are filled up with zeros.",
    kernel: Kernel::Prepared(|p| maker(p, "PaddingFIFOQueueV2", Order::Fifo { padded: true })),
    ..QUEUE
};

pub static RANDOM_SHUFFLE_QUEUE_V2: OpDef = OpDef {
    name: "RandomShuffleQueueV2",
    doc: "A queue whose elements come out in random order; while it is open, at least `min_after_dequeue` stay inside.",
    attrs: &[
        COMPONENT_TYPES,
        SHAPES,
        CAPACITY,
        int("min_after_dequeue").default_int(0),
        int("seed").default_int(0),
        int("seed2").default_int(0),
        CONTAINER,
        SHARED_NAME,
    ],
    kernel: Kernel::Prepared(|p| {
        let keep = p.attrs.int("min_after_dequeue")?;
        let keep = usize::try_from(keep).map_err(|_| Error::invalid("min_after_dequeue must be >= 0"))?;
        let seeds = (p.attrs.int("seed")?, p.attrs.int("seed2")?);
        maker(p, "RandomShuffleQueueV2", Order::Random { keep, seeds })
    }),
    ..QUEUE
};

pub static PRIORITY_QUEUE_V2: OpDef = OpDef {
    name: "PriorityQueueV2",
    doc: "A queue whose elements come out by their first component, an int64, the least first.",
    attrs: &[
        attr("component_types", AttrKind::ListType).default_empty().at_least(0),
        attr("shapes", AttrKind::ListShape).at_least(0),
        CAPACITY,
        CONTAINER,
        SHARED_NAME,
    ],
    kernel: Kernel::Prepared(|p| maker(p, "PriorityQueueV2", Order::Priority)),
    ..QUEUE
};

const ENQUEUE: OpDef = OpDef {
    inputs: &[HANDLE, args_by_types("components", "Tcomponents")],
    attrs: &[attr("Tcomponents", AttrKind::ListType).at_least(1), TIMEOUT],
    traits: WAITS,
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static QUEUE_ENQUEUE_V2: OpDef = OpDef {
    name: "QueueEnqueueV2",
    doc: "Puts one element in; waits while the queue is full. CANCELLED when it is closed.",
    kernel: Kernel::Plain(|c| {
        let queue = queue_of(c, 0)?;
        let element = (1..c.inputs()).map(|i| c.take(i)).collect();
        queue.enqueue(element, c.env())
    }),
    ..ENQUEUE
};

pub static QUEUE_ENQUEUE_MANY_V2: OpDef = OpDef {
    name: "QueueEnqueueManyV2",
    doc: "Puts in the rows of the components, one after the other; waits while the queue is full.",
    kernel: Kernel::Plain(|c| {
        let queue = queue_of(c, 0)?;
        let batch: Vec<Tensor> = (1..c.inputs()).map(|i| c.take(i)).collect();
        queue.enqueue_many(&batch, c.env())
    }),
    ..ENQUEUE
};

fn give(c: &mut KernelCtx, components: Vec<Tensor>) -> Result<()> {
    let wanted: Vec<DType> = (0..c.outputs()).map(|i| c.output_dtype(i)).collect();
    if components.iter().map(Tensor::dtype).ne(wanted.iter().copied()) {
        let text = |types: &mut dyn Iterator<Item = DType>| types.map(|t| t.c_name()).collect::<Vec<_>>().join(", ");
        let (have, want) = (text(&mut components.iter().map(Tensor::dtype)), text(&mut wanted.into_iter()));
        return Err(Error::invalid(format!("Signature mismatch, have: {want} expected: {have}")));
    }
    components.into_iter().enumerate().for_each(|(i, t)| c.set(i, t));
    Ok(())
}

fn dequeue_many(c: &mut KernelCtx, fewer: bool) -> Result<()> {
    let queue = queue_of(c, 0)?;
    let n = c.int(1)?;
    let n = usize::try_from(n).map_err(|_| Error::invalid(format!("{} requested {n} < 0 elements", c.op())))?;
    let components = queue.dequeue_many(n, fewer, c.env())?;
    give(c, components)
}

const DEQUEUE: OpDef = OpDef {
    inputs: &[HANDLE],
    outputs: &[args_by_types("components", "component_types")],
    attrs: &[COMPONENT_TYPES, TIMEOUT],
    traits: TAKES,
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static QUEUE_DEQUEUE_V2: OpDef = OpDef {
    name: "QueueDequeueV2",
    doc: "Takes one element out; waits while there is none. OUT_OF_RANGE when the queue is closed and empty.",
    kernel: Kernel::Plain(|c| {
        let element = queue_of(c, 0)?.dequeue(c.env())?;
        give(c, element)
    }),
    ..DEQUEUE
};

pub static QUEUE_DEQUEUE_MANY_V2: OpDef = OpDef {
    name: "QueueDequeueManyV2",
    doc: "Takes `n` elements out, stacked; waits until there are as many. OUT_OF_RANGE when the queue is closed and has fewer.",
    inputs: &[HANDLE, arg_of("n", DType::I32)],
    kernel: Kernel::Plain(|c| dequeue_many(c, false)),
    ..DEQUEUE
};

pub static QUEUE_DEQUEUE_UP_TO_V2: OpDef = OpDef {
    name: "QueueDequeueUpToV2",
    doc: "Takes `n` elements out, or what is left when the queue is closed. OUT_OF_RANGE when nothing is.",
    inputs: &[HANDLE, arg_of("n", DType::I32)],
    kernel: Kernel::Plain(|c| dequeue_many(c, true)),
    ..DEQUEUE
};

pub static QUEUE_CLOSE_V2: OpDef = OpDef {
    name: "QueueCloseV2",
    doc: "Refuses elements from now on; with cancel_pending_enqueues also those that wait to be put in.",
    inputs: &[HANDLE],
    attrs: &[flag("cancel_pending_enqueues", false)],
    traits: WAITS,
    kernel: Kernel::Plain(|c| {
        let cancel = c.attrs().bool("cancel_pending_enqueues")?;
        queue_of(c, 0)?.close(cancel, c.env())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static QUEUE_IS_CLOSED_V2: OpDef = OpDef {
    name: "QueueIsClosedV2",
    doc: "Whether the queue was closed.",
    inputs: &[HANDLE],
    outputs: &[arg_of("is_closed", DType::Bool)],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let closed = queue_of(c, 0)?.is_closed();
        c.set(0, Tensor::scalar(Bool::from(closed)));
        Ok(())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};

pub static QUEUE_SIZE_V2: OpDef = OpDef {
    name: "QueueSizeV2",
    doc: "How many elements are inside.",
    inputs: &[HANDLE],
    outputs: &[arg_of("size", DType::I32)],
    traits: Traits::STATEFUL,
    shape: infer::scalars,
    kernel: Kernel::Plain(|c| {
        let size = queue_of(c, 0)?.size();
        c.set(0, Tensor::scalar(i32::try_from(size).unwrap_or(i32::MAX)));
        Ok(())
    }),
    grad: Grad::NotDifferentiable(REASON),
    ..OpDef::BASE
};
