//! The gradient of While: a loop that runs the iterations backwards, popping what the forward loop pushed on lists.

use std::collections::HashMap;
use std::sync::Arc;

use super::branch::types;
use super::tape::{Tape, Values, element_shape};
use crate::error::{Error, Result};
use crate::grad::{GradCtx, number};
use crate::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use crate::graph::fact::{Fact, Shape};
use crate::graph::node::Out;
use graphpb_kernels::{DType, Tensor};

/// What a loop variable is to the gradient.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The body passes it on as it is.
    Invariant,
    /// The body adds one.
    Counter,
    Changing,
}

/// A set of loop variables.
#[derive(Clone, PartialEq)]
struct Set(Vec<u64>);

impl Set {
    fn empty(n: usize) -> Set {
        Set(vec![0; n.div_ceil(64)])
    }
    fn insert(&mut self, i: usize) {
        self.0[i / 64] |= 1 << (i % 64);
    }
    fn has(&self, i: usize) -> bool {
        self.0[i / 64] >> (i % 64) & 1 == 1
    }
    fn add(&mut self, o: &Set) {
        self.0.iter_mut().zip(&o.0).for_each(|(a, b)| *a |= b);
    }
}

/// For each result of the body, the variables whose gradient it may influence.
fn dependences(tape: &Tape) -> Result<Vec<Set>> {
    let n = tape.args.len();
    let g = &tape.graph;
    let mut of: Vec<Option<Set>> = vec![None; g.len()];
    for id in g.topological_order()? {
        let mut set: Option<Set> = None;
        if let Some(i) = tape.args.iter().position(|a| a.node == id) {
            set.get_or_insert_with(|| Set::empty(n)).insert(i);
        }
        for i in g.node(id).inputs.iter().filter(|i| g.fact(**i).dtype.is_trainable()) {
            if let Some(s) = &of[i.node.index()] {
                set.get_or_insert_with(|| Set::empty(n)).add(s);
            }
        }
        of[id.index()] = set;
    }
    Ok(tape
        .results
        .iter()
        .map(|r| if g.fact(*r).dtype.is_trainable() { of[r.node.index()].clone().unwrap_or(Set::empty(n)) } else { Set::empty(n) })
        .collect())
}

fn kinds(tape: &Tape, entering: &[Shape]) -> Vec<Kind> {
    let g = &tape.graph;
    let is_one = |o: Out| g.constant_value(o).is_some_and(|t| t.rank() == 0 && t.to_i64s().is_some_and(|v| v == [1]));
    let of = |i: usize| {
        let r = tape.results[i];
        if tape.arg_behind(r) == Some(i) {
            return Kind::Invariant;
        }
        let mut at = r;
        while g.node(at.node).op_name() == "Identity" {
            at = g.node(at.node).inputs[0];
        }
        let n = g.node(at.node);
        if matches!(n.op_name(), "Add" | "AddV2") && matches!(g.fact(r).dtype, DType::I32 | DType::I64) && entering[i].rank() == Some(0) {
            let (a, b) = (n.inputs[0], n.inputs[1]);
            if (tape.arg_behind(a) == Some(i) && is_one(b)) || (tape.arg_behind(b) == Some(i) && is_one(a)) {
                return Kind::Counter;
            }
        }
        Kind::Changing
    };
    (0..tape.results.len()).map(of).collect()
}

/// A forward tensor on a list: pushed by the forward body, popped by the gradient's.
struct Stack {
    /// The variable of the forward loop; None: a new one.
    var: Option<usize>,
    dtype: DType,
    shape: Shape,
    /// Argument and result of the forward body, when it is new.
    push: Option<(Out, Out)>,
    /// Argument and result of the gradient's body.
    arg: Out,
    rest: Out,
}

/// Where the gradient's body finds forward tensors.
struct Store<'a> {
    kinds: &'a [Kind],
    /// Iterations left when this one is done: `total − 1 − counter`.
    index: Out,
    /// First values of counters, when they are constant.
    starts: &'a [Option<i64>],
    /// Lists that the forward loop fills already: the pushed tensor and the variable.
    filled: HashMap<Out, usize>,
    /// Variables whose value at entry the gradient reads, with its argument for it.
    read: Vec<(usize, Out)>,
    counted: HashMap<usize, Out>,
    stacks: Vec<Stack>,
}

impl Store<'_> {
    /// The value that variable `i` had when the loop began.
    fn entry(&mut self, tape: &mut Tape, i: usize) -> Result<Out> {
        if let Some((_, o)) = self.read.iter().find(|r| r.0 == i) {
            return Ok(*o);
        }
        let o = if self.kinds[i] == Kind::Invariant {
            tape.args[i]
        } else {
            let fact = tape.graph.fact(tape.args[i]).clone();
            tape.placeholder("start", fact.dtype, &fact.shape)?
        };
        self.read.push((i, o));
        Ok(o)
    }

    fn counter(&mut self, tape: &mut Tape, i: usize) -> Result<Out> {
        if let Some(o) = self.counted.get(&i) {
            return Ok(*o);
        }
        let dtype = tape.graph.fact(tape.args[i]).dtype;
        let index = if dtype == DType::I32 { self.index } else { tape.add("Cast", &[self.index], Attrs::new().with("DstT", dtype))?.out(0) };
        let o = match self.starts[i] {
            Some(0) => index,
            _ => {
                let start = self.entry(tape, i)?;
                tape.call("AddV2", &[index, start])?
            }
        };
        self.counted.insert(i, o);
        Ok(o)
    }
}

impl Values for Store<'_> {
    fn arg(&mut self, tape: &mut Tape, i: usize) -> Result<Option<Out>> {
        Ok(match self.kinds[i] {
            Kind::Invariant => Some(self.entry(tape, i)?),
            Kind::Counter => Some(self.counter(tape, i)?),
            Kind::Changing => None,
        })
    }
    fn keep(&mut self, tape: &mut Tape, o: Out) -> Result<Out> {
        let Fact { dtype, shape, .. } = tape.graph.fact(o).clone();
        if dtype == DType::Resource {
            return Err(Error::unimplemented(format!(
                "the gradient of a loop needs the resource '{}', which changes from iteration to iteration",
                tape.graph.out_name(o)
            )));
        }
        let var = self.filled.get(&o).copied();
        let arg = tape.placeholder("stack", DType::Variant, &Shape::scalar())?;
        let size = tape.constant(element_shape(&shape))?;
        let pop = tape.add("TensorListPopBack", &[arg, size], Attrs::new().with("element_dtype", dtype))?;
        let value = pop.out(1);
        tape.graph.merge_shape(value, &shape)?;
        let push = match var {
            Some(_) => None,
            None => {
                let list = tape.placeholder("accumulator", DType::Variant, &Shape::scalar())?;
                let pushed = tape.call("TensorListPushBack", &[list, o])?;
                tape.to_forward(pushed.node);
                Some((list, pushed))
            }
        };
        self.stacks.push(Stack { var, dtype, shape, push, arg, rest: pop.out(0) });
        Ok(value)
    }
}

fn func(name: &str) -> Attr {
    Attr::Func(Arc::new(FuncAttr { name: name.into(), attrs: Attrs::new() }))
}

/// The gradient of `While` and `StatelessWhile`.
pub fn while_grad(c: &mut GradCtx) -> Result<()> {
    let n = c.inputs();
    let inputs: Vec<Out> = (0..n).map(|i| c.input(i)).collect();
    let (cond, body) = (c.attrs().func("cond")?.clone(), c.attrs().func("body")?.clone());
    let stated = c.attrs().shapes("output_shapes")?.to_vec();
    let library = c.graph().library.clone();
    let mut facts: Vec<Fact> = Vec::new();
    for (i, &o) in inputs.iter().enumerate() {
        facts.push(Fact { dtype: c.dtype(o), is_ref: false, shape: stated.get(i).cloned().unwrap_or_default() });
    }
    let mut tape = Tape::open(&library, &body, &facts)?;
    if tape.results.len() != n {
        return Err(Error::invalid(format!("function {} gives {} results, {n} are needed", body.name, tape.results.len())));
    }
    let entering: Vec<Shape> = inputs.iter().map(|&o| c.shape_of(o).clone()).collect();
    let kinds = kinds(&tape, &entering);
    // What does not change has the shape of what enters.
    let mut refined = false;
    for (i, f) in facts.iter_mut().enumerate().filter(|(i, _)| kinds[*i] != Kind::Changing) {
        if let Ok(s) = f.shape.merge(c.shape_of(inputs[i])) {
            refined |= s != f.shape;
            f.shape = s;
        }
    }
    if refined {
        tape = Tape::open(&library, &body, &facts)?;
    }

    // Which variables a gradient flows through, and for which it is of use.
    let flows = |i: usize| facts[i].dtype.is_trainable() && facts[i].dtype != DType::Resource && kinds[i] == Kind::Changing;
    let deps = dependences(&tape)?;
    let mut carried: Vec<bool> = (0..n).map(|i| flows(i) && c.has_grad(i)).collect();
    let mut useful: Vec<bool> = (0..n).map(|i| c.wanted(i)).collect();
    loop {
        let before = (carried.clone(), useful.clone());
        for i in 0..n {
            for k in (0..n).filter(|&k| deps[i].has(k)) {
                carried[k] |= carried[i] && flows(k);
                useful[i] |= useful[k] && flows(i);
            }
        }
        if before == (carried.clone(), useful.clone()) {
            break;
        }
    }
    let vars: Vec<usize> = (0..n).filter(|&i| carried[i] && useful[i]).collect();
    let captured = |i: usize| kinds[i] == Kind::Invariant && facts[i].dtype.is_trainable() && c.wanted(i) && vars.iter().any(|&v| deps[v].has(i));
    let captures: Vec<usize> = (0..n).filter(|&i| captured(i)).collect();
    for i in (0..n).filter(|&i| kinds[i] == Kind::Invariant && c.wanted(i) && c.has_grad(i)).collect::<Vec<_>>() {
        let g = c.grad(i)?;
        c.set(i, g);
    }
    if vars.is_empty() {
        return Ok(());
    }

    // Differentiate the body.
    let incoming: Vec<Out> = vars.iter().map(|&i| c.grad(i)).collect::<Result<_>>()?;
    let mut dys = Vec::new();
    for &i in &vars {
        let fact = tape.graph.fact(tape.args[i]).clone();
        dys.push(tape.placeholder("grad_ys", fact.dtype, &fact.shape)?);
    }
    let options = c.options();
    let ys: Vec<Out> = vars.iter().map(|&i| tape.results[i]).collect();
    let xs: Vec<Out> = vars.iter().chain(&captures).map(|&i| tape.args[i]).collect();
    let found = tape.differentiate(c.graph(), options, &ys, &dys, &xs)?;
    let mut results = Vec::new();
    for (k, &i) in vars.iter().enumerate() {
        results.push(match found[k] {
            Some(g) => g,
            None => tape.zeros_like_arg(i, facts[i].dtype)?,
        });
    }
    // Gradients of what does not change add up.
    let mut sums: Vec<Sum> = Vec::new();
    for (k, &i) in captures.iter().enumerate() {
        let Some(g) = found[vars.len() + k] else { continue };
        let sum = accumulate(&mut tape, i, g)?;
        results.push(sum.next);
        sums.push(sum);
    }

    // Forward tensors: kept on lists, unless the gradient has them anyway.
    let (counter, total) =
        (tape.placeholder("grad_counter", DType::I32, &Shape::scalar())?, tape.placeholder("total", DType::I32, &Shape::scalar())?);
    let one = tape.constant(Tensor::scalar(1i32))?;
    let next = tape.call("AddV2", &[counter, one])?;
    let index = tape.call("Sub", &[total, next])?;
    let starts: Vec<Option<i64>> =
        inputs.iter().map(|&o| c.value(o).filter(|t| t.rank() == 0).and_then(|t| t.to_i64s()).and_then(|v| v.first().copied())).collect();
    let mut store =
        Store { kinds: &kinds, index, starts: &starts, filled: filled(c, &tape), read: Vec::new(), counted: HashMap::new(), stacks: Vec::new() };
    tape.substitute(&mut results, &mut store)?;
    let Store { read, stacks, .. } = store;

    let trips = widen(c, &mut tape, &cond, &kinds, &starts, &stacks)?;

    // The gradient's loop.
    let zero = c.int_scalar(0)?;
    let mut args = vec![counter, total];
    let mut entering = vec![zero, trips];
    let mut shapes = vec![Shape::scalar(), Shape::scalar()];
    let mut leaving = vec![next, total];
    for (k, &i) in vars.iter().enumerate() {
        args.push(dys[k]);
        entering.push(incoming[k]);
        shapes.push(tape.graph.shape(tape.args[i]).clone());
    }
    for s in &sums {
        args.push(s.arg);
        entering.push(s.start(c, inputs[s.var])?);
        shapes.push(tape.graph.shape(s.arg).clone());
    }
    leaving.extend(&results);
    for &(i, o) in &read {
        args.push(o);
        entering.push(inputs[i]);
        leaving.push(o);
        shapes.push(if facts[i].dtype == DType::Resource { Shape::scalar() } else { tape.graph.shape(o).clone() });
    }
    let mut fresh = if trips.index as usize == n { n + 1 } else { n };
    for s in &stacks {
        let at = s.var.unwrap_or_else(|| {
            fresh += 1;
            fresh - 1
        });
        args.push(s.arg);
        entering.push(c.output(at));
        leaving.push(s.rest);
        shapes.push(Shape::scalar());
    }
    for &(o, inner) in tape.captures() {
        args.push(inner);
        entering.push(o);
        leaving.push(inner);
        let fact = c.graph().fact(o);
        shapes.push(if fact.dtype == DType::Resource { Shape::scalar() } else { fact.shape.clone() });
    }
    let (body_name, body_state) = tape.export_gradient(c.graph(), &format!("{}_grad", body.name), &args, &leaving)?;
    let go = tape.call("Less", &[counter, total])?;
    let (cond_name, _) = tape.export_gradient(c.graph(), &format!("{}_grad", cond.name), &args, &[go])?;
    let attrs = Attrs::new()
        .with("T", types(args.iter().map(|&a| tape.graph.fact(a).dtype)))
        .with("body", func(&body_name))
        .with("cond", func(&cond_name))
        .with("output_shapes", Attr::List(AttrList::Shape(shapes)))
        .with("parallel_iterations", c.attrs().int("parallel_iterations").unwrap_or(10));
    let name = format!("{}_grad", c.node().name.rsplit('/').next().unwrap_or("while"));
    let id = c.op_node(if body_state { "While" } else { "StatelessWhile" }, &name, &entering, attrs)?;
    for (k, &i) in vars.iter().enumerate() {
        if c.wanted(i) {
            c.set(i, id.out(2 + k));
        }
    }
    for (k, s) in sums.iter().enumerate() {
        let mut g = id.out(2 + vars.len() + k);
        if c.has_grad(s.var) {
            let passed = c.grad(s.var)?;
            g = c.op("AddN", &[passed, g], Attrs::new())?;
        }
        c.set(s.var, g);
    }
    Ok(())
}

/// The gradient of a captured tensor on its way: the argument that holds it, and the argument with this iteration's part.
struct Sum {
    var: usize,
    arg: Out,
    next: Out,
    dtype: DType,
    /// The type of the elements when it is a list that is updated by element.
    elements: Option<DType>,
}

fn accumulate(tape: &mut Tape, var: usize, g: Out) -> Result<Sum> {
    let (forward, dtype) = (tape.args[var], tape.graph.fact(g).dtype);
    let shape = if tape.graph.fact(forward).dtype == DType::Resource {
        tape.graph.handle(forward).map_or(Shape::UNKNOWN, |h| h.1)
    } else {
        tape.graph.shape(forward).clone()
    };
    let arg = tape.placeholder("sum", dtype, &shape)?;
    if dtype != DType::Variant {
        let next = tape.call("AddV2", &[arg, g])?;
        return Ok(Sum { var, arg, next, dtype, elements: None });
    }
    // One element of a list of zeros: added where it belongs, without going through the whole list.
    let set = tape.graph.node(g.node);
    if set.op_name() == "TensorListSetItem" && tape.graph.node(set.inputs[0].node).op_name() == "TensorListReserve" {
        let (at, item) = (set.inputs[1], set.inputs[2]);
        let elements = tape.graph.fact(item).dtype;
        if elements != DType::Variant {
            let size = match tape.graph.shape(item).is_fully_known() {
                true => tape.constant(element_shape(tape.graph.shape(item)))?,
                false => tape.call("Shape", &[item])?,
            };
            let old = tape.add("TensorListGetItem", &[arg, at, size], Attrs::new().with("element_dtype", elements))?.out(0);
            let sum = tape.call("AddV2", &[old, item])?;
            let next = tape.call("TensorListSetItem", &[arg, at, sum])?;
            return Ok(Sum { var, arg, next, dtype, elements: Some(elements) });
        }
    }
    let next = tape.call("AddN", &[arg, g])?;
    Ok(Sum { var, arg, next, dtype, elements: None })
}

impl Sum {
    /// Zeros to begin with.
    fn start(&self, c: &mut GradCtx, input: Out) -> Result<Out> {
        if let Some(d) = self.elements {
            let size = c.op("TensorListElementShape", &[input], Attrs::new().with("shape_type", DType::I32))?;
            let n = c.call("TensorListLength", &[input])?;
            return c.op("TensorListReserve", &[size, n], Attrs::new().with("element_dtype", d));
        }
        if c.dtype(input) != DType::Resource {
            return c.zeros_like(input);
        }
        let shape = c.call("VariableShape", &[input])?;
        let zero = c.constant("Const", number(self.dtype, 0.0)?)?;
        c.call("Fill", &[shape, zero])
    }
}

/// Tensors that the loop pushes on lists already (for another gradient), with the variable that holds the list.
fn filled(c: &mut GradCtx, tape: &Tape) -> HashMap<Out, usize> {
    let mut found = HashMap::new();
    for (i, r) in tape.results.iter().enumerate() {
        let push = tape.graph.node(r.node);
        if push.op_name() != "TensorListPushBack" || tape.arg_behind(push.inputs[0]) != Some(i) {
            continue;
        }
        let start = c.input(i).node;
        if c.graph().node(start).op_name() == "EmptyTensorList" {
            found.entry(push.inputs[1]).or_insert(i);
        }
    }
    found
}

/// Let the forward loop fill the new lists and count its iterations. Returns the output that holds their number.
fn widen(c: &mut GradCtx, tape: &mut Tape, cond: &FuncAttr, kinds: &[Kind], starts: &[Option<i64>], stacks: &[Stack]) -> Result<Out> {
    let n = tape.args.len();
    let mut inputs: Vec<Out> = (0..n).map(|i| c.input(i)).collect();
    let counter = (0..n).find(|&i| kinds[i] == Kind::Counter && starts[i] == Some(0) && c.dtype(inputs[i]) == DType::I32);
    let mut args = tape.args.clone();
    let mut results = tape.results.clone();
    let mut shapes = Vec::new();
    if counter.is_none() {
        let a = tape.placeholder("loop_counter", DType::I32, &Shape::scalar())?;
        let one = tape.constant(Tensor::scalar(1i32))?;
        let next = tape.call("AddV2", &[a, one])?;
        tape.to_forward(one.node);
        tape.to_forward(next.node);
        args.push(a);
        results.push(next);
        inputs.push(c.int_scalar(0)?);
        shapes.push(Shape::scalar());
    }
    for s in stacks {
        let Some((list, pushed)) = s.push else { continue };
        let size = c.constant("element_shape", element_shape(&s.shape))?;
        let most = c.int_scalar(-1)?;
        inputs.push(c.op("EmptyTensorList", &[size, most], Attrs::new().with("element_dtype", s.dtype))?);
        args.push(list);
        results.push(pushed);
        shapes.push(Shape::scalar());
    }
    let trips = c.output(counter.unwrap_or(n));
    if shapes.is_empty() {
        return Ok(trips);
    }
    let options = c.options();
    let body_name = tape.export_forward(c.graph(), options, &args, &results)?;
    // The condition takes the new variables too.
    let library = c.graph().library.clone();
    let facts: Vec<Fact> = tape.args.iter().map(|&a| tape.graph.fact(a).clone()).collect();
    let mut test = Tape::open(&library, cond, &facts)?;
    let mut cond_args = test.args.clone();
    for a in &args[n..] {
        let fact = tape.graph.fact(*a).clone();
        cond_args.push(test.placeholder("unused", fact.dtype, &fact.shape)?);
    }
    let cond_results = test.results.clone();
    let cond_name = test.export_forward(c.graph(), options, &cond_args, &cond_results)?;
    let mut attrs = c.attrs().clone();
    attrs.set("T", types(args.iter().map(|&a| tape.graph.fact(a).dtype)));
    attrs.set("body", func(&body_name));
    attrs.set("cond", func(&cond_name));
    let mut stated = attrs.shapes("output_shapes")?.to_vec();
    if !stated.is_empty() {
        stated.extend(shapes);
        attrs.set("output_shapes", Attr::List(AttrList::Shape(stated)));
    }
    let id = c.id();
    c.graph().rewrite(id, &inputs, attrs)?;
    Ok(trips)
}
