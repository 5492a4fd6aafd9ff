//! Gradients of If, Case and function calls: one gradient function per branch, on the inputs and on what the branches hand out.

use std::sync::Arc;

use super::tape::{Tape, Values, element_shape};
use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::attr::{Attr, AttrList, Attrs, FuncAttr};
use crate::graph::fact::{Fact, Shape};
use crate::graph::node::Out;
use graphpb_kernels::{DType, Tensor};

/// The gradient of `If` and `StatelessIf`.
pub fn if_grad(c: &mut GradCtx) -> Result<()> {
    let branches = vec![c.attrs().func("then_branch")?.clone(), c.attrs().func("else_branch")?.clone()];
    differentiate(c, &branches, 1, Form { stateless: "StatelessIf", stateful: "If", functions: &["then_branch", "else_branch"] })
}

/// The gradient of `Case` and `StatelessCase`.
pub fn case_grad(c: &mut GradCtx) -> Result<()> {
    let branches = c.attrs().funcs("branches")?.to_vec();
    differentiate(c, &branches, 1, Form { stateless: "StatelessCase", stateful: "Case", functions: &["branches"] })
}

/// The gradient of `PartitionedCall` and `StatefulPartitionedCall`.
pub fn call_grad(c: &mut GradCtx) -> Result<()> {
    let f = c.attrs().func("f")?.clone();
    differentiate(c, &[f], 0, Form { stateless: "PartitionedCall", stateful: "StatefulPartitionedCall", functions: &["f"] })
}

struct Form {
    stateless: &'static str,
    stateful: &'static str,
    /// The attributes that hold the branches: one each, or a list.
    functions: &'static [&'static str],
}

impl Form {
    fn set(&self, attrs: &mut Attrs, names: &[String]) {
        let func = |n: &String| Arc::new(FuncAttr { name: n.as_str().into(), attrs: Attrs::new() });
        if self.functions == ["branches"] {
            attrs.set("branches", Attr::List(AttrList::Func(names.iter().map(func).collect())));
        } else {
            for (&a, n) in self.functions.iter().zip(names) {
                attrs.set(a, Attr::Func(func(n)));
            }
        }
    }
    fn has_shapes(&self) -> bool {
        self.functions != ["f"]
    }
}

pub(super) fn types(d: impl IntoIterator<Item = DType>) -> Attr {
    Attr::List(AttrList::Type(d.into_iter().map(DType::number).collect()))
}

/// What one branch keeps for its gradient: forward tensors, and the arguments of the gradient that stand for them.
#[derive(Default)]
struct Kept {
    outs: Vec<Out>,
    args: Vec<Out>,
}

impl Values for Kept {
    fn arg(&mut self, tape: &mut Tape, i: usize) -> Result<Option<Out>> {
        Ok(Some(tape.args[i]))
    }
    fn keep(&mut self, tape: &mut Tape, o: Out) -> Result<Out> {
        let fact = tape.graph.fact(o).clone();
        let a = tape.placeholder("kept", fact.dtype, &fact.shape)?;
        self.outs.push(o);
        self.args.push(a);
        Ok(a)
    }
}

fn differentiate(c: &mut GradCtx, branches: &[Arc<FuncAttr>], first: usize, form: Form) -> Result<()> {
    let inputs: Vec<Out> = (first..c.inputs()).map(|i| c.input(i)).collect();
    let facts: Vec<Fact> = inputs.iter().map(|&i| Fact { is_ref: false, ..c.graph().fact(i).clone() }).collect();
    let outputs = c.outputs();
    let flows = |d: DType| d.is_trainable() && d != DType::Resource;
    let ys: Vec<usize> = (0..outputs).filter(|&i| c.has_grad(i) && flows(c.dtype(c.output(i)))).collect();
    let xs: Vec<usize> = (0..inputs.len()).filter(|&i| c.wanted(first + i) && facts[i].dtype.is_trainable()).collect();
    let dys: Vec<Out> = ys.iter().map(|&i| c.grad(i)).collect::<Result<_>>()?;

    let (options, library) = (c.options(), c.graph().library.clone());
    let mut tapes = Vec::new();
    for f in branches {
        let mut tape = Tape::open(&library, f, &facts)?;
        let dy_args: Vec<Out> = dys
            .iter()
            .map(|&d| {
                let fact = c.graph().fact(d).clone();
                tape.placeholder("grad_ys", fact.dtype, &fact.shape)
            })
            .collect::<Result<_>>()?;
        let y: Vec<Out> = ys.iter().map(|&i| tape.results[i]).collect();
        let x: Vec<Out> = xs.iter().map(|&i| tape.args[i]).collect();
        let found = tape.differentiate(c.graph(), options, &y, &dy_args, &x)?;
        tapes.push((tape, dy_args, found));
    }
    // Inputs that some branch has a gradient for, with its type.
    let grad_type = |k: usize| tapes.iter().find_map(|(t, _, found)| found[k].map(|g| t.graph.fact(g).dtype));
    let flowing: Vec<(usize, usize, DType)> = xs.iter().enumerate().filter_map(|(k, &i)| Some((k, i, grad_type(k)?))).collect();
    if flowing.is_empty() {
        return Ok(());
    }

    let mut parts = Vec::new();
    for (tape, dy_args, found) in &mut tapes {
        let mut grads = Vec::new();
        for &(k, i, dtype) in &flowing {
            grads.push(match found[k] {
                Some(g) => g,
                None => tape.zeros_like_arg(i, dtype)?,
            });
        }
        let mut kept = Kept::default();
        tape.substitute(&mut grads, &mut kept)?;
        parts.push((grads, kept, std::mem::take(dy_args)));
    }

    // Forward: each branch hands out what it keeps, and something of the right type for what others keep.
    let mut extra: Vec<(usize, Fact)> = Vec::new();
    let mut outs_of_node: Vec<usize> = Vec::new();
    for (b, (_, kept, _)) in parts.iter().enumerate() {
        for &o in &kept.outs {
            let tape = &tapes[b].0;
            outs_of_node.push(match tape.results.iter().position(|r| *r == o) {
                Some(p) => p,
                None => {
                    extra.push((b, Fact { shape: Shape::UNKNOWN, ..tape.graph.fact(o).clone() }));
                    outputs + extra.len() - 1
                }
            });
        }
    }
    if !extra.is_empty() {
        let mut names = Vec::new();
        for (b, (_, kept, _)) in parts.iter().enumerate() {
            let tape = &mut tapes[b].0;
            let mut results = tape.results.clone();
            let mut own = kept.outs.iter().filter(|o| !tape.results.contains(o)).copied().collect::<Vec<_>>().into_iter();
            for (owner, fact) in &extra {
                let r = match (*owner == b).then(|| own.next()).flatten() {
                    Some(o) => o,
                    None => nothing(tape, fact.dtype)?,
                };
                results.push(r);
            }
            let args = tape.args.clone();
            names.push(tape.export_forward(c.graph(), options, &args, &results)?);
        }
        let mut attrs = c.attrs().clone();
        let mut all = attrs.dtypes("Tout")?;
        all.extend(extra.iter().map(|e| e.1.dtype));
        attrs.set("Tout", types(all));
        form.set(&mut attrs, &names);
        if form.has_shapes() && !attrs.shapes("output_shapes")?.is_empty() {
            let mut shapes = attrs.shapes("output_shapes")?.to_vec();
            shapes.extend(extra.iter().map(|e| e.1.shape.clone()));
            attrs.set("output_shapes", Attr::List(AttrList::Shape(shapes)));
        }
        let (id, all) = (c.id(), c.node().inputs.to_vec());
        c.graph().rewrite(id, &all, attrs)?;
    }

    // Backward: the same arguments for every branch.
    let mut names = Vec::new();
    let mut stateful = false;
    let captures: Vec<(Out, Out)> = tapes.iter().flat_map(|(t, _, _)| t.captures().to_vec()).collect();
    let mut first_capture = 0;
    let kept_types: Vec<DType> = outs_of_node.iter().map(|&p| c.dtype(c.output(p))).collect();
    for (b, f) in branches.iter().enumerate() {
        let before: usize = parts[..b].iter().map(|p| p.1.args.len()).sum();
        let tape = &mut tapes[b].0;
        let mut args = tape.args.clone();
        for (k, &dtype) in kept_types.iter().enumerate() {
            let own = k.checked_sub(before).and_then(|j| parts[b].1.args.get(j)).copied();
            args.push(match own {
                Some(a) => a,
                None => tape.placeholder("unused", dtype, &Shape::UNKNOWN)?,
            });
        }
        args.extend(&parts[b].2);
        for (k, &(o, inner)) in captures.iter().enumerate() {
            let fact = c.graph().fact(o).clone();
            args.push(match k.checked_sub(first_capture) {
                Some(j) if j < tape.captures().len() => inner,
                _ => tape.placeholder("unused", fact.dtype, &Shape::UNKNOWN)?,
            });
        }
        first_capture += tape.captures().len();
        let (name, s) = tape.export_gradient(c.graph(), &format!("{}_grad", f.name), &args, &parts[b].0)?;
        names.push(name);
        stateful |= s;
    }
    let mut all: Vec<Out> = (0..first).map(|i| c.input(i)).collect();
    all.extend(&inputs);
    all.extend(outs_of_node.iter().map(|&p| c.output(p)));
    all.extend(&dys);
    all.extend(captures.iter().map(|p| p.0));
    let mut attrs = Attrs::new().with("Tout", types(flowing.iter().map(|f| f.2)));
    form.set(&mut attrs, &names);
    if form.has_shapes() {
        let shape = |i: usize| if facts[i].dtype == DType::Resource { Shape::UNKNOWN } else { facts[i].shape.clone() };
        attrs.set("output_shapes", Attr::List(AttrList::Shape(flowing.iter().map(|f| shape(f.1)).collect())));
    }
    let name = format!("{}_grad", c.node().name.rsplit('/').next().unwrap_or("branch"));
    let id = c.op_node(if stateful { form.stateful } else { form.stateless }, &name, &all, attrs)?;
    for (k, f) in flowing.iter().enumerate() {
        c.set(first + f.1, id.out(k));
    }
    Ok(())
}

/// A value of type `dtype` that takes no memory, for a branch that has none.
pub(super) fn nothing(tape: &mut Tape, dtype: DType) -> Result<Out> {
    let o = match dtype {
        DType::Variant => {
            let (shape, most) = (tape.constant(element_shape(&Shape::UNKNOWN))?, tape.constant(Tensor::scalar(-1i32))?);
            tape.to_forward(shape.node);
            tape.to_forward(most.node);
            tape.add("EmptyTensorList", &[shape, most], Attrs::new().with("element_dtype", DType::F32))?.out(0)
        }
        DType::Resource => tape.add("VarHandleOp", &[], Attrs::new().with("dtype", DType::F32).with("shape", Shape::scalar()))?.out(0),
        d => tape.constant(Tensor::try_zeros(d, &[0])?)?,
    };
    tape.to_forward(o.node);
    Ok(o)
}
