//! Single ops against what TensorFlow computed (tests/data/ops, written by tools/oracle/record_ops.py).

use std::path::Path;

use graphpb::graph::attr::{Attr, AttrList};
use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::session::Session;
use graphpb::{Graph, Out, registry};
use graphpb_kernels::{DType, Tensor, with_number};

struct Line {
    number: usize,
    op: String,
    attrs: Vec<(String, Attr)>,
    inputs: Vec<(bool, Tensor)>,
    /// The first outputs, as many as TensorFlow defines.
    outputs: Vec<Tensor>,
    tolerance: f64,
}

fn tensor(text: &str) -> Tensor {
    let (dtype, rest) = text.split_once('[').unwrap();
    let (dims, values) = rest.split_once(']').unwrap();
    let list = |s: &str| -> Vec<String> { s.split(',').filter(|p| !p.is_empty()).map(str::to_owned).collect() };
    let dims: Vec<usize> = list(dims).iter().map(|d| d.parse().unwrap()).collect();
    let dtype = DType::from_name(dtype).unwrap();
    let mut bytes = Vec::new();
    for v in list(values) {
        bytes.extend_from_slice(&u64::from_str_radix(&v, 16).unwrap().to_le_bytes()[..dtype.size()]);
    }
    let mut t = Tensor::scratch(DType::U8, &[bytes.len()]);
    t.slice_mut::<u8>().copy_from_slice(&bytes);
    Tensor::from_buffer(dtype, &dims, t.buffer().unwrap().clone())
}

fn attr(kind: &str, value: &str) -> Attr {
    match kind {
        "int" => Attr::Int(value.parse().unwrap()),
        "float" => Attr::Float(f32::from_bits(u32::from_str_radix(value, 16).unwrap())),
        "bool" => Attr::Bool(value == "1"),
        "string" => value.into(),
        "type" => DType::from_name(value).unwrap().into(),
        "list(float)" => Attr::List(AttrList::Float(value.split(',').map(|v| f32::from_bits(u32::from_str_radix(v, 16).unwrap())).collect())),
        "list(int)" => Attr::List(AttrList::Int(value.split(',').filter(|v| !v.is_empty()).map(|v| v.parse().unwrap()).collect())),
        _ => panic!("attribute kind {kind}"),
    }
}

fn lines(group: &str) -> Vec<Line> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/data/ops/{group}.tsv"));
    let text = std::fs::read_to_string(path).unwrap();
    let line = |(i, l): (usize, &str)| {
        let fields: Vec<&str> = l.split('\t').collect();
        Line {
            number: i + 1,
            op: fields[0].to_owned(),
            attrs: fields[1]
                .split(';')
                .filter(|a| !a.is_empty())
                .map(|a| {
                    let (name, rest) = a.split_once('=').unwrap();
                    let (kind, value) = rest.split_once(':').unwrap();
                    (name.to_owned(), attr(kind, value))
                })
                .collect(),
            inputs: fields[2].split(' ').map(|t| (t.starts_with('&'), tensor(t.trim_start_matches('&')))).collect(),
            outputs: fields[3].split(' ').filter(|t| !t.is_empty()).map(tensor).collect(),
            tolerance: fields[4].parse().unwrap(),
        }
    };
    text.lines().enumerate().map(line).collect()
}

fn doubles(t: &Tensor) -> Vec<f64> {
    match t.dtype() {
        DType::F32 => t.slice::<f32>().iter().map(|&v| v as f64).collect(),
        DType::F64 => t.slice::<f64>().to_vec(),
        DType::F16 => t.slice::<graphpb_kernels::f16>().iter().map(|v| v.to_f64()).collect(),
        DType::U64 => t.slice::<u64>().iter().map(|&v| v as f64).collect(),
        DType::Bool => t.bytes().iter().map(|&v| f64::from(v)).collect(),
        _ => t.to_i64s().unwrap().iter().map(|&v| v as f64).collect(),
    }
}

/// What is wrong with `got`, if anything.
fn difference(got: &Tensor, want: &Tensor, tolerance: f64) -> Option<String> {
    if got.dtype() != want.dtype() || got.dims() != want.dims() {
        return Some(format!("{got:?} for {want:?}"));
    }
    if tolerance == 0.0 {
        let same =
            with_number!(got.dtype(), T => got.slice::<T>().iter().zip(want.slice::<T>()).all(|(a, b)| a == b), else got.bytes() == want.bytes());
        return (!same).then(|| format!("{:?} for {:?}", doubles(got), doubles(want)));
    }
    let (g, w) = (doubles(got), doubles(want));
    let scale = w.iter().fold(0f64, |m, v| m.max(v.abs()));
    let worst = g
        .iter()
        .zip(&w)
        .map(|(a, b)| if a == b || a.is_nan() && b.is_nan() { 0.0 } else { (a - b).abs() / b.abs().max(0.1 * scale).max(1e-30) })
        .fold(0f64, |m, v| if v > m || v.is_nan() { v } else { m });
    (worst.is_nan() || worst > tolerance).then(|| format!("relative error {worst:e}: {:?} for {:?}", &g[..g.len().min(6)], &w[..w.len().min(6)]))
}

/// Run one line; by handle, variables are resource variables and the op is its `Resource…` form.
fn run(l: &Line, by_handle: bool) -> Result<Vec<Tensor>, graphpb::Error> {
    let mut g = Graph::new();
    let (mut inputs, mut init, mut reads): (Vec<Out>, Vec<_>, Vec<Out>) = Default::default();
    for (i, (is_variable, t)) in l.inputs.iter().enumerate() {
        let value = g.add(NewNode::new("Const", Name::Unique(&format!("c{i}")), &[]).attr("dtype", t.dtype()).attr("value", t.clone()))?.out(0);
        if !is_variable {
            inputs.push(value);
            continue;
        }
        let (op, assign) = if by_handle { ("VarHandleOp", "AssignVariableOp") } else { ("VariableV2", "Assign") };
        let name = format!("v{i}");
        let v = g.add(NewNode::new(op, Name::Unique(&name), &[]).attr("dtype", t.dtype()).attr("shape", Shape::known(t.dims())))?.out(0);
        init.push(g.add(NewNode::new(assign, Name::Unique(&format!("{name}/Assign")), &[v, value]))?);
        reads.push(match by_handle {
            true => g.add(NewNode::new("ReadVariableOp", Name::Unique(&format!("{name}/read")), &[v]).attr("dtype", t.dtype()))?.out(0),
            false => v,
        });
        inputs.push(v);
    }
    let op = if by_handle { format!("Resource{}", l.op) } else { l.op.clone() };
    let mut node = NewNode::new(&op, Name::Unique("op"), &inputs);
    for (name, value) in &l.attrs {
        node.attrs.set(name.clone(), value.clone());
    }
    let id = g.add(node)?;
    let outputs: Vec<Out> = (0..g.node(id).outputs.len()).map(|i| id.out(i)).collect();
    let shapes: Vec<Shape> = outputs.iter().map(|&o| g.shape(o).clone()).collect();
    let s = Session::of(g);
    if reads.is_empty() {
        let got = s.run(&[], &outputs, &[])?;
        for (t, shape) in got.iter().zip(shapes) {
            assert!(shape.admits(t.dims()), "{} line {}: static shape {shape} for {t:?}", l.op, l.number);
        }
        return Ok(got);
    }
    s.run(&[], &[], &init)?;
    s.run(&[], &[], &[id])?;
    s.run(&[], &reads, &[])
}

/// Eigenvectors, and pairs of left and right singular vectors, are free in their sign: turn those of `got` as in `want`.
fn turn_vectors(op: &str, got: &mut [Tensor], want: &[Tensor]) {
    if !(op == "Svd" || op == "SelfAdjointEigV2") || want.get(1).is_none_or(|w| w.dims().len() < 2) {
        return;
    }
    let &[rows, cols] = &got[1].dims()[got[1].dims().len() - 2..] else { unreachable!() };
    let (g, w) = (doubles(&got[1]), doubles(&want[1]));
    let opposite = |stack: usize, j: usize| (0..rows).map(|i| stack * rows * cols + i * cols + j).map(|at| g[at] * w[at]).sum::<f64>() < 0.0;
    for t in &mut got[1..] {
        let (rows, dims) = (t.dims()[t.dims().len() - 2], t.dims().to_vec());
        let turned = doubles(t).into_iter().enumerate().map(|(at, v)| if opposite(at / (rows * cols), at % cols) { -v } else { v });
        let mut all = Tensor::scratch(DType::F64, &dims);
        all.slice_mut::<f64>().copy_from_slice(&turned.collect::<Vec<f64>>());
        *t = graphpb_kernels::pointwise::cast(&all, t.dtype()).unwrap();
    }
}

fn check(group: &str) {
    let mut wrong = Vec::new();
    let all = lines(group);
    assert!(!all.is_empty());
    for l in &all {
        for by_handle in [false, true] {
            let has_form = l.inputs.iter().any(|(v, _)| *v) && registry::lookup(&format!("Resource{}", l.op)).is_some();
            if by_handle && !has_form {
                continue;
            }
            let bad = match run(l, by_handle) {
                Err(e) => Some(e.to_string()),
                Ok(got) if got.len() < l.outputs.len() => Some(format!("{} outputs for {}", got.len(), l.outputs.len())),
                Ok(mut got) => {
                    turn_vectors(&l.op, &mut got, &l.outputs);
                    got.iter().zip(&l.outputs).find_map(|(g, w)| difference(g, w, l.tolerance))
                }
            };
            wrong.extend(bad.map(|b| format!("line {} {} (handle: {by_handle}): {b}", l.number, l.op)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} lines differ\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn optimizers_and_scatters_are_tensorflows() {
    check("state");
}

#[test]
fn convolutions_pools_normalisations_and_resizes_are_tensorflows() {
    check("nn");
}

#[test]
fn factorizations_are_tensorflows() {
    check("linalg");
}

#[test]
fn random_draws_are_tensorflows() {
    check("random");
}

#[test]
fn image_ops_are_tensorflows() {
    check("image");
}

#[test]
fn candidate_samplers_are_tensorflows() {
    check("candidates");
}

#[test]
fn sparse_ops_are_tensorflows() {
    check("sparse");
}
