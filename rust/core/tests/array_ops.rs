//! Every array op, on its own random samples: the static shape covers what a run gives, and gradients equal central differences.

use graphpb::grad::{GradValue, Options, gradients};
use graphpb::graph::attr::Attrs;
use graphpb::graph::builder::{Name, NewNode};
use graphpb::registry::{ArgType, Grad, OpDef, all};
use graphpb::session::Session;
use graphpb::testing::cases::{Case, Draw};
use graphpb::{Code, Graph, NodeId, Out};
use graphpb_kernels::{DType, Tensor};

/// Placeholders (or constants) for the inputs of a case, and the node itself.
struct Built {
    session: Session,
    feeds: Vec<(Out, Tensor)>,
    inputs: Vec<Out>,
    node: NodeId,
}

fn build(def: &'static OpDef, case: &Case, all_fed: bool) -> Built {
    let mut g = Graph::new();
    let (mut feeds, mut inputs) = (Vec::new(), Vec::new());
    for (i, t) in case.inputs.iter().enumerate() {
        let name = format!("in{i}");
        let constant = case.constants.contains(&i) && !all_fed;
        let new = if constant {
            NewNode::new("Const", Name::Exact(&name), &[]).attr("dtype", t.dtype()).attr("value", t.clone())
        } else {
            NewNode::new("Placeholder", Name::Exact(&name), &[]).attr("dtype", t.dtype())
        };
        let mut new = new;
        if !constant && !all_fed {
            new = new.attr("shape", graphpb::graph::fact::Shape::known(t.dims()));
        }
        let out = g.add(new).unwrap().out(0);
        if !constant {
            feeds.push((out, t.clone()));
        }
        inputs.push(out);
    }
    let mut new = NewNode::new(def.name, Name::Exact("op"), &inputs);
    new.attrs = case.attrs.clone();
    let node = g.add(new).unwrap_or_else(|e| panic!("{} {case:?}: {e}", def.name));
    Built { session: Session::of(g), feeds, inputs, node }
}

fn outputs(b: &Built) -> Vec<Out> {
    let n = b.session.graph().read().unwrap().node(b.node).outputs.len();
    (0..n).map(|i| b.node.out(i)).collect()
}

fn types_of(def: &OpDef) -> Vec<DType> {
    let list = def.attrs.iter().find(|a| a.kind == graphpb::registry::AttrKind::Type).map_or(&[][..], |a| a.types);
    let every = [
        DType::F32,
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I8,
        DType::U8,
        DType::I16,
        DType::U16,
        DType::I32,
        DType::U32,
        DType::I64,
        DType::U64,
        DType::Bool,
        DType::C64,
        DType::C128,
        DType::Str,
    ];
    every.into_iter().filter(|d| list.is_empty() || list.contains(d)).collect()
}

/// The ops of the array family.
const FAMILY: &[&str] = &[
    "BatchMatrixBandPart",
    "BatchToSpace",
    "BatchToSpaceND",
    "Bincount",
    "Bitcast",
    "BroadcastArgs",
    "BroadcastGradientArgs",
    "BroadcastTo",
    "Concat",
    "ConcatOffset",
    "ConcatV2",
    "ConjugateTranspose",
    "Cumprod",
    "Cumsum",
    "DeepCopy",
    "DepthToSpace",
    "Diag",
    "DiagPart",
    "DynamicPartition",
    "DynamicStitch",
    "EnsureShape",
    "ExpandDims",
    "ExtractImagePatches",
    "Fill",
    "Gather",
    "GatherNd",
    "GatherV2",
    "HistogramFixedWidth",
    "IdentityN",
    "InTopK",
    "InTopKV2",
    "InvertPermutation",
    "LinSpace",
    "ListDiff",
    "MatrixBandPart",
    "MatrixDiag",
    "MatrixDiagPart",
    "MatrixDiagPartV2",
    "MatrixDiagPartV3",
    "MatrixDiagV2",
    "MatrixDiagV3",
    "MatrixSetDiag",
    "MatrixSetDiagV2",
    "MatrixSetDiagV3",
    "MirrorPad",
    "MirrorPadGrad",
    "OneHot",
    "OnesLike",
    "Pack",
    "Pad",
    "PadV2",
    "ParallelDynamicStitch",
    "Range",
    "Rank",
    "Reshape",
    "Reverse",
    "ReverseSequence",
    "ReverseV2",
    "Roll",
    "ScatterNd",
    "SegmentMax",
    "SegmentMean",
    "SegmentMin",
    "SegmentProd",
    "SegmentSum",
    "Shape",
    "ShapeN",
    "Size",
    "Slice",
    "Snapshot",
    "SpaceToBatch",
    "SpaceToBatchND",
    "SpaceToDepth",
    "SparseSegmentMean",
    "SparseSegmentMeanGrad",
    "SparseSegmentMeanWithNumSegments",
    "SparseSegmentSqrtN",
    "SparseSegmentSqrtNGrad",
    "SparseSegmentSqrtNWithNumSegments",
    "SparseSegmentSum",
    "SparseSegmentSumGrad",
    "SparseSegmentSumWithNumSegments",
    "SparseToDense",
    "Split",
    "SplitV",
    "Squeeze",
    "StridedSlice",
    "StridedSliceGrad",
    "TensorScatterAdd",
    "TensorScatterMax",
    "TensorScatterMin",
    "TensorScatterSub",
    "TensorScatterUpdate",
    "Tile",
    "TopK",
    "TopKV2",
    "Transpose",
    "Unique",
    "UniqueV2",
    "UniqueWithCounts",
    "UniqueWithCountsV2",
    "Unpack",
    "UnsortedSegmentMax",
    "UnsortedSegmentMin",
    "UnsortedSegmentProd",
    "UnsortedSegmentSum",
    "Where",
    "ZerosLike",
];

fn ops() -> impl Iterator<Item = &'static OpDef> {
    all().iter().copied().filter(|d| FAMILY.contains(&d.name))
}

#[test]
fn a_run_gives_what_the_static_shape_promises() {
    for def in ops() {
        let Some(sample) = def.sample else { continue };
        for dtype in types_of(def) {
            for seed in 0..12 {
                let case = sample(&mut Draw::new(seed, dtype));
                let mut known = None;
                for all_fed in [false, true] {
                    let b = build(def, &case, all_fed);
                    let outs = outputs(&b);
                    let got = match b.session.run(&b.feeds, &outs, &[]) {
                        Ok(got) => got,
                        // TensorFlow declares any type, and adds only numbers.
                        Err(e) if e.code() == Code::Unimplemented => continue,
                        Err(e) => panic!("{} {dtype:?} {case:?}: {e}", def.name),
                    };
                    for (o, t) in outs.iter().zip(&got) {
                        let g = b.session.graph().read().unwrap();
                        assert_eq!(g.fact(*o).dtype, t.dtype(), "{}", def.name);
                        assert!(g.shape(*o).admits(t.dims()), "{} {dtype:?} {case:?}: promised {} got {:?}", def.name, g.shape(*o), t.dims());
                    }
                    // Shapes given as constants and shapes fed give the same values.
                    let bytes: Vec<Vec<u8>> = got.iter().map(|t| t.bytes().to_vec()).collect();
                    match &known {
                        None => known = Some(bytes),
                        Some(k) => assert_eq!(k, &bytes, "{} {dtype:?} {case:?}", def.name),
                    }
                }
            }
        }
    }
}

/// `sum(y · w)` for fixed weights, whose gradient is checked.
fn weighted(b: &Built, feeds: &[(Out, Tensor)], outs: &[Out], w: &[Tensor]) -> f64 {
    let got = b.session.run(feeds, outs, &[]).unwrap();
    got.iter().zip(w).map(|(y, w)| y.slice::<f64>().iter().zip(w.slice::<f64>()).map(|(a, b)| a * b).sum::<f64>()).sum()
}

#[test]
fn gradients_equal_central_differences() {
    for def in ops() {
        let (Some(sample), Grad::Rule(_)) = (def.sample, def.grad) else { continue };
        let all_index = !def.inputs.iter().any(|a| matches!(a.ty, ArgType::Attr(_)));
        for seed in 0..16 {
            for all_fed in [false, true] {
                let case = sample(&mut Draw::new(seed + 100, DType::F64));
                let b = build(def, &case, all_fed);
                let outs: Vec<Out> = outputs(&b).into_iter().filter(|o| b.session.graph().read().unwrap().fact(*o).dtype == DType::F64).collect();
                let wanted: Vec<usize> = case
                    .differentiate
                    .clone()
                    .unwrap_or_else(|| (0..case.inputs.len()).collect())
                    .into_iter()
                    .filter(|i| case.inputs[*i].dtype() == DType::F64 && !case.constants.contains(i))
                    .collect();
                if outs.is_empty() || wanted.is_empty() || all_index {
                    continue;
                }
                let ys = b.session.run(&b.feeds, &outs, &[]).unwrap();
                let mut d = Draw::new(seed, DType::F64);
                let w: Vec<Tensor> = ys.iter().map(|y| d.tensor(y.dims())).collect();
                let xs: Vec<Out> = wanted.iter().map(|&i| b.inputs[i]).collect();
                let dense: Vec<Option<Out>> = {
                    let mut g = b.session.graph().write().unwrap();
                    let grad_ys = w
                        .iter()
                        .enumerate()
                        .map(|(i, t)| {
                            let name = format!("w{i}");
                            let new = NewNode::new("Const", Name::Exact(&name), &[]).attr("dtype", DType::F64).attr("value", t.clone());
                            Some(GradValue::Dense(g.add(new).unwrap().out(0)))
                        })
                        .collect();
                    let options = Options { scope: "gradients/".into(), grad_ys, ..Options::default() };
                    let found = match gradients(&mut g, &outs, &xs, options) {
                        Ok(f) => f,
                        // A gradient may need ranks that are only known statically.
                        Err(e) if all_fed && e.message().contains("needs") || e.message().contains("not registered") => continue,
                        Err(e) => panic!("{} {case:?}: {e}", def.name),
                    };
                    found
                        .iter()
                        .enumerate()
                        .map(|(k, v)| match v {
                            None => None,
                            Some(GradValue::Dense(o)) => Some(*o),
                            Some(GradValue::Slices(s)) => {
                                let name = format!("rows{k}");
                                let n = NewNode::new("Const", Name::Unique(&name), &[])
                                    .attr("dtype", DType::I32)
                                    .attr("value", Tensor::scalar(case.inputs[wanted[k]].dims()[0] as i32));
                                let n = g.add(n).unwrap().out(0);
                                let name = format!("dense{k}");
                                let inputs = [s.values, s.indices, n];
                                let mut new = NewNode::new("UnsortedSegmentSum", Name::Unique(&name), &inputs);
                                new.attrs = Attrs::new();
                                Some(g.add(new).unwrap().out(0))
                            }
                        })
                        .collect()
                };
                for (k, &i) in wanted.iter().enumerate() {
                    let Some(grad) = dense[k] else { panic!("{} {case:?}: no gradient for input {i}", def.name) };
                    let got = match b.session.run(&b.feeds, &[grad], &[]) {
                        Ok(mut got) => got.remove(0),
                        Err(e) if e.code() == Code::Unimplemented => continue,
                        Err(e) => panic!("{} {case:?}: {e}", def.name),
                    };
                    let x = &case.inputs[i];
                    assert_eq!(got.dims(), x.dims(), "{} {case:?}", def.name);
                    let at = b.feeds.iter().position(|(o, _)| *o == b.inputs[i]).unwrap();
                    for e in 0..x.len() {
                        let shifted = |h: f64| {
                            let mut feeds = b.feeds.clone();
                            feeds[at].1.slice_mut::<f64>()[e] += h;
                            weighted(&b, &feeds, &outs, &w)
                        };
                        let want = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                        let g = got.slice::<f64>()[e];
                        assert!((g - want).abs() <= 1e-6 * (1.0 + want.abs()), "{} {case:?} input {i}[{e}]: {g} against {want}", def.name);
                    }
                }
            }
        }
    }
}
