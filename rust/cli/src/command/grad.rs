//! `graphpb grad`: gradients of a graph, from its file alone.

use std::collections::BTreeMap;
use std::path::Path;

use graphpb::error::Class;
use graphpb::grad::{GradValue, Options, gradients};
use graphpb::io::graphdef::{self, Format};
use graphpb::registry::Grad;
use graphpb::{Error, Graph, NodeId, Out};
use graphpb_kernels::{Code, DType, Tensor, bf16, f16};

use crate::args::Spec;
use crate::engine::{Engine, error_text};
use crate::json::{Json, object};
use crate::outcome::{Console, Failure};
use crate::{feed, load, results};

const SPEC: Spec = Spec {
    help: "\
Differentiate: the gradient of the sum of Y with respect to each X.

Usage: graphpb grad FILE --y NAME --x NAME [--feed NAME=VALUE]... [OPTIONS]

Options:
  --y NAME           tensor to differentiate; may be repeated, gradients are summed
  --x NAME           tensor to differentiate by; may be repeated
  --feed NAME=VALUE  as in graphpb run
  --init NAME        operation to run once before, such as the initializer of variables; may be repeated
  --out FILE         write the gradients to .npy (one) or .npz (any number) instead of printing them
  --save FILE        write the graph with the gradient nodes added; without --feed and --out nothing is computed
  --json             as JSON

Exit code 1 when Y does not depend on one of the X.

Example:
  graphpb grad model.pb --y loss:0 --x W:0 --feed x=@images.npy --feed labels=@labels.npy --out dW.npy
",
    values: &["y", "x", "feed", "init", "out", "save"],
    flags: &[],
    positional: (1, 1),
};

pub fn run(args: &[String], console: &mut Console) -> Result<(), Failure> {
    let Some(args) = SPEC.parse(args, console)? else { return Ok(()) };
    let Some(file) = args.positional.first() else { return Err(SPEC.wrong("a file is missing")) };
    if args.last("y").is_none() || args.last("x").is_none() {
        return Err(SPEC.wrong("--y and --x are needed"));
    }
    let out = args.last("out");
    let names: Vec<&str> = args.all("x").collect();
    results::check_out(out, names.len())?;
    let mut graph = load::graph(file)?.graph;
    let ys: Vec<Out> = args.all("y").map(|n| load::tensor(&graph, n)).collect::<Result<_, _>>()?;
    let xs: Vec<Out> = names.iter().map(|n| load::tensor(&graph, n)).collect::<Result<_, _>>()?;
    let feeds: Vec<(Out, Tensor)> = args.all("feed").map(|f| feed::parse(&graph, f)).collect::<Result<_, _>>()?;
    let inits: Vec<NodeId> = args.all("init").map(|n| load::node(&graph, n)).collect::<Result<_, _>>()?;

    let scope = format!("{}/", graph.names.unique("gradients", true));
    let options = Options { scope, ..Options::default() };
    let grads = gradients(&mut graph, &ys, &xs, options).map_err(|e| failure(&graph, e, &ys, &xs))?;
    let tensor_names: Vec<Option<String>> = grads.iter().map(|g| g.as_ref().map(|g| graph.out_name(main_tensor(g)))).collect();

    if let Some(path) = args.last("save") {
        let def = graph.to_graph_def(0, false).map_err(|e| Failure::Run(error_text(&e)))?;
        let path = Path::new(path);
        graphdef::write(path, &def, Format::of_name(path)).map_err(|e| Failure::Run(e.to_string()))?;
        console.say(&format!("{}: {} nodes", path.display(), graph.len()));
    }
    let compute = args.last("save").is_none() || out.is_some() || !feeds.is_empty();
    let values = if compute { evaluate(graph, &grads, &xs, &feeds, &inits)? } else { vec![None; xs.len()] };

    let named: Vec<(String, Tensor)> = names.iter().zip(&values).filter_map(|(n, v)| Some(((*n).to_owned(), v.clone()?))).collect();
    if !named.is_empty() {
        results::deliver(&named, out, args.json, console)?;
    }
    if args.json {
        let rows = names.iter().zip(&tensor_names).zip(&values).map(|((x, tensor), value)| {
            object([
                ("x", (*x).into()),
                ("tensor", tensor.as_deref().map_or(Json::Null, Json::from)),
                ("value", value.as_ref().map_or(Json::Null, |v| results::to_json(v, out))),
            ])
        });
        console.print(&object([("y", args.all("y").collect()), ("gradients", rows.collect())]).text())?;
    } else if !compute {
        for (x, tensor) in names.iter().zip(&tensor_names) {
            console.print(&format!("{x}  {}\n", tensor.as_deref().unwrap_or("-")))?;
        }
    }
    let unconnected: Vec<&str> = names.iter().zip(&grads).filter(|(_, g)| g.is_none()).map(|(n, _)| *n).collect();
    if unconnected.is_empty() {
        return Ok(());
    }
    let ys: Vec<&str> = args.all("y").collect();
    console.say(&format!("graphpb: {} does not depend on {} in a differentiable way", ys.join(", "), unconnected.join(", ")));
    Err(Failure::Negative)
}

fn main_tensor(g: &GradValue) -> Out {
    match g {
        GradValue::Dense(out) => *out,
        GradValue::Slices(s) => s.values,
    }
}

/// LookupError: some op on the way has no gradient; all of them are listed.
fn failure(graph: &Graph, e: Error, ys: &[Out], xs: &[Out]) -> Failure {
    if e.class() != Class::Lookup {
        return Failure::Run(error_text(&e));
    }
    let mut reached = vec![false; graph.len()];
    let upstream = load::ancestors(graph, ys.iter().map(|y| y.node), &[]);
    let order = graph.topological_order().unwrap_or_default();
    for x in xs {
        if let Some(r) = reached.get_mut(x.node.index()) {
            *r = true;
        }
    }
    for id in order {
        let from_x = graph.node(id).inputs.iter().any(|o| reached.get(o.node.index()).copied().unwrap_or(false));
        if let Some(r) = reached.get_mut(id.index()) {
            *r |= from_x;
        }
    }
    let mut ops = BTreeMap::new();
    for id in upstream.into_iter().filter(|id| reached.get(id.index()).copied().unwrap_or(false)) {
        let node = graph.node(id);
        if node.op.def().is_none_or(|d| matches!(d.grad, Grad::Missing(_) | Grad::Undecided)) {
            *ops.entry(format!("{} (no gradient)", node.op_name())).or_default() += 1;
        }
    }
    if ops.is_empty() { Failure::Run(error_text(&e)) } else { Failure::Unsupported(ops) }
}

fn evaluate(
    graph: Graph,
    grads: &[Option<GradValue>],
    xs: &[Out],
    feeds: &[(Out, Tensor)],
    inits: &[NodeId],
) -> Result<Vec<Option<Tensor>>, Failure> {
    // Rows of a gradient are put together with the shape of x, which is therefore computed too.
    let mut fetches = Vec::new();
    for (g, x) in grads.iter().zip(xs) {
        match g {
            Some(GradValue::Dense(out)) => fetches.push(*out),
            Some(GradValue::Slices(s)) => fetches.extend([s.values, s.indices, *x]),
            None => {}
        }
    }
    let engine = Engine::new(graph);
    for init in inits {
        engine.run(&[], &[], &[*init])?;
    }
    let mut computed = engine.run(feeds, &fetches, &[])?.into_iter();
    let mut next = || computed.next().ok_or_else(|| Failure::Run("INTERNAL: a fetch is missing".into()));
    grads
        .iter()
        .map(|g| match g {
            None => Ok(None),
            Some(GradValue::Dense(_)) => next().map(Some),
            Some(GradValue::Slices(_)) => dense(&next()?, &next()?, next()?.dims()).map(Some),
        })
        .collect()
}

/// The tensor of shape `dims` whose row `indices[i]` is the sum of the `values[i]`.
fn dense(values: &Tensor, indices: &Tensor, dims: &[usize]) -> Result<Tensor, Failure> {
    fn add<T: graphpb_kernels::Element>(values: &Tensor, rows: &[i64], dims: &[usize], plus: impl Fn(T, T) -> T) -> Option<Tensor> {
        let mut out = Tensor::try_zeros(T::DTYPE, dims).ok()?;
        let width: usize = dims.iter().skip(1).product();
        let target = out.slice_mut::<T>();
        for (i, row) in rows.iter().enumerate() {
            let start = usize::try_from(*row).ok()?.checked_mul(width)?;
            let from = values.slice::<T>().get(i * width..(i + 1) * width)?;
            for (t, v) in target.get_mut(start..start + width)?.iter_mut().zip(from) {
                *t = plus(*t, *v);
            }
        }
        Some(out)
    }
    let rows = indices.to_i64s().unwrap_or_default();
    let sum = match values.dtype() {
        DType::F32 => add::<f32>(values, &rows, dims, |a, b| a + b),
        DType::F64 => add::<f64>(values, &rows, dims, |a, b| a + b),
        DType::F16 => add::<f16>(values, &rows, dims, |a, b| a + b),
        DType::BF16 => add::<bf16>(values, &rows, dims, |a, b| a + b),
        _ => None,
    };
    sum.ok_or_else(|| Failure::Run(error_text(&Error::status(Code::Internal, "the rows of a gradient do not fit its tensor"))))
}
