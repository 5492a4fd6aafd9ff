//! Any bytes as the index and the data of a checkpoint: open, list, read everything. Seeds: `fuzz/seeds.py`.
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

// The first byte says whether an index is given or made (with right checksums, which no mutation finds); the next two
// say where it ends; the rest is the data file.
fuzz_target!(|bytes: &[u8]| {
    let Some((&[mode, low, high], rest)) = bytes.split_first_chunk::<3>() else { return };
    let (index, data) = rest.split_at(usize::from(u16::from_le_bytes([low, high])).min(rest.len()));
    let index = if mode % 2 == 0 { index.to_vec() } else { table::to_bytes(pairs(index)) };
    let folder = std::env::temp_dir().join(format!("graphpb-fuzz-bundle-{}", std::process::id()));
    let _ = std::fs::create_dir(&folder);
    let prefix = folder.join("c");
    let _ = std::fs::write(folder.join("c.index"), index);
    let _ = std::fs::write(folder.join("c.data-00000-of-00001"), data);
    if let Ok(checkpoint) = Checkpoint::open(&prefix.to_string_lossy()) {
        for name in checkpoint.names() {
            let _ = checkpoint.tensor(name);
        }
    }
});
