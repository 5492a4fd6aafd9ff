//! The generic checks: what every op must satisfy, on its own random samples.

use std::panic::{AssertUnwindSafe, catch_unwind};

use graphpb_kernels::{Bool, DType, Tensor, dtype, par};

use crate::error::{Code, Error, Result};
use crate::graph::Graph;
use crate::graph::builder::{Name, NewNode};
use crate::graph::constant::run_alone;
use crate::graph::fact::Shape;
use crate::graph::node::{NodeId, Out};
use crate::plan::kernel::Value;
use crate::registry::{ArgType, AttrKind, Grad, Kernel, OpDef};
use crate::session::Session;
use crate::testing::cases::{Case, Draw};
use crate::testing::compare::{close, same_bits};
use crate::testing::gradients;

/// How much of the inputs' shapes the graph knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    All,
    /// Some sizes; parameters are constants.
    Some,
    /// Nothing; parameters are fed too.
    None,
    /// Every input is a constant.
    Constant,
}

/// A graph with one node of the op, and what to feed.
pub struct Built {
    pub graph: Graph,
    pub inputs: Vec<Out>,
    pub feeds: Vec<(Out, Tensor)>,
    /// Assignments of the variables that reference inputs stand for.
    pub init: Vec<NodeId>,
    pub node: NodeId,
}

impl Built {
    pub fn outputs(&self) -> Vec<Out> {
        (0..self.graph.node(self.node).outputs.len()).map(|i| self.node.out(i)).collect()
    }
    /// Run it in a new session; the facts of the outputs come along.
    fn run(self, fuse: bool) -> Result<Vec<Tensor>> {
        let outs = self.outputs();
        self.fetch(&outs, fuse)
    }
    fn fetch(self, outs: &[Out], fuse: bool) -> Result<Vec<Tensor>> {
        let (feeds, init) = (self.feeds, self.init);
        let session = Session::of(self.graph);
        let session = if fuse { session } else { session.without_fusion() };
        if !init.is_empty() {
            session.run(&[], &[], &init)?;
        }
        session.run(&feeds, outs, &[])
    }
}

/// Whether input `i` of the op is a reference to a variable (flat inputs of ops without list arguments before it).
fn is_ref(def: &OpDef, i: usize) -> bool {
    def.inputs.get(i).is_some_and(|a| a.is_ref)
}

/// Build the case; `wrap` stands between a fed input and the op.
pub fn build(def: &'static OpDef, case: &Case, known: Known, seed: u64, wrap: &mut dyn FnMut(&mut Graph, Out) -> Result<Out>) -> Result<Built> {
    let mut d = Draw::new(seed ^ 0xABCD, DType::F32);
    let mut graph = Graph::new();
    let (mut inputs, mut feeds, mut init) = (Vec::new(), Vec::new(), Vec::new());
    for (i, t) in case.inputs.iter().enumerate() {
        let name = format!("in{i}");
        let constant = |graph: &mut Graph, name: &str| -> Result<Out> {
            Ok(graph.add(NewNode::new("Const", Name::Exact(name), &[]).attr("dtype", t.dtype()).attr("value", t.clone()))?.out(0))
        };
        if is_ref(def, i) {
            let shape = Shape::known(t.dims());
            let var = graph.add(NewNode::new("VariableV2", Name::Exact(&name), &[]).attr("dtype", t.dtype()).attr("shape", shape))?.out(0);
            let value = constant(&mut graph, &format!("{name}_init"))?;
            let name = format!("{name}_assign");
            init.push(graph.add(NewNode::new("Assign", Name::Exact(&name), &[var, value]))?);
            inputs.push(var);
            continue;
        }
        if known == Known::Constant || known != Known::None && case.constants.contains(&i) {
            let c = constant(&mut graph, &name)?;
            inputs.push(c);
            continue;
        }
        let shape = match known {
            Known::All => Shape::known(t.dims()),
            Known::None => Shape::UNKNOWN,
            _ if d.below(4) == 0 => Shape::UNKNOWN,
            _ => Shape::of(&t.dims().iter().map(|&n| if d.flag() { -1 } else { n as i64 }).collect::<Vec<_>>()),
        };
        let fed = graph.add(NewNode::new("Placeholder", Name::Exact(&name), &[]).attr("dtype", t.dtype()).attr("shape", shape))?.out(0);
        feeds.push((fed, t.clone()));
        let o = wrap(&mut graph, fed)?;
        inputs.push(o);
    }
    let mut new = NewNode::new(def.name, Name::Exact("op"), &inputs);
    new.attrs = case.attrs.clone();
    let node = graph.add(new)?;
    Ok(Built { graph, inputs, feeds, init, node })
}

fn plain(def: &'static OpDef, case: &Case, known: Known, seed: u64) -> Result<Built> {
    build(def, case, known, seed, &mut |_, o| Ok(o))
}

/// A tensor that nobody else holds, with the same values: last-use inputs of this kind are overwritten in place.
fn fresh(graph: &mut Graph, o: Out) -> Result<Out> {
    let dtype = graph.fact(o).dtype;
    let op = |graph: &mut Graph, op: &str, inputs: &[Out]| -> Result<Out> { Ok(graph.add(NewNode::new(op, Name::Unique("fresh"), inputs))?.out(0)) };
    if dtype == DType::Bool {
        let n = op(graph, "LogicalNot", &[o])?;
        return op(graph, "LogicalNot", &[n]);
    }
    if !dtype.is_integer() && !dtype.is_floating() && !dtype.is_complex() {
        return Ok(o);
    }
    let one = graphpb_kernels::pointwise::cast(&Tensor::scalar(1i32), dtype)?;
    let one = graph.add(NewNode::new("Const", Name::Unique("one"), &[]).attr("dtype", dtype).attr("value", one))?.out(0);
    op(graph, "Mul", &[o, one])
}

/// The types that the first `type` attribute may have; for ops without one, a type that samples ignore.
pub fn sample_types(def: &OpDef) -> Vec<DType> {
    let used = |name: &'static str| def.inputs.iter().chain(def.outputs).any(|a| a.ty == ArgType::Attr(name) || a.ty == ArgType::ListAttr(name));
    let candidates = || def.attrs.iter().filter(|a| matches!(a.kind, AttrKind::Type | AttrKind::ListType) && used(a.name));
    // The data's type, before that of an index or a shape.
    match candidates().find(|a| matches!(a.name, "T" | "dtype")).or_else(|| candidates().next()) {
        None => vec![DType::F32],
        Some(a) if a.types.is_empty() => dtype::ALL
            .iter()
            .copied()
            .filter(|d| d.is_integer() || d.is_floating() || d.is_complex() || matches!(d, DType::Bool | DType::Str))
            .collect(),
        // What a variant holds is not drawn.
        Some(a) => a.types.iter().copied().filter(|d| d.is_plain() || *d == DType::Str).collect(),
    }
}

/// Whether the checks can run the op: it has a sample, and its inputs are plain tensors or variables.
pub fn is_runnable(def: &OpDef) -> bool {
    def.sample.is_some() && !matches!(def.kernel, Kernel::Calling(_) | Kernel::Control | Kernel::Unsupported)
}

/// Whether a second run of the same inputs gives the same values.
fn is_repeatable(def: &OpDef) -> bool {
    !def.is_stateful()
}

/// The findings about one op, each with the case that shows it.
pub struct Report {
    pub op: &'static str,
    pub failures: Vec<String>,
    /// Cases that ran.
    pub cases: usize,
    /// First and second derivatives that were compared.
    pub derivatives: (usize, usize),
    /// Gradients that need more static knowledge than the graph had.
    pub skipped: usize,
}

impl Report {
    fn fail(&mut self, what: &str, case: &Case, detail: impl std::fmt::Display) {
        let shapes: Vec<String> = case.inputs.iter().map(|t| format!("{}{}", t.dtype().name(), graphpb_kernels::shape_text(t.dims()))).collect();
        let attrs: Vec<String> = case.attrs.iter().map(|(n, v)| format!("{}={v:?}", &**n)).collect();
        self.failures.push(format!("{} {what}: {detail}\n      inputs {} attrs {}", self.op, shapes.join(" "), attrs.join(" ")));
    }
}

/// `f`, with a panic as INTERNAL.
fn guarded<T>(f: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|p| {
        let text = p.downcast_ref::<String>().cloned().or_else(|| p.downcast_ref::<&str>().map(|s| s.to_string()));
        Err(Error::internal(format!("panic: {}", text.unwrap_or_default())))
    })
}

/// Run every check on samples of these seeds, for every type.
pub fn check_op(def: &'static OpDef, seeds: std::ops::Range<u64>) -> Report {
    let mut r = Report { op: def.name, failures: Vec::new(), cases: 0, derivatives: (0, 0), skipped: 0 };
    let Some(sample) = def.sample.filter(|_| is_runnable(def)) else { return r };
    for dtype in sample_types(def) {
        for seed in seeds.clone() {
            let case = sample(&mut Draw::new(seed, dtype));
            check_case(def, &case, seed, &mut r);
            if seed < seeds.start + 3 {
                check_bad_inputs(def, &case, seed, &mut r);
            }
            if r.failures.len() > 4 {
                return r;
            }
        }
        let mut large = Draw::new(seeds.start, dtype);
        large.scale = 9;
        let case = sample(&mut large);
        check_threads(def, &case, &mut r);
    }
    if matches!(def.grad, Grad::Rule(_)) {
        let has_f64 = sample_types(def).contains(&DType::F64);
        for seed in seeds.filter(|_| has_f64) {
            let case = sample(&mut Draw::new(seed + 1000, DType::F64));
            for known in [Known::All, if seed % 2 == 0 { Known::Some } else { Known::None }] {
                match guarded(|| gradients::check(def, &case, known, seed)) {
                    Ok(n) => r.derivatives = (r.derivatives.0 + n.0, r.derivatives.1 + n.1),
                    // A gradient may need ranks or parameters that are known, and says so.
                    Err(e) if known != Known::All && (e.code() == Code::Unimplemented || e.message().contains(" needs ")) => r.skipped += 1,
                    Err(e) => r.fail(&format!("gradient ({known:?})"), &case, e),
                }
            }
            if r.failures.len() > 4 {
                return r;
            }
        }
    }
    r
}

fn check_case(def: &'static OpDef, case: &Case, seed: u64, r: &mut Report) {
    let mut want: Option<Vec<Tensor>> = None;
    for known in [Known::All, Known::Some, Known::None, Known::Constant] {
        let built = match guarded(|| plain(def, case, known, seed)) {
            Ok(b) => b,
            Err(e) => return r.fail(&format!("cannot be built ({known:?})"), case, e),
        };
        let facts = built.graph.node(built.node).outputs.clone();
        let saved = if known == Known::All { save_and_load(&built) } else { Ok(None) };
        let got = match guarded(|| built.run(true)) {
            Ok(g) => g,
            Err(e) => return r.fail(&format!("does not run ({known:?})"), case, e),
        };
        for (i, (f, t)) in facts.iter().zip(&got).enumerate() {
            if f.dtype != t.dtype() {
                r.fail(&format!("output {i} has another type than declared"), case, format!("{} and {}", f.dtype.name(), t.dtype().name()));
            }
            if !f.shape.admits(t.dims()) {
                r.fail(&format!("output {i} has another shape than inferred ({known:?})"), case, format!("{} and {:?}", f.shape, t.dims()));
            }
        }
        match (&want, is_repeatable(def)) {
            (Some(w), true) => compare(w, &got, &format!("other values when shapes are known as {known:?}"), case, r, same_bits),
            (None, _) => want = Some(got),
            _ => {}
        }
        match saved {
            Ok(Some(b)) if is_repeatable(def) => match (guarded(|| b.run(true)), &want) {
                (Ok(got), Some(w)) => compare(w, &got, "other values after saving and loading", case, r, same_bits),
                (Err(e), _) => r.fail("does not run after saving and loading", case, e),
                _ => {}
            },
            Err(e) => r.fail("cannot be saved and loaded", case, e),
            _ => {}
        }
    }
    r.cases += 1;
    let (Some(want), true) = (want, is_repeatable(def)) else { return };
    check_in_place(def, case, seed, &want, r);
}

/// The op on inputs that it may overwrite, by itself and in a fused group.
fn check_in_place(def: &'static OpDef, case: &Case, seed: u64, want: &[Tensor], r: &mut Report) {
    for fuse in [false, true] {
        let run = || -> Result<Vec<Tensor>> {
            let mut b = build(def, case, Known::All, seed, &mut fresh)?;
            let mut outs = b.outputs();
            if fuse {
                // A consumer, so that the op is inside of a group.
                for o in &mut outs {
                    if matches!(b.graph.fact(*o).dtype, DType::F32 | DType::Bool) && !b.graph.fact(*o).is_ref {
                        *o = fresh(&mut b.graph, *o)?;
                    }
                }
            }
            b.fetch(&outs, fuse)
        };
        match guarded(run) {
            Ok(got) if fuse => compare(want, &got, "other values when fused", case, r, |a, b| close(a, b, 2e-5, 1e-6)),
            Ok(got) => compare(want, &got, "other values in place", case, r, same_bits),
            Err(e) => r.fail(if fuse { "does not run when fused" } else { "does not run in place" }, case, e),
        }
    }
}

fn compare(want: &[Tensor], got: &[Tensor], what: &str, case: &Case, r: &mut Report, same: impl Fn(&Tensor, &Tensor) -> Result<(), String>) {
    for (i, (w, g)) in want.iter().zip(got).enumerate() {
        if let Err(e) = same(w, g) {
            r.fail(&format!("output {i}: {what}"), case, e);
        }
    }
}

/// The same graph after a trip through bytes.
fn save_and_load(b: &Built) -> Result<Option<Built>> {
    let bytes = prost::Message::encode_to_vec(&b.graph.to_graph_def(0, false)?);
    let def = prost::Message::decode(bytes.as_slice()).map_err(|e| Error::internal(e.to_string()))?;
    let graph = Graph::from_graph_def(def)?;
    let find = |o: Out| -> Result<Out> {
        let name = b.graph.out_name(o);
        graph.find_out(&name).ok_or_else(|| Error::internal(format!("{name} is lost")))
    };
    let again = |id: NodeId| find(id.out(0)).map(|o| o.node);
    Ok(Some(Built {
        inputs: b.inputs.iter().map(|&o| find(o)).collect::<Result<_>>()?,
        feeds: b.feeds.iter().map(|(o, t)| Ok((find(*o)?, t.clone()))).collect::<Result<_>>()?,
        init: b.init.iter().map(|&n| again(n)).collect::<Result<_>>()?,
        node: again(b.node)?,
        graph,
    }))
}

/// One thread and the pool give the same bits, on inputs large enough to be split.
fn check_threads(def: &'static OpDef, case: &Case, r: &mut Report) {
    if !is_repeatable(def) || def.inputs.iter().any(|a| a.is_ref) {
        return;
    }
    let run = |inside: bool| -> Result<Vec<Option<Tensor>>> {
        let b = plain(def, case, Known::All, 0)?;
        let node = b.graph.node(b.node);
        let mut inputs: Vec<Option<Value>> = case.inputs.iter().map(|t| Some(Value::Tensor(t.clone()))).collect();
        if inside { par::install(|| run_alone(&b.graph, node, &mut inputs)) } else { run_alone(&b.graph, node, &mut inputs) }
    };
    match (guarded(|| run(false)), guarded(|| run(true))) {
        (Ok(one), Ok(many)) => {
            let (one, many): (Vec<Tensor>, Vec<Tensor>) = (one.into_iter().flatten().collect(), many.into_iter().flatten().collect());
            compare(&one, &many, "other values with more threads", case, r, same_bits);
        }
        (Err(e), _) | (_, Err(e)) => r.fail("does not run on large inputs", case, e),
    }
}

/// Inputs that are wrong or degenerate give a coded error or a result, never a panic.
fn check_bad_inputs(def: &'static OpDef, case: &Case, seed: u64, r: &mut Report) {
    let mut d = Draw::new(seed ^ 0x5EED, DType::F32);
    let no_panic = |what: &str, case: &Case, result: Result<()>, r: &mut Report| match result {
        Err(e) if e.code() == Code::Internal => r.fail(what, case, e),
        _ => {}
    };
    // One input fewer.
    if !case.inputs.is_empty() {
        let mut short = case.clone();
        short.inputs.pop();
        let lists = def.inputs.iter().any(|a| a.number.is_some() || matches!(a.ty, ArgType::ListAttr(_)));
        match guarded(|| plain(def, &short, Known::All, seed)) {
            Ok(_) if !lists => r.fail("accepts one input too few", &short, "no error"),
            Ok(_) => {}
            Err(e) => no_panic("one input too few", &short, Err(e), r),
        }
    }
    for i in 0..case.inputs.len() {
        if is_ref(def, i) {
            continue;
        }
        // Another type.
        let mut other = case.clone();
        let wrong = d.one_of(&[DType::Str, DType::Bool, DType::F32, DType::I64]);
        other.inputs[i] = d.tensor_of(wrong, case.inputs[i].dims(), 0.0, 1.0);
        no_panic("an input of another type", &other, guarded(|| plain(def, &other, Known::All, seed).map(|_| ())), r);
        // Another shape, seen while building and only when running.
        for dims in [vec![], vec![0], vec![7, 1, 2], vec![2, 0, 3], d.dims(0, 4)] {
            let mut other = case.clone();
            let dtype = case.inputs[i].dtype();
            other.inputs[i] = if dtype == DType::Bool {
                Tensor::from_slice(&vec![Bool::TRUE; dims.iter().product()], &dims)
            } else {
                d.tensor_of(dtype, &dims, -1.0, 1.0)
            };
            for known in [Known::All, Known::None, Known::Constant] {
                let result = guarded(|| plain(def, &other, known, seed)?.run(true).map(|_| ()));
                no_panic(&format!("an input of another shape ({known:?})"), &other, result, r);
            }
        }
    }
}
