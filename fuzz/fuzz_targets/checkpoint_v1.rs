//! Any bytes as a checkpoint of format V1: open, list, read everything. Seed: `tests/data/fixtures/ckpt_v1/model.ckpt`.
#![no_main]

use graphpb::io::checkpoint::Checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = std::env::temp_dir().join(format!("graphpb-fuzz-v1-{}", std::process::id()));
    let _ = std::fs::write(&file, bytes);
    if let Ok(checkpoint) = Checkpoint::open(&file.to_string_lossy()) {
        for name in checkpoint.names() {
            let _ = checkpoint.tensor(name);
        }
    }
});
