//! Any bytes as a checkpoint of format V1: open, list, read everything. Seeds: `fuzz/seeds.py`.
#![no_main]

use graphpb::io::checkpoint::Checkpoint;
use graphpb::io::table;
use libfuzzer_sys::fuzz_target;

/// Keys and values of a table: lengths in one and two bytes, then the bytes.
fn pairs(mut bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut out = Vec::new();
    while let Some((&[key, low, high], rest)) = bytes.split_first_chunk::<3>() {
        let (key, rest) = rest.split_at(usize::from(key).min(rest.len()));
        let (value, rest) = rest.split_at(usize::from(u16::from_le_bytes([low, high])).min(rest.len()));
        out.push((key, value));
        bytes = rest;
    }
    out.sort();
    out
}

// The first byte says whether the file is given or made (with right checksums, which no mutation finds).
fuzz_target!(|bytes: &[u8]| {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let file = std::env::temp_dir().join(format!("graphpb-fuzz-v1-{}", std::process::id()));
    let _ = std::fs::write(&file, if mode % 2 == 0 { rest.to_vec() } else { table::to_bytes(pairs(rest)) });
    if let Ok(checkpoint) = Checkpoint::open(&file.to_string_lossy()) {
        for name in checkpoint.names() {
            let _ = checkpoint.tensor(name);
        }
    }
});
