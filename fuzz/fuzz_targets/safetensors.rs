//! Any bytes as a safetensors file: open, read everything.
#![no_main]

use graphpb::io::safetensors::Safetensors;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("graphpb-fuzz-safetensors-{}", std::process::id()));
    let _ = std::fs::write(&path, bytes);
    if let Ok(file) = Safetensors::open(&path) {
        let names: Vec<String> = file.infos().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            let _ = file.get(&name);
        }
    }
});
