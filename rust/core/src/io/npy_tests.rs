//! `.npy` and `.npz` files: those that numpy wrote, round trips, and hostile ones.

use std::fs;
use std::path::{Path, PathBuf};

use graphpb_kernels::{Code, DType, Tensor, bf16};

use super::npz::Npz;
use super::{npy, npz};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/npy").join(name)
}

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("graphpb-{name}-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn describe(tensor: &Tensor) -> String {
    let dims: Vec<String> = tensor.dims().iter().map(usize::to_string).collect();
    let data = match tensor.dtype() {
        DType::Str => tensor.as_strings().iter().map(|s| format!("\"{}\"", hex(s))).collect::<Vec<_>>().join(","),
        _ => hex(tensor.bytes()),
    };
    format!("{}\t{}\t{data}", tensor.dtype().name(), dims.join(","))
}

#[test]
fn arrays_that_numpy_wrote_are_read() {
    for line in fs::read_to_string(data("expected.tsv")).unwrap().lines() {
        let (name, expected) = line.split_once('\t').unwrap();
        // numpy names string types by their size.
        let (dtype, rest) = expected.split_once('\t').unwrap();
        let dtype = if dtype.starts_with("bytes") || dtype.starts_with("str") { "string" } else { dtype };
        let tensor = npy::read(&data(&format!("{name}.npy"))).unwrap();
        assert_eq!(describe(&tensor), format!("{dtype}\t{rest}"), "{name}");
    }
}

#[test]
fn archives_that_numpy_wrote_are_read() {
    let mut stored = Npz::open(&data("stored.npz")).unwrap();
    assert_eq!(stored.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(stored.get("b").unwrap().slice::<f32>(), [3.0]);
    assert_eq!(stored.get("a").unwrap().dims(), [2, 3, 4]);
    let mut deflated = Npz::open(&data("deflated.npz")).unwrap();
    assert_eq!(deflated.get("a").unwrap().slice::<f64>(), [0.0; 1000]);
    assert_eq!(&*deflated.get("s").unwrap().as_strings()[0], b"q");
    let missing = deflated.get("x").unwrap_err();
    assert_eq!((missing.code, missing.message.as_str()), (Code::NotFound, "No array \"x\" in the archive; it has: a, s"));
}

#[test]
fn what_is_written_is_read_back_and_numpy_bytes_are_the_same() {
    let dir = folder("npy-write");
    let path = dir.join("a.npy");
    for name in ["c_order", "scalar", "empty", "bool", "half", "u64"] {
        let tensor = npy::read(&data(&format!("{name}.npy"))).unwrap();
        npy::write(&path, &tensor).unwrap();
        assert!(fs::read(&path).unwrap() == fs::read(data(&format!("{name}.npy"))).unwrap(), "{name}");
    }
    let strings = npy::read(&data("text.npy")).unwrap();
    let archive = dir.join("all.npz");
    npz::write(&archive, [("x/y", &strings), ("bf", &Tensor::vector(&[bf16::from_f32(1.5)]))]).unwrap();
    let mut back = Npz::open(&archive).unwrap();
    assert_eq!(describe(&back.get("x/y").unwrap()), describe(&strings));
    assert_eq!(back.get("bf").unwrap().slice::<f32>(), [1.5]);
    let nul = npy::write(&path, &Tensor::string_scalar(b"a\0")).unwrap_err();
    assert!(nul.message.contains("ends in a zero byte"));
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn hostile_arrays_are_refused_before_memory_is_taken() {
    let dir = folder("npy-hostile");
    let path = dir.join("h.npy");
    let error = |shape: &str, descr: &str, data: &[u8]| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        fs::write(&path, bytes).unwrap();
        npy::read(&path).unwrap_err().code
    };
    assert_eq!(error("(1152921504606846976,)", "<f4", b"1234"), Code::ResourceExhausted);
    assert_eq!(error("(4294967296, 4294967296)", "<f4", b"1234"), Code::ResourceExhausted);
    assert_eq!(error("(100000000000,)", "<f4", b"1234"), Code::DataLoss);
    assert_eq!(error("(2,)", "<f4", b"1234567"), Code::DataLoss);
    assert_eq!(error("(68719476735,)", "|S0", b""), Code::ResourceExhausted);
    assert_eq!(error("(2,)", "|S4294967295", b"ab"), Code::DataLoss);
    assert_eq!(error(&format!("({})", "1,".repeat(300)), "|u1", b"a"), Code::InvalidArgument);
    assert_eq!(error("(1,)", "<U1", b"\xff\xff\xff\xff"), Code::DataLoss);
    for whole in ["c_order.npy", "stored.npz", "deflated.npz"] {
        let bytes = fs::read(data(whole)).unwrap();
        for end in 0..bytes.len() {
            fs::write(&path, &bytes[..end]).unwrap();
            if whole.ends_with(".npy") {
                assert!(npy::read(&path).is_err());
            } else {
                assert!(Npz::open(&path).is_err());
            }
        }
    }
    // Every byte of an archive changed in turn: an error or a tensor, never a panic.
    let bytes = fs::read(data("deflated.npz")).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        fs::write(&path, changed).unwrap();
        if let Ok(mut archive) = Npz::open(&path) {
            let names: Vec<String> = archive.names().map(str::to_owned).collect();
            for name in names {
                let _ = archive.get(&name);
            }
        }
    }
    fs::remove_dir_all(dir).unwrap();
}
