//! Ops of this crate against values that TensorFlow computed for the graphs of tests/data/fixtures.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::Tensor;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fixtures")
}

/// The part of a fixture's graph that `wanted` needs.
fn load(fixture: &str, wanted: &[&str]) -> Graph {
    let (mut def, _) = graphpb::io::graphdef::read(&folder().join(format!("{fixture}.pb"))).unwrap();
    let node_of = |input: &str| input.trim_start_matches('^').split(':').next().unwrap_or_default().to_owned();
    let mut keep: HashSet<String> = HashSet::new();
    let mut stack: Vec<String> = wanted.iter().map(|w| node_of(w)).collect();
    while let Some(name) = stack.pop() {
        if let Some(n) = def.node.iter().find(|n| n.name == name) {
            if keep.insert(name) {
                stack.extend(n.input.iter().map(|i| node_of(i)));
            }
        }
    }
    def.node.retain(|n| keep.contains(&n.name));
    Graph::from_graph_def(def).unwrap()
}

fn array(fixture: &str, file: &str) -> Tensor {
    graphpb::io::npy::read(&folder().join("arrays").join(fixture).join(format!("{file}.npy"))).unwrap()
}

fn out(g: &Graph, name: &str) -> Out {
    g.find_out(name).unwrap_or_else(|| panic!("no output {name}"))
}

#[test]
fn random_ops_replay_two_runs_bit_for_bit() {
    let names = ["u/RandomUniform:0", "ui:0", "u_autoseed/RandomUniform:0", "u64/RandomUniform:0", "ui64:0"];
    let g = load("random_philox", &names);
    let outs: Vec<Out> = names.iter().map(|n| out(&g, n)).collect();
    let s = Session::of(g);
    for run in 0..2 {
        for (name, got) in names.iter().zip(s.run(&[], &outs, &[]).unwrap()) {
            let want = array("random_philox", &format!("{run}.out.{}", name.replace([':', '/'], "_")));
            assert_eq!((got.dtype(), got.dims()), (want.dtype(), want.dims()), "{name}");
            assert_eq!(got.bytes(), want.bytes(), "{name}, run {run}");
        }
    }
}

#[test]
fn convolution_and_image_fetches_of_a_mixed_graph_replay() {
    let names = ["dw:0", "dil:0", "deconv:0", "avg:0", "mx:0", "lrn:0", "rb:0", "rn:0", "rba:0", "rbh:0"];
    let g = load("misc_nn", &names);
    let outs: Vec<Out> = names.iter().map(|n| out(&g, n)).collect();
    let x = (out(&g, "x:0"), array("misc_nn", "0.in.x_0"));
    let s = Session::of(g);
    for (name, got) in names.iter().zip(s.run(&[x], &outs, &[]).unwrap()) {
        let want = array("misc_nn", &format!("0.out.{}", name.replace([':', '/'], "_")));
        assert_eq!(got.dims(), want.dims(), "{name}");
        let scale = want.slice::<f32>().iter().fold(1f32, |m, v| m.max(v.abs()));
        for (a, b) in got.slice::<f32>().iter().zip(want.slice::<f32>()) {
            assert!((a - b).abs() <= 2e-5 * scale, "{name}: {a} for {b}");
        }
    }
}
