//! Graphs that TensorFlow wrote for tests/scripts: they load and save without loss, get TensorFlow's static shapes, and compute its values.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use graphpb::graph::node::{NodeId, Out};
use graphpb::io::{graphdef, npz};
use graphpb::session::Session;
use graphpb::{Code, Graph};
use graphpb_kernels::{Bool, C64, C128, DType, Element, Tensor, f16};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/goldens")
}

/// The folders of tests/data/goldens that hold a graph.
fn recordings() -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        if folder.join("graph.pbtxt").exists() {
            found.push(folder.to_owned());
        }
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
            collect(&path, found);
        }
    }
    let mut found = Vec::new();
    collect(&root(), &mut found);
    found.sort();
    assert!(found.len() >= 16);
    found
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn graph(folder: &Path) -> Graph {
    Graph::from_graph_def(graphdef::read(&folder.join("graph.pbtxt")).unwrap().0).unwrap()
}

fn name(folder: &Path) -> String {
    folder.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn every_recorded_graph_survives_load_and_save() {
    for folder in recordings() {
        let (original, _) = graphdef::read(&folder.join("graph.pbtxt")).unwrap();
        let saved = Graph::from_graph_def(original.clone()).unwrap().to_graph_def(0, false).unwrap();
        for (ours, theirs) in saved.node.iter().zip(&original.node) {
            assert_eq!(ours, theirs, "{}", name(&folder));
        }
        assert_eq!(saved.node.len(), original.node.len());
    }
}

/// Whether everything that a node depends on is an op of the registry.
fn is_known(g: &Graph, id: NodeId, seen: &mut HashSet<NodeId>) -> bool {
    if !seen.insert(id) {
        return true;
    }
    let node = g.node(id);
    node.op.def().is_some() && node.inputs.iter().all(|o| is_known(g, o.node, seen))
}

/// Whether it sums up a tensor of unknown rank over all axes (or takes such a sum): TensorFlow's Python sets the shape to a scalar then,
/// which a file does not keep.
fn is_full_reduction(g: &Graph, id: NodeId) -> bool {
    let reduces = |id: NodeId| {
        let n = g.node(id);
        matches!(n.op_name(), "Sum" | "Mean" | "Max" | "Min" | "Prod" | "All" | "Any")
            && n.inputs.first().is_some_and(|&x| g.shape(x).rank().is_none())
            && n.inputs.get(1).is_some_and(|a| g.node(a.node).op_name() == "Range")
    };
    reduces(id) || g.node(id).inputs.iter().any(|o| reduces(o.node))
}

#[test]
fn static_shapes_are_tensorflows() {
    let mut wrong = Vec::new();
    let mut compared = 0;
    // These call set_shape (tf.image does for crops and frames, queues for what comes out), which a file does not keep.
    let set = ["placeholders", "image/adjust", "queues/kinds", "queues/pipelines"];
    // Sizes do not pass the back edges of its dataflow loop.
    let loops = ["programs/newton"];
    for folder in recordings().into_iter().filter(|f| !set.contains(&name(f).as_str()) && !loops.contains(&name(f).as_str())) {
        let g = graph(&folder);
        for (tensor, fact) in json(&folder.join("facts.json"))["tensors"].as_object().unwrap() {
            let Some(out) = g.find_out(tensor).filter(|o| is_known(&g, o.node, &mut HashSet::new())) else { continue };
            compared += 1;
            let dims = fact[1].as_array().map(|d| d.iter().map(|n| n.as_i64().unwrap_or(-1)).collect::<Vec<_>>());
            let ours = g.shape(out).dims().map(<[i64]>::to_vec);
            let dtype = g.fact(out).dtype.name().trim_end_matches("_ref");
            if ours.is_none() && dims.as_ref().is_some_and(|d| d.is_empty()) && is_full_reduction(&g, out.node) {
                continue;
            }
            if ours != dims || dtype != fact[0].as_str().unwrap().trim_end_matches("_ref") {
                let op = g.node(out.node).op_name().to_owned();
                wrong.push(format!("{} {op} {tensor}: {dtype} {ours:?}, TensorFlow {} {dims:?}", name(&folder), fact[0]));
            }
        }
    }
    assert!(compared > 100);
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}

/// The arrays of a recording (see tests/golden_values.py), without those of strings.
fn values(folder: &Path) -> Vec<(String, Tensor)> {
    fn cut<T: Element>(flat: &Tensor, start: usize, dims: &[usize]) -> Tensor {
        Tensor::from_slice(&flat.slice::<T>()[start..start + dims.iter().product::<usize>()], dims)
    }
    let mut file = npz::Npz::open(&folder.join("values.npz")).unwrap();
    let index: Value = serde_json::from_slice(file.get("index").unwrap().slice::<u8>()).unwrap();
    let mut members: BTreeMap<String, (Tensor, usize)> = BTreeMap::new();
    let mut out = Vec::new();
    for entry in index.as_array().unwrap() {
        let code = entry[1].as_str().unwrap();
        if code.starts_with('S') {
            continue;
        }
        let dims: Vec<usize> = entry[2].as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as usize).collect();
        let (flat, used) = members.entry(code.to_owned()).or_insert_with(|| (file.get(code).unwrap(), 0));
        let start = *used;
        *used += dims.iter().product::<usize>();
        let tensor = match flat.dtype() {
            DType::F32 => cut::<f32>(flat, start, &dims),
            DType::F64 => cut::<f64>(flat, start, &dims),
            DType::I32 => cut::<i32>(flat, start, &dims),
            DType::I64 => cut::<i64>(flat, start, &dims),
            DType::Bool => cut::<Bool>(flat, start, &dims),
            DType::U8 => cut::<u8>(flat, start, &dims),
            DType::I8 => cut::<i8>(flat, start, &dims),
            DType::I16 => cut::<i16>(flat, start, &dims),
            DType::U16 => cut::<u16>(flat, start, &dims),
            DType::U32 => cut::<u32>(flat, start, &dims),
            DType::U64 => cut::<u64>(flat, start, &dims),
            DType::F16 => cut::<f16>(flat, start, &dims),
            DType::C64 => cut::<C64>(flat, start, &dims),
            DType::C128 => cut::<C128>(flat, start, &dims),
            _ => continue,
        };
        out.push((entry[0].as_str().unwrap().to_owned(), tensor));
    }
    out
}

fn as_f64(t: &Tensor) -> Option<Vec<f64>> {
    Some(match t.dtype() {
        DType::F32 => t.slice::<f32>().iter().map(|&x| f64::from(x)).collect(),
        DType::F64 => t.slice::<f64>().to_vec(),
        DType::I32 => t.slice::<i32>().iter().map(|&x| f64::from(x)).collect(),
        DType::F16 => t.slice::<f16>().iter().map(|x| x.to_f64()).collect(),
        DType::C64 => t.slice::<C64>().iter().flat_map(|x| [f64::from(x.re), f64::from(x.im)]).collect(),
        DType::C128 => t.slice::<C128>().iter().flat_map(|x| [x.re, x.im]).collect(),
        DType::I64 => t.slice::<i64>().iter().map(|&x| x as f64).collect(),
        DType::I8 => t.slice::<i8>().iter().map(|&x| f64::from(x)).collect(),
        DType::I16 => t.slice::<i16>().iter().map(|&x| f64::from(x)).collect(),
        DType::U8 => t.slice::<u8>().iter().map(|&x| f64::from(x)).collect(),
        DType::U16 => t.slice::<u16>().iter().map(|&x| f64::from(x)).collect(),
        DType::U32 => t.slice::<u32>().iter().map(|&x| f64::from(x)).collect(),
        DType::Bool => t.slice::<Bool>().iter().map(|x| f64::from(u8::from(x.get()))).collect(),
        _ => return None,
    })
}

/// How two tensors differ, or None; the tolerances of tests/golden_values.py.
fn difference(ours: &Tensor, theirs: &Tensor) -> Option<String> {
    if ours.dtype() != theirs.dtype() || ours.dims() != theirs.dims() {
        return Some(format!("{} {:?}, TensorFlow {} {:?}", ours.dtype().name(), ours.dims(), theirs.dtype().name(), theirs.dims()));
    }
    let (a, b) = (as_f64(ours)?, as_f64(theirs)?);
    let (relative, absolute) = match ours.dtype() {
        DType::F32 | DType::C64 => (1e-5, 1e-6),
        DType::F16 => (2e-3, 1e-3),
        DType::C128 => (1e-11, 1e-12),
        DType::F64 => (1e-11, 1e-12),
        _ => (0.0, 0.0),
    };
    let scale = b.iter().filter(|x| x.is_finite()).fold(1.0f64, |m, x| m.max(x.abs()));
    let close = |x: f64, y: f64| x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= relative * y.abs() + absolute * scale;
    let at = a.iter().zip(&b).position(|(&x, &y)| !close(x, y))?;
    Some(format!("at {at}: {}, TensorFlow {}", a[at], b[at]))
}

/// Play a recording as tests/script_player.py does; None when an op cannot run yet.
fn play(folder: &Path) -> Option<Vec<String>> {
    let facts = json(&folder.join("facts.json"));
    let recorded: BTreeMap<String, Tensor> = values(folder).into_iter().collect();
    let g = graph(folder);
    let node = |text: &str| g.find(text.split(':').next().unwrap()).unwrap();
    let fetches: Vec<(String, Out)> = facts["fetches"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(label, t)| Some((label.clone(), g.find_out(t.as_str().unwrap())?)))
        .collect::<Option<_>>()?;
    let feeds: Vec<Vec<(Out, Tensor)>> = facts["feeds"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(i, names)| {
            let names = names.as_array().unwrap().iter().map(|n| n.as_str().unwrap());
            names.map(|n| (g.find_out(n).unwrap(), recorded[&format!("feed{i}.{n}")].clone())).collect()
        })
        .collect();
    let init = facts["init"].as_str().map(node);
    let steps: Vec<Vec<NodeId>> =
        facts["steps"].as_array().unwrap().iter().map(|s| s.as_array().unwrap().iter().map(|n| node(n.as_str().unwrap())).collect()).collect();
    let session = Session::new(Arc::new(RwLock::new(g)));
    let targets: Vec<NodeId> = init.into_iter().chain(steps.iter().flatten().copied()).collect();
    let outs: Vec<Out> = fetches.iter().map(|f| f.1).collect();
    for wanted in [(&outs[..], &[][..]), (&[], &targets)] {
        let fed: Vec<Out> = feeds[0].iter().map(|f| f.0).collect();
        match session.prepare(&fed, wanted.0, wanted.1) {
            Err(e) if e.code() == Code::Unimplemented => return None,
            Err(e) => panic!("{}: {e:?}", name(folder)),
            Ok(_) => {}
        }
    }
    let mut wrong = Vec::new();
    let mut run = |prefix: String, feed: &[(Out, Tensor)]| match session.run(feed, &outs, &[]) {
        Err(e) => wrong.push(format!("{prefix}: {e:?}")),
        Ok(ours) => {
            for ((label, _), t) in fetches.iter().zip(&ours) {
                if let Some(text) = recorded.get(&format!("{prefix}.{label}")).and_then(|theirs| difference(t, theirs)) {
                    wrong.push(format!("{} {prefix}.{label} {text}", name(folder)));
                }
            }
        }
    };
    session.run(&[], &[], &init.into_iter().collect::<Vec<_>>()).unwrap();
    for (i, feed) in feeds.iter().enumerate() {
        run(format!("run{i}"), feed);
    }
    for (i, step) in steps.iter().enumerate() {
        let feed = &feeds[i % feeds.len()];
        session.run(feed, &[], step).unwrap();
        run(format!("step{i}"), feed);
    }
    Some(wrong)
}

/// Recordings that differ from TensorFlow, each for a known reason; the test fails when one no longer does.
const KNOWN: &[(&str, &str)] =
    &[("scopes/resource_variables", "the script fetches variables, which Python reads; the graph's fetch is their handle")];

#[test]
fn recorded_graphs_compute_the_recorded_values() {
    let (mut wrong, mut left_out) = (Vec::new(), Vec::new());
    for folder in recordings() {
        match play(&folder) {
            Some(text) if KNOWN.iter().any(|(known, _)| *known == name(&folder)) => {
                assert!(!text.is_empty(), "{} no longer differs: take it out of KNOWN", name(&folder));
            }
            Some(text) => wrong.extend(text),
            None => left_out.push(name(&folder)),
        }
    }
    println!("left out: {left_out:?}");
    assert!(wrong.is_empty(), "{} values differ:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}
