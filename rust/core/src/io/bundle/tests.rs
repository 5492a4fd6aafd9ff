//! Bundles written here and by TensorFlow (tests/data/fixtures).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use graphpb_kernels::{Bytes, Code, DType, Tensor, bf16};

use super::*;
use crate::io::checkpoint::Checkpoint;
use crate::io::region::Region;
use crate::io::table::{self, Table};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fixtures").join(name)
}

fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("graphpb-bundle-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn open(prefix: &Path) -> Checkpoint {
    Checkpoint::open(prefix.to_str().unwrap()).unwrap()
}

fn entries(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut out = Vec::new();
    Table::open(path)
        .unwrap()
        .each(&mut |k, v| {
            out.push((k.to_vec(), v.to_vec()));
            Ok(())
        })
        .unwrap();
    out
}

fn all_fixtures() -> Vec<PathBuf> {
    let names =
        ["ckpt_dtypes/ckpt", "ckpt_many/ckpt", "ckpt_partitioned/ckpt", "ckpt_sharded/ckpt-7", "ckpt_object_based/ckpt-1", "training_ref/ckpt-4"];
    names.iter().map(|n| fixture(n)).collect()
}

#[test]
fn indexes_of_tensorflow_are_written_again_byte_for_byte() {
    for prefix in all_fixtures() {
        let path = index_path(&prefix);
        let pairs = entries(&path);
        let bytes = table::to_bytes(pairs.iter().map(|(k, v)| (k.as_slice(), v.as_slice())));
        assert!(bytes == fs::read(&path).unwrap(), "{}", path.display());
    }
}

#[test]
fn a_checkpoint_of_tensorflow_is_written_again_byte_for_byte() {
    let dir = folder("again");
    for name in ["ckpt_many/ckpt", "training_ref/ckpt-4"] {
        let from = fixture(name);
        let source = open(&from);
        let to = dir.join("ckpt");
        let mut writer = BundleWriter::create(&to).unwrap();
        // In the order of the data file, which is that of the writer's calls.
        let mut order: Vec<(i64, String)> =
            Bundle::raw_entries(&from).unwrap().1.into_iter().map(|(k, e)| (e.offset, String::from_utf8(k).unwrap())).collect();
        order.sort();
        for (_, tensor) in order {
            writer.add(&tensor, &source.tensor(&tensor).unwrap()).unwrap();
        }
        writer.finish().unwrap();
        for path in [index_path, |p: &Path| data_path(p, 0, 1)] {
            assert!(fs::read(path(&to)).unwrap() == fs::read(path(&from)).unwrap(), "{name}");
        }
    }
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn many_blocks_are_searched_and_snappy_is_read() {
    let dir = folder("blocks");
    let pairs: Vec<(Vec<u8>, Vec<u8>)> =
        (0..20_000u32).map(|i| (format!("layer_{i:06}/kernel").into_bytes(), vec![i as u8; (i % 97) as usize])).collect();
    let path = dir.join("t");
    fs::write(&path, table::to_bytes(pairs.iter().map(|(k, v)| (k.as_slice(), v.as_slice())))).unwrap();
    assert!(entries(&path) == pairs);
    let table = Table::open(&path).unwrap();
    for (key, value) in pairs.iter().step_by(777) {
        assert_eq!(table.get(key).unwrap().as_ref(), Some(value));
    }
    assert_eq!(table.get(b"layer_").unwrap(), None);
    assert_eq!(table.get(b"zzz").unwrap(), None);
    // The same table with its first data block compressed by another program's rules (the crate `snap`).
    let plain = table::to_bytes(pairs.iter().take(100).map(|(k, v)| (k.as_slice(), v.as_slice())));
    let block_end = plain.windows(13).position(|w| w[..9] == [0, 0, 0, 0, 1, 0, 0, 0, 0] && w[9..] == 0xb0a1_f2c0u32.to_le_bytes()).unwrap();
    let mut block = snap::raw::Encoder::new().compress_vec(&plain[..block_end - 5]).unwrap();
    let size = block.len() as u64;
    block.push(1);
    let crc = crate::io::crc32c::masked(&block);
    block.extend(crc.to_le_bytes());
    let mut index = Vec::new();
    let mut handle = Vec::new();
    prost::encoding::encode_varint(0, &mut handle);
    prost::encoding::encode_varint(size, &mut handle);
    index.extend([0, 1, handle.len() as u8, b'm']);
    index.extend(&handle);
    index.extend([0, 0, 0, 0, 1, 0, 0, 0, 0]);
    let index_at = block.len();
    let crc = crate::io::crc32c::masked(&index);
    block.extend(&index);
    block.extend(crc.to_le_bytes());
    let mut footer = vec![0, 0];
    prost::encoding::encode_varint(index_at as u64, &mut footer);
    prost::encoding::encode_varint(index.len() as u64 - 1, &mut footer);
    footer.resize(40, 0);
    footer.extend(0xdb47_7524_8b80_fb57u64.to_le_bytes());
    block.extend(footer);
    fs::write(&path, block).unwrap();
    assert!(entries(&path) == pairs[..100]);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn every_kind_of_tensor_survives() {
    let dir = folder("kinds");
    let prefix = dir.join("deep/ckpt");
    let text = |s: &str| Bytes::from(s.as_bytes());
    let tensors: BTreeMap<&str, Tensor> = [
        ("b", Tensor::from_slice(&[graphpb_kernels::Bool(0), graphpb_kernels::Bool(7)], &[2])),
        ("bf", Tensor::vector(&[bf16::from_f32(1.5)])),
        ("empty", Tensor::zeros(DType::F64, &[0, 3])),
        ("no strings", Tensor::strings(vec![], &[0])),
        ("s", Tensor::strings(vec![text(""), text("a\0b"), Bytes::from(vec![255u8; 300])], &[3, 1])),
        ("x", Tensor::from_slice(&[1f32, f32::NAN], &[1, 2])),
    ]
    .into();
    let mut writer = BundleWriter::create(&prefix).unwrap();
    for (name, tensor) in &tensors {
        writer.add(name, tensor).unwrap();
    }
    assert!(writer.add("x", &tensors["x"]).unwrap_err().message().contains("duplicate"));
    writer.finish().unwrap();
    let read = open(&prefix);
    assert_eq!(read.names(), tensors.keys().copied().collect::<Vec<_>>());
    for (name, tensor) in &tensors {
        let back = read.tensor(name).unwrap();
        assert_eq!((back.dtype(), back.dims()), (tensor.dtype(), tensor.dims()), "{name}");
        match *name {
            "b" => assert_eq!(back.bytes(), [0, 1]),
            _ if tensor.dtype() == DType::Str => assert_eq!(back.as_strings(), tensor.as_strings()),
            _ => assert_eq!(back.bytes(), tensor.bytes()),
        }
    }
    assert_eq!(read.tensor("none").unwrap_err().message(), "Key none not found in checkpoint");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn parts_are_put_together_and_cut_differently() {
    let dir = folder("parts");
    let prefix = dir.join("ckpt");
    let value: Vec<i32> = (0..40).collect();
    let mut writer = BundleWriter::create(&prefix).unwrap();
    for (start, rows) in [(0, 4), (4, 3), (7, 3)] {
        let part = Tensor::from_slice(&value[start * 4..(start + rows) * 4], &[rows, 4]);
        writer.add_part("emb", &[10, 4], &Region(vec![Some((start, rows)), Some((0, 4))]), &part).unwrap();
    }
    writer.finish().unwrap();
    let read = open(&prefix);
    assert_eq!(read.names(), ["emb"]);
    assert_eq!(read.tensor("emb").unwrap().slice::<i32>(), value);
    let middle = read.region("emb", &Region::parse("3,5:1,2").unwrap()).unwrap();
    assert_eq!((middle.dims(), &middle.slice::<i32>()[..4]), (&[5, 2][..], &[13, 14, 17, 18][..]));
    assert!(read.region("emb", &Region::parse("9,2:-").unwrap()).is_err());
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn merging_moves_data_files_and_joins_parts() {
    let dir = folder("merge");
    let parts: Vec<PathBuf> = (0..2).map(|i| dir.join(format!("tmp/part-{i:05}-of-00002"))).collect();
    for (i, prefix) in parts.iter().enumerate() {
        let mut writer = BundleWriter::create(prefix).unwrap();
        writer.add(&format!("v{i}"), &Tensor::scalar(i as f32)).unwrap();
        writer.add_part("p", &[4], &Region(vec![Some((2 * i, 2))]), &Tensor::vector(&[i as i64; 2])).unwrap();
        writer.finish().unwrap();
    }
    let to = dir.join("ckpt");
    merge(&parts, &to, true, false).unwrap();
    let mut left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["ckpt.data-00000-of-00002", "ckpt.data-00001-of-00002", "ckpt.index"]);
    let read = open(&to);
    assert_eq!(read.tensor("p").unwrap().slice::<i64>(), [0, 0, 1, 1]);
    assert_eq!(read.tensor("v1").unwrap().slice::<f32>(), [1.0]);
    assert!(merge(&parts, &to, true, false).unwrap_err().message().contains("did not exist"));
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_existing_checkpoint_is_replaced_and_leaves_no_files() {
    let dir = folder("replace");
    let prefix = dir.join("ckpt");
    for i in 0..3 {
        let mut writer = BundleWriter::create(&prefix).unwrap();
        writer.add("v", &Tensor::vector(&vec![i; 5 + i as usize])).unwrap();
        writer.finish().unwrap();
        assert_eq!(open(&prefix).tensor("v").unwrap().slice::<i32>(), vec![i; 5 + i as usize]);
        let mut names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["ckpt.data-00000-of-00001", "ckpt.index"]);
    }
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_kill_after_any_step_leaves_the_old_checkpoint_or_the_new() {
    let dir = folder("kill");
    let (mut old_seen, mut new_seen) = (0, 0);
    // Shard counts before and after; the old checkpoint may itself stem from a kill (its shards have odd names).
    for (before, after, earlier_kill) in [(1, 1, None), (2, 2, None), (1, 3, None), (3, 1, None), (2, 2, Some(3)), (1, 1, Some(2)), (1, 1, Some(3))] {
        for steps in 0..16 {
            let _ = fs::remove_dir_all(&dir);
            fs::create_dir_all(&dir).unwrap();
            let prefix = dir.join("ckpt");
            let make = |count: usize, value: i32, steps: usize| {
                let parts: Vec<PathBuf> = (0..count).map(|i| dir.join(format!("part{i}"))).collect();
                let mut data = Vec::new();
                let mut entries = BTreeMap::new();
                for (i, part) in parts.iter().enumerate() {
                    let mut writer = BundleWriter::create(part).unwrap();
                    writer.add(&format!("v{i}"), &Tensor::vector(&[value; 4])).unwrap();
                    writer.finish().unwrap();
                    for (key, mut entry) in Bundle::raw_entries(part).unwrap().1 {
                        entry.shard_id = i as i32;
                        entries.insert(key, entry);
                    }
                    data.push(data_path(part, 0, 1));
                }
                install::install_until(&prefix, &data, &entries, steps).unwrap();
            };
            let check = || {
                let checkpoint = open(&prefix);
                let values: Vec<i32> = checkpoint.names().iter().map(|n| checkpoint.tensor(n).unwrap().slice::<i32>()[0]).collect();
                assert!(values.iter().all(|v| *v == values[0]), "{before} to {after}, {steps} steps: {values:?}");
                (values.len(), values[0])
            };
            make(before, 1, usize::MAX);
            if let Some(kill) = earlier_kill {
                make(before, 1, kill);
            }
            assert_eq!(check(), (before, 1));
            make(after, 2, steps);
            match check() {
                (n, 1) => old_seen += usize::from(n == before),
                (n, _) => new_seen += usize::from(n == after),
            }
            // The next save finds its way from whatever was left.
            make(before, 3, usize::MAX);
            assert_eq!(check(), (before, 3));
            assert!(data_path(&prefix, before - 1, before).exists());
        }
    }
    assert!(old_seen > 7 && new_seen > 7);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn damage_is_an_error_wherever_it_is() {
    let dir = folder("damage");
    let prefix = dir.join("ckpt");
    let source = fixture("ckpt_dtypes/ckpt");
    let (index, data) = (fs::read(index_path(&source)).unwrap(), fs::read(data_path(&source, 0, 1)).unwrap());
    let read_all = |index: &[u8], data: &[u8]| {
        fs::write(index_path(&prefix), index).unwrap();
        fs::write(data_path(&prefix, 0, 1), data).unwrap();
        let checkpoint = Checkpoint::open(prefix.to_str().unwrap())?;
        checkpoint.names().into_iter().try_for_each(|name| checkpoint.tensor(name).map(drop))
    };
    read_all(&index, &data).unwrap();
    let unread = index.windows(13).position(|w| w == [0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 0xf2, 0xa1, 0xb0]).unwrap();
    for at in 0..index.len() {
        let mut bad = index.clone();
        bad[at] ^= 0x55;
        let result = read_all(&bad, &data);
        // Nobody reads the metaindex, nor the padding of the footer.
        assert!(
            result.is_err() || (unread..unread + 13).contains(&at) || (index.len() - 48..index.len() - 8).contains(&at),
            "byte {at} of the index"
        );
        assert!(read_all(&index[..at], &data).is_err(), "index cut at {at}");
    }
    for at in (0..data.len()).step_by(13) {
        let mut bad = data.clone();
        bad[at] ^= 1;
        assert_eq!(read_all(&index, &bad).unwrap_err().code(), Code::DataLoss, "byte {at} of the data");
        assert_eq!(read_all(&index, &data[..at]).unwrap_err().code(), Code::DataLoss, "data cut at {at}");
    }
    fs::remove_dir_all(dir).unwrap();
}
