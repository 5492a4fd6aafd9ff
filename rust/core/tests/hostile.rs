//! Graphs that are broken on purpose: one clear error, never a panic, in bounded memory.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use graphpb::graph::builder::{Name, NewNode};
use graphpb::graph::fact::Shape;
use graphpb::graph::import::ImportOptions;
use graphpb::io::{graphdef, text};
use graphpb::proto::{AttrValue, GraphDef, NodeDef, TensorProto, TensorShapeProto, attr_value::Value, tensor_shape_proto::Dim};
use graphpb::registry::{self, AttrKind};
use graphpb::session::Session;
use graphpb::{Code, Graph, Out};
use graphpb_kernels::{DType, Tensor};
use prost::Message;

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fixtures");
    let mut out: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "pb" || e == "pbtxt"))
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&p).unwrap()))
        .collect();
    out.sort();
    out
}

fn import(def: GraphDef) -> Result<Graph, graphpb::Error> {
    let mut graph = Graph::new();
    graph.import(def, ImportOptions { replace_versions: true, ..ImportOptions::default() })?;
    Ok(graph)
}

/// Everything that happens to a file before numbers are computed.
fn load(bytes: Vec<u8>) {
    let Ok((def, _)) = graphdef::parse(bytes) else { return };
    let Ok(graph) = import(def) else { return };
    let def = graph.to_graph_def(0, true).unwrap();
    let _ = text::to_text(&def);
    let fetches: Vec<Out> = graph.ids().filter(|id| !graph.node(*id).outputs.is_empty()).map(|id| id.out(0)).collect();
    for id in graph.ids() {
        let _ = graph.node_text(id);
    }
    let session = Session::of(graph);
    for fetch in fetches {
        // A panic in a kernel that folds constants comes out as INTERNAL.
        if let Err(e) = session.prepare(&[], &[fetch], &[]) {
            assert!(e.code() != Code::Internal, "{e}");
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn of<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// Runs `f` for many seeds; a panic names its seed.
fn for_seeds(count: u64, f: impl Fn(&mut Random)) {
    for seed in 0..count {
        let result = panic::catch_unwind(AssertUnwindSafe(|| f(&mut Random(seed))));
        assert!(result.is_ok(), "seed {seed}");
    }
    check_memory();
}

/// The largest memory this process has ever had stays below 2 GiB (known on Linux only).
fn check_memory() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    assert!(peak.is_none_or(|kib| kib < 2 << 20), "{peak:?} kB");
}

fn node(name: &str, op: &str, inputs: &[&str]) -> NodeDef {
    NodeDef { name: name.into(), op: op.into(), input: inputs.iter().map(|i| (*i).to_owned()).collect(), ..NodeDef::default() }
}

fn with(mut node: NodeDef, name: &str, value: Value) -> NodeDef {
    node.attr.insert(name.into(), AttrValue { value: Some(value) });
    node
}

fn shape(sizes: &[i64]) -> TensorShapeProto {
    TensorShapeProto { dim: sizes.iter().map(|&size| Dim { size, name: String::new() }).collect(), unknown_rank: false }
}

fn tensor(sizes: &[i64]) -> Value {
    Value::Tensor(TensorProto { dtype: 1, tensor_shape: Some(shape(sizes)), float_val: vec![1.0], ..TensorProto::default() })
}

fn constant(name: &str, sizes: &[i64]) -> NodeDef {
    with(with(node(name, "Const", &[]), "dtype", Value::Type(1)), "value", tensor(sizes))
}

fn identity(name: &str, input: &str) -> NodeDef {
    with(node(name, "Identity", &[input]), "T", Value::Type(1))
}

#[test]
fn each_defect_has_its_error() {
    let mut many = vec![constant("c", &[])];
    many.extend((0..3).map(|i| identity(&format!("i{i}"), if i == 0 { "i2" } else { ["i0", "i1"][i - 1] })));
    let cases: Vec<(&str, Vec<NodeDef>, &str)> = vec![
        ("cycle", many, "contains a cycle with 3 nodes"),
        ("self loop", vec![identity("i", "i")], "cycle"),
        ("control cycle", vec![node("a", "NoOp", &["^b"]), node("b", "NoOp", &["^a"])], "cycle"),
        ("duplicate", vec![constant("c", &[]), constant("c", &[])], "Node name 'c' already exists in the Graph"),
        ("unknown input", vec![identity("i", "nope")], "'nope'"),
        ("unknown control", vec![node("n", "NoOp", &["^nope"])], "'^nope' is not in the graph"),
        ("control before data", vec![constant("c", &[]), with(node("i", "Identity", &["^c", "c"]), "T", Value::Type(1))], "must come after"),
        ("no such output", vec![constant("c", &[]), identity("i", "c:7")], "c:7"),
        ("huge output number", vec![constant("c", &[]), identity("i", "c:99999999999")], "c:99999999999"),
        ("empty input", vec![identity("i", "")], "input"),
        ("empty name", vec![constant("", &[])], "''"),
        ("bad name", vec![constant("a b", &[])], "a b"),
        ("no op", vec![node("n", "", &[])], "op"),
        ("too many inputs", vec![constant("c", &[]), with(node("i", "Identity", &["c", "c"]), "T", Value::Type(1))], "input"),
        ("too few inputs", vec![with(node("i", "Identity", &[]), "T", Value::Type(1))], "input"),
        ("attr of wrong kind", vec![constant("c", &[]), with(node("i", "Identity", &["c"]), "T", Value::I(1))], "'T'"),
        ("attr missing", vec![constant("c", &[]), node("i", "Identity", &["c"])], "'T'"),
        ("type that is none", vec![constant("c", &[]), with(node("i", "Identity", &["c"]), "T", Value::Type(77))], "77"),
        ("types differ", vec![constant("c", &[]), with(node("i", "Identity", &["c"]), "T", Value::Type(3))], "float"),
        ("value of another type", vec![with(with(node("c", "Const", &[]), "dtype", Value::Type(3)), "value", tensor(&[]))], "dtype"),
        ("negative size", vec![constant("c", &[-5])], "negative"),
    ];
    let mut wrong = Vec::new();
    for (what, nodes, expected) in cases {
        let error = import(GraphDef { node: nodes, ..GraphDef::default() }).err().unwrap_or_else(|| panic!("{what} was accepted")).to_string();
        if !error.contains(expected) {
            wrong.push(format!("{what}: {error:?} does not contain {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn huge_shapes_are_refused_or_stay_shapes() {
    for sizes in [&[1i64 << 60][..], &[1 << 40, 1 << 40], &[i64::MAX, i64::MAX], &[1 << 33], &[1 << 60, 0]] {
        let bytes = GraphDef { node: vec![constant("c", sizes), identity("i", "c")], ..GraphDef::default() }.encode_to_vec();
        load(bytes);
        let placeholder = with(with(node("p", "Placeholder", &[]), "dtype", Value::Type(1)), "shape", Value::Shape(shape(sizes)));
        load(GraphDef { node: vec![placeholder, identity("i", "p")], ..GraphDef::default() }.encode_to_vec());
    }
    check_memory();
}

#[test]
fn long_chains_do_not_exhaust_the_stack() {
    let mut nodes = vec![constant("n0", &[2])];
    nodes.extend((1..50_000).map(|i| identity(&format!("n{i}"), &format!("n{}", i - 1))));
    nodes.reverse();
    let graph = import(GraphDef { node: nodes, ..GraphDef::default() }).unwrap();
    let last = graph.find_out("n49999").unwrap();
    let value = Session::of(graph).run(&[], &[last], &[]).unwrap();
    assert_eq!(value[0].slice::<f32>(), [1.0, 1.0]);
}

#[test]
fn changed_bytes_never_panic() {
    let files = fixtures();
    for_seeds(2000, |r| {
        let (_, mut bytes) = r.of(&files);
        for _ in 0..1 + r.below(4) {
            let at = r.below(bytes.len());
            match r.below(4) {
                0 => bytes[at] = r.next() as u8,
                1 => bytes[at] ^= 1 << r.below(8),
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let end = (at + r.below(64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    let to = r.below(bytes.len());
                    bytes.splice(to..to, part);
                }
            }
        }
        load(bytes);
    });
}

fn odd_value(r: &mut Random) -> Value {
    let sizes = [0, 1, -1, 2, 3, 1 << 31, 1 << 60, i64::MIN, i64::MAX];
    match r.below(9) {
        0 => Value::I(r.of(&sizes)),
        1 => Value::F(r.of(&[0.0, -1.0, f32::NAN, f32::INFINITY])),
        2 => Value::B(r.below(2) == 0),
        3 => Value::S(r.of(&[b"".to_vec(), b"SAME".to_vec(), b"VALID".to_vec(), b"NHWC".to_vec(), vec![0xff]])),
        4 => Value::Type(r.of(&[0, 1, 3, 7, 9, 10, 20, 33, 101, 999, -1])),
        5 => Value::Shape(shape(&[r.of(&sizes), r.of(&sizes)])),
        6 => tensor(&[r.of(&sizes)]),
        7 => Value::Func(graphpb::proto::NameAttrList { name: "f".into(), ..Default::default() }),
        _ => Value::List(graphpb::proto::attr_value::ListValue { i: vec![r.of(&sizes), r.of(&sizes)], ..Default::default() }),
    }
}

#[test]
fn changed_structure_never_panics() {
    let graphs: Vec<GraphDef> = fixtures().into_iter().map(|(_, b)| graphdef::parse(b).unwrap().0).collect();
    let ops: Vec<&str> = registry::all().iter().map(|d| d.name).collect();
    for_seeds(2000, |r| {
        let mut def = r.of(&graphs);
        for _ in 0..1 + r.below(3) {
            let count = def.node.len();
            let other = def.node[r.below(count)].clone();
            let node = &mut def.node[r.below(count)];
            let attrs: Vec<String> = node.attr.keys().cloned().collect();
            match r.below(8) {
                0 => node.op = r.of(&ops).to_owned(),
                1 => node.input = other.input,
                2 => node.input.push(other.name),
                3 => drop(node.input.pop()),
                4 => node.attr = other.attr,
                5 if !attrs.is_empty() => drop(node.attr.remove(&r.of(&attrs))),
                6 if !attrs.is_empty() => drop(node.attr.insert(r.of(&attrs), AttrValue { value: Some(odd_value(r)) })),
                7 => def.node.push(other),
                _ => {}
            }
        }
        load(def.encode_to_vec());
    });
}

/// A value of the kind that the attribute wants, legal or not.
fn value_of(kind: AttrKind, r: &mut Random) -> Value {
    let small = [0, 1, 2, 3, -1, 7, 1 << 40];
    match kind {
        AttrKind::Int => Value::I(r.of(&small)),
        AttrKind::Float => Value::F(r.of(&[0.0, 1.0, -1.0, f32::NAN])),
        AttrKind::Bool => Value::B(r.below(2) == 0),
        AttrKind::Type => Value::Type(r.of(&[1, 2, 3, 7, 9, 10, 8])),
        AttrKind::Shape => Value::Shape(shape(&[r.of(&small), r.of(&small)])),
        AttrKind::Tensor => tensor(&[r.of(&[0, 1, 3, 1 << 50])]),
        AttrKind::ListInt => {
            let i = (0..r.below(6)).map(|_| r.of(&small)).collect();
            Value::List(graphpb::proto::attr_value::ListValue { i, ..Default::default() })
        }
        AttrKind::ListType => {
            let r#type = (0..r.below(4)).map(|_| r.of(&[1, 3, 7])).collect();
            Value::List(graphpb::proto::attr_value::ListValue { r#type, ..Default::default() })
        }
        _ => odd_value(r),
    }
}

#[test]
fn every_op_survives_senseless_inputs_and_attributes() {
    let dtype = |n: NodeDef, d: i32| with(n, "dtype", Value::Type(d));
    let ints = |sizes: &[i64], values: &[i32]| {
        Value::Tensor(TensorProto { dtype: 3, tensor_shape: Some(shape(sizes)), int_val: values.to_vec(), ..TensorProto::default() })
    };
    let sources = [
        constant("scalar", &[]),
        constant("vector", &[3]),
        constant("matrix", &[2, 3]),
        constant("image", &[1, 4, 4, 2]),
        constant("empty", &[0, 3]),
        with(dtype(node("i_scalar", "Const", &[]), 3), "value", ints(&[], &[-7])),
        with(dtype(node("i_vector", "Const", &[]), 3), "value", ints(&[3], &[1, -1, i32::MAX])),
        with(dtype(node("i_matrix", "Const", &[]), 3), "value", ints(&[2, 2], &[0, i32::MIN, 5, 2])),
        with(dtype(node("p", "Placeholder", &[]), 1), "shape", Value::Shape(TensorShapeProto { dim: vec![], unknown_rank: true })),
        with(dtype(node("pi", "Placeholder", &[]), 3), "shape", Value::Shape(shape(&[-1, 2]))),
        with(dtype(node("huge", "Placeholder", &[]), 1), "shape", Value::Shape(shape(&[1 << 40, 1 << 40]))),
    ];
    let names: Vec<String> = sources.iter().map(|n| n.name.clone()).collect();
    for (i, op) in registry::all().iter().enumerate() {
        for round in 0..60 {
            let mut r = Random(i as u64 * 1000 + round);
            let mut n = node("n", op.name, &[]);
            let float = r.below(2) == 0;
            for a in op.attrs {
                // Mostly a type that some of the sources have.
                let value =
                    if a.kind == AttrKind::Type && r.below(4) > 0 { Value::Type(if float { 1 } else { 3 }) } else { value_of(a.kind, &mut r) };
                if r.below(8) > 0 {
                    n.attr.insert(a.name.into(), AttrValue { value: Some(value) });
                }
            }
            n.input = (0..op.inputs.len() + r.below(2)).map(|_| r.of(&names)).collect();
            let mut nodes = sources.to_vec();
            nodes.push(n);
            let def = GraphDef { node: nodes, ..GraphDef::default() };
            let result = panic::catch_unwind(AssertUnwindSafe(|| load(def.encode_to_vec())));
            assert!(result.is_ok(), "{} round {round}: {:?}", op.name, def.node.last());
        }
    }
    check_memory();
}

/// Runs one op on tensors that are fed without a shape; gives the code of its error.
fn run_op(op: &str, inputs: &[Tensor], attrs: &[(&'static str, i64)]) -> Result<Vec<Tensor>, Code> {
    let mut graph = Graph::new();
    let mut feeds = Vec::new();
    for t in inputs {
        let p = NewNode::new("Placeholder", Name::Unique("p"), &[]).attr("dtype", t.dtype()).attr("shape", Shape::UNKNOWN);
        feeds.push((graph.add(p).unwrap().out(0), t.clone()));
    }
    let ins: Vec<Out> = feeds.iter().map(|f| f.0).collect();
    let mut new = NewNode::new(op, Name::Exact("op"), &ins);
    for &(name, v) in attrs {
        new = new.attr(name, v);
    }
    let node = graph.add(new).map_err(|e| e.code())?;
    Session::of(graph).run(&feeds, &[node.out(0)], &[]).map_err(|e| e.code())
}

#[test]
fn memory_that_no_machine_has_is_resource_exhausted() {
    let ints = |v: &[i64]| Tensor::vector(v);
    let (one, row, image) = (Tensor::scalar(1f32), Tensor::vector(&[1f32, 2.0]), Tensor::scalar(1f32).reshaped(&[1, 1, 1, 1]));
    let huge = 1i64 << 38;
    let int = |v: i64| Tensor::scalar(v);
    let cases: Vec<(&str, Vec<Tensor>)> = vec![
        ("Fill", vec![ints(&[huge]), one.clone()]),
        ("BroadcastTo", vec![one.clone(), ints(&[huge])]),
        ("BroadcastTo", vec![one.clone(), ints(&[1 << 30, 1 << 30, 1 << 30])]),
        ("Tile", vec![row.clone(), ints(&[huge])]),
        ("Pad", vec![row.clone(), ints(&[0, huge]).reshaped(&[1, 2])]),
        ("Range", vec![int(0), int(huge), int(1)]),
        ("LinSpace", vec![one.clone(), one.clone(), int(huge)]),
        ("OneHot", vec![ints(&[0; 100]), Tensor::scalar(i32::MAX), Tensor::scalar(1.0), Tensor::scalar(0.0)]),
        ("SegmentSum", vec![row.clone(), ints(&[0, huge])]),
        ("UnsortedSegmentSum", vec![row.clone(), ints(&[0, 1]), int(huge)]),
        ("ScatterNd", vec![ints(&[0]).reshaped(&[1, 1]), one.clone().reshaped(&[1]), ints(&[huge])]),
        ("SparseToDense", vec![ints(&[0, 1]), ints(&[huge]), row.clone(), one.clone()]),
        (
            "SparseTensorDenseMatMul",
            vec![ints(&[0, 0]).reshaped(&[1, 2]), one.clone().reshaped(&[1]), ints(&[huge, 1]), one.clone().reshaped(&[1, 1])],
        ),
        ("SparseFillEmptyRows", vec![ints(&[0, 0]).reshaped(&[1, 2]), one.clone().reshaped(&[1]), ints(&[huge, 1]), one.clone()]),
        ("ResizeBilinear", vec![image.clone(), Tensor::vector(&[1i32 << 20, 1 << 20])]),
    ];
    for (op, inputs) in cases {
        match run_op(op, &inputs, &[]) {
            Err(Code::ResourceExhausted) => {}
            other => panic!("{op}: {:?}", other.map(|_| ())),
        }
    }
}

#[test]
fn extreme_arguments_give_results() {
    let m = Tensor::vector(&[1f32, 2.0, 3.0, 4.0]).reshaped(&[2, 2]);
    let y = run_op("MatrixBandPart", &[m.clone(), Tensor::scalar(i64::MAX), Tensor::scalar(i64::MAX)], &[]).unwrap();
    assert_eq!(y[0].slice::<f32>(), m.slice::<f32>());
    let y = run_op("ResizeArea", &[Tensor::zeros(DType::F32, &[1, 2, 2, 0]), Tensor::vector(&[i32::MAX; 2])], &[]).unwrap();
    assert!(y[0].is_empty());
    let y = run_op("AsString", &[Tensor::scalar(1.5f32)], &[("precision", 1 << 40)]).unwrap();
    assert!(y[0].as_strings()[0].starts_with(b"1.5000"));
    let y = run_op("RandomPoissonV2", &[Tensor::vector(&[3i32]), Tensor::scalar(1e30f64)], &[]).unwrap();
    assert_eq!(y[0].slice::<i64>(), [i64::MAX; 3]);
}
