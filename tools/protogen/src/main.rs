//! Writes the generated message code and descriptor sets from `proto/graphpb/*.proto`; with `--check`, only compares.

mod stubs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorSet};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// 64-bit FNV-1a; the drift tests in rust/core and tests/ compute the same.
fn fingerprint(parts: &[&[u8]]) -> u64 {
    parts.iter().flat_map(|p| p.iter()).fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Json names are derivable and make up a quarter of the descriptor set.
fn drop_json_names(message: &mut DescriptorProto) {
    for field in &mut message.field {
        field.json_name = None;
    }
    message.nested_type.iter_mut().for_each(drop_json_names);
}

fn outputs(root: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let dir = root.join("proto");
    let mut files: Vec<String> = fs::read_dir(dir.join("graphpb"))?
        .filter_map(|e| e.ok()?.file_name().into_string().ok())
        .filter(|n| n.ends_with(".proto"))
        .map(|n| format!("graphpb/{n}"))
        .collect();
    files.sort();

    let mut compiler = protox::Compiler::new([&dir])?;
    compiler.include_imports(true).include_source_info(true).open_files(&files)?;
    let set = compiler.file_descriptor_set();

    let mut config = prost_build::Config::new();
    config.btree_map(["."]).bytes([".graphpb.TensorProto.tensor_content"]).enable_type_names();
    let modules = set
        .file
        .iter()
        .filter(|f| f.package() == "graphpb")
        .map(|f| (prost_build::Module::from_protobuf_package_name("graphpb"), f.clone()))
        .collect();
    let code = config.generate(modules)?.into_values().next().ok_or("no code generated")?;

    let mut bare = FileDescriptorSet { file: set.file };
    for file in &mut bare.file {
        file.source_code_info = None;
        file.message_type.iter_mut().for_each(drop_json_names);
    }
    let descriptors = bare.encode_to_vec();
    let stubs = stubs::stubs(&bare);

    let mut sources = Vec::new();
    for name in &files {
        sources.push(fs::read(dir.join(name))?);
    }
    let source_parts: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
    let stamp = format!(
        "sources {:016x}\nmessages {:016x}\ndescriptors {:016x}\n",
        fingerprint(&source_parts),
        fingerprint(&[code.as_bytes()]),
        fingerprint(&[&descriptors]),
    );

    let rust = root.join("rust/core/src/proto");
    Ok(BTreeMap::from([
        (rust.join("messages.rs"), code.into_bytes()),
        (rust.join("messages.desc"), descriptors.clone()),
        (rust.join("messages.stamp"), stamp.into_bytes()),
        (root.join("python/graphpb/protos.desc"), descriptors),
        (root.join("python/graphpb/protos.pyi"), stubs.into_bytes()),
    ]))
}

fn main() -> Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let check = env::args().nth(1).as_deref() == Some("--check");
    let mut stale = 0;
    for (path, bytes) in outputs(&root)? {
        if fs::read(&path).is_ok_and(|old| old == bytes) {
            continue;
        }
        stale += 1;
        if check {
            eprintln!("stale: {}", path.display());
        } else {
            fs::write(&path, bytes)?;
            eprintln!("wrote {}", path.display());
        }
    }
    Ok(ExitCode::from(u8::from(check && stale > 0)))
}
