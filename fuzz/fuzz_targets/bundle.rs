//! Any bytes as the index and the data of a checkpoint: open, list, read everything. Seeds: `fuzz/seeds.sh`.
#![no_main]

use graphpb::io::checkpoint::Checkpoint;
use libfuzzer_sys::fuzz_target;

// The first two bytes say where the index ends; the rest is the data file.
fuzz_target!(|bytes: &[u8]| {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let (index, data) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
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
