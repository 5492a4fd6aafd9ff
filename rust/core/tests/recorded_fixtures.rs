//! Ops of this crate against values that TensorFlow computed for the graphs of tests/data/fixtures.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use graphpb::session::Session;
use graphpb::{Graph, Out};
use graphpb_kernels::{DType, Tensor};

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
    let names = [
        "u/RandomUniform:0",
        "ui:0",
        "u_autoseed/RandomUniform:0",
        "u64/RandomUniform:0",
        "ui64:0",
        "n:0",
        "tn:0",
        "nbig:0",
        "su:0",
        "sn:0",
        "shuf:0",
    ];
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

/// The bytes that standard base64 stands for.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for c in text.trim_end_matches('=').as_bytes().chunks(4) {
        let word = (0..4).fold(0u32, |w, k| w << 6 | c.get(k).map_or(0, |b| ALPHABET.iter().position(|a| a == b).unwrap() as u32));
        out.extend(&word.to_be_bytes()[1..c.len()]);
    }
    out
}

/// An array of the manifest: numbers as .npy, strings as .json.
fn recorded(file: &str) -> Tensor {
    let path = folder().join(file);
    if !file.ends_with(".json") {
        return graphpb::io::npy::read(&path).unwrap();
    }
    let v: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let dims: Vec<usize> = v["shape"].as_array().unwrap().iter().map(|d| d.as_u64().unwrap() as usize).collect();
    let words = v["data_base64"].as_array().unwrap().iter().map(|s| base64(s.as_str().unwrap()).into()).collect();
    Tensor::strings(words, &dims)
}

#[test]
fn array_and_string_fixtures_replay() {
    let manifest: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder().join("manifest.json")).unwrap()).unwrap();
    let mut compared = 0;
    for fixture in manifest["fixtures"].as_array().unwrap() {
        let name = fixture["name"].as_str().unwrap();
        if !["strings", "misc_attrs", "misc_nn", "legacy_ops", "convnet_frozen", "batchnorm_frozen", "mlp_frozen"].contains(&name) {
            continue;
        }
        let file = fixture["files"][0].as_str().unwrap();
        let (def, _) = graphpb::io::graphdef::read(&folder().join(file)).unwrap();
        let run = &fixture["runs"][0];
        for (fetch, array) in run["fetches"].as_object().unwrap() {
            let g = Graph::from_graph_def(def.clone()).unwrap();
            let feeds: Vec<(Out, Tensor)> =
                run["feeds"].as_object().unwrap().iter().map(|(n, f)| (out(&g, n), recorded(f.as_str().unwrap()))).collect();
            let fetched = out(&g, fetch);
            let got = match Session::of(g).run(&feeds, &[fetched], &[]) {
                Ok(mut got) => got.remove(0),
                Err(e) if e.code() == graphpb::Code::Unimplemented && name != "strings" => continue,
                Err(e) => panic!("{name} {fetch}: {e}"),
            };
            let want = recorded(array.as_str().unwrap());
            assert_eq!((got.dtype(), got.dims()), (want.dtype(), want.dims()), "{name} {fetch}");
            match got.dtype() {
                DType::Str => assert_eq!(got.as_strings(), want.as_strings(), "{name} {fetch}"),
                DType::F32 => {
                    let scale = want.slice::<f32>().iter().fold(1f32, |m, v| m.max(v.abs()));
                    for (a, b) in got.slice::<f32>().iter().zip(want.slice::<f32>()) {
                        assert!(a == b || (a - b).abs() <= 2e-5 * scale, "{name} {fetch}: {a} for {b}");
                    }
                }
                _ => assert_eq!(got.bytes(), want.bytes(), "{name} {fetch}"),
            }
            compared += 1;
        }
    }
    assert!(compared >= 45, "only {compared} fetches ran");
}
