//! Any bytes as an array file, and as an archive of them. Seeds: `tests/data/npy`.
#![no_main]

use graphpb::io::npy;
use graphpb::io::npz::Npz;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("graphpb-fuzz-npy-{}", std::process::id()));
    let _ = std::fs::write(&path, bytes);
    let _ = npy::read(&path);
    if let Ok(mut archive) = Npz::open(&path) {
        let names: Vec<String> = archive.names().map(str::to_owned).collect();
        for name in names {
            let _ = archive.get(&name);
        }
    }
});
