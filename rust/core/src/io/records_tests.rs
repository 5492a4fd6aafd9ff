//! Record and event files: TensorFlow's recordings read, what is written read back, every kind of damage named.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use prost::Message;

use super::events::{self, EventReader, EventWriter};
use super::records::*;
use crate::proto::event::What;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/fixtures").join(name)
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("graphpb-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The payloads that TensorFlow was asked to write.
fn recorded() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(fixture("tfrecord/records.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value.as_array().unwrap().iter().map(|v| base64(v.as_str().unwrap())).collect()
}

fn base64(text: &str) -> Vec<u8> {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut n) = (Vec::new(), 0u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        bits = bits << 6 | digits.iter().position(|d| *d == c).unwrap() as u32;
        n += 6;
        if n >= 8 {
            n -= 8;
            out.push((bits >> n) as u8);
        }
    }
    out
}

#[test]
fn recordings_of_tensorflow_are_read() {
    let expected = recorded();
    assert_eq!(expected.len(), 8);
    for (file, compression) in
        [("plain.tfrecord", Compression::None), ("gzip.tfrecord.gz", Compression::Gzip), ("zlib.tfrecord.z", Compression::Zlib)]
    {
        let got: Result<Vec<_>, _> = FileReader::open(&fixture("tfrecord").join(file), compression).unwrap().collect();
        assert_eq!(got.unwrap(), expected, "{file}");
    }
}

#[test]
fn plain_files_equal_those_of_tensorflow_byte_for_byte() {
    let mut out = Vec::new();
    for record in recorded() {
        frame(&mut out, &record).unwrap();
    }
    assert_eq!(out, fs::read(fixture("tfrecord/plain.tfrecord")).unwrap());
}

#[test]
fn what_is_written_is_read_back() {
    let folder = scratch("records");
    let records: Vec<Vec<u8>> = vec![vec![], b"one".to_vec(), vec![7; 3 << 20], (0..=255).collect()];
    for (name, compression) in [("n", Compression::None), ("g", Compression::Gzip), ("z", Compression::Zlib)] {
        let path = folder.join(name);
        let mut w = FileWriter::create(&path, compression, Some(6)).unwrap();
        for r in &records {
            w.write(r).unwrap();
        }
        w.close().unwrap();
        assert_eq!(w.write(b"x").unwrap_err().code, graphpb_kernels::Code::FailedPrecondition);
        let got: Result<Vec<_>, _> = FileReader::open(&path, compression).unwrap().collect();
        assert!(got.unwrap() == records, "{name}");
    }
    // Gzip files may be joined, as TensorFlow's reader allows.
    let twice = [fs::read(folder.join("g")).unwrap(), fs::read(folder.join("g")).unwrap()].concat();
    fs::write(folder.join("gg"), twice).unwrap();
    assert_eq!(FileReader::open(&folder.join("gg"), Compression::Gzip).unwrap().filter(Result::is_ok).count(), 8);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_cut_ends_quietly_or_says_so() {
    let mut bytes = Vec::new();
    frame(&mut bytes, b"first").unwrap();
    let second = bytes.len();
    frame(&mut bytes, b"second record").unwrap();
    for cut in 0..bytes.len() {
        let mut reader = RecordReader::new(Cursor::new(&bytes[..cut]));
        let mut good = 0;
        let end = loop {
            match reader.read() {
                Ok(Some(_)) => good += 1,
                other => break other,
            }
        };
        assert_eq!(good, usize::from(cut >= second), "cut at {cut}");
        let into = if cut >= second { cut - second } else { cut };
        assert_eq!(end, if into < 12 { Ok(None) } else { Err(Damage::Cut) }, "cut at {cut}");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut bytes = Vec::new();
    frame(&mut bytes, b"some data").unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut bad = bytes.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let end = RecordReader::new(Cursor::new(bad)).read();
        assert_eq!(end, Err(if bit < 96 { Damage::Length } else { Damage::Data }), "bit {bit}");
    }
}

#[test]
fn a_length_without_data_takes_no_memory() {
    for length in [RECORD_LIMIT, RECORD_LIMIT + 1, u64::MAX, 1 << 62] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(super::crc32c::masked(&length.to_le_bytes()).to_le_bytes());
        bytes.extend([0; 20]);
        let end = RecordReader::new(Cursor::new(bytes)).read();
        assert_eq!(end, Err(if length > RECORD_LIMIT { Damage::Length } else { Damage::Cut }));
    }
}

#[test]
fn broken_streams_are_errors() {
    let folder = scratch("broken");
    for (file, compression) in [("gzip.tfrecord.gz", Compression::Gzip), ("zlib.tfrecord.z", Compression::Zlib)] {
        let bytes = fs::read(fixture("tfrecord").join(file)).unwrap();
        for step in 0..40 {
            let mut bad = bytes.clone();
            let at = 12 + step * (bad.len() - 13) / 40;
            bad[at] ^= 0x55;
            let path = folder.join("bad");
            fs::write(&path, bad).unwrap();
            let results: Vec<_> = FileReader::open(&path, compression).unwrap().collect();
            let good = results.iter().filter(|r| r.is_ok()).count();
            assert!(good <= 8 && results.len() - good <= 1);
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn event_files_of_tensorflow_are_read() {
    let all: Result<Vec<_>, _> = EventReader::open(&fixture("events/events.out.tfevents.1795363387.localhost")).unwrap().collect();
    let all = all.unwrap();
    assert!(matches!(&all[0].what, Some(What::FileVersion(v)) if v == events::FILE_VERSION));
    let count = |f: fn(&What) -> bool| all.iter().filter(|e| e.what.as_ref().is_some_and(f)).count();
    assert_eq!(count(|w| matches!(w, What::Summary(_))), 3);
    assert_eq!(count(|w| matches!(w, What::GraphDef(_))), 1);
    assert_eq!(count(|w| matches!(w, What::MetaGraphDef(_))), 2);
    assert_eq!(count(|w| matches!(w, What::SessionLog(_))), 2);
    assert_eq!(count(|w| matches!(w, What::TaggedRunMetadata(_))), 1);
    let found = events::find(&fixture("")).unwrap();
    let runs: Vec<&str> = found.iter().map(|(run, _)| run.as_str()).collect();
    assert_eq!(runs, ["events", "events_scalar"]);
}

#[test]
fn the_opening_event_equals_that_of_tensorflow() {
    let first = FileReader::open(&fixture("events_scalar/events.out.tfevents.1795363387.localhost"), Compression::None).unwrap().next();
    let recorded = first.unwrap().unwrap();
    let time = crate::proto::Event::decode(recorded.as_slice()).unwrap().wall_time;
    assert_eq!(events::version_event(time).encode_to_vec(), recorded);
}

#[test]
fn writers_of_one_folder_and_second_use_files_of_their_own() {
    let folder = scratch("events");
    let mut writers: Vec<EventWriter> = (0..3).map(|_| EventWriter::new(&folder.join("run"), ".x").unwrap()).collect();
    for (i, w) in writers.iter_mut().enumerate() {
        assert!(w.path().is_none());
        w.write(&events::scalars(i as i64, [("loss", 0.5)])).unwrap();
        w.flush().unwrap();
    }
    let found = events::find(&folder).unwrap();
    assert_eq!(found.len(), 3);
    for (run, path) in &found {
        assert_eq!(run, "run");
        assert_eq!(EventReader::open(path).unwrap().filter(Result::is_ok).count(), 2);
        assert!(path.to_str().unwrap().ends_with(".x"));
    }
    // A cut last record is the end, not an error.
    let bytes = fs::read(&found[0].1).unwrap();
    fs::write(&found[0].1, &bytes[..bytes.len() - 3]).unwrap();
    let mut reader = EventReader::open(&found[0].1).unwrap();
    assert_eq!(reader.by_ref().filter(Result::is_ok).count(), 1);
    assert!(reader.is_cut());
    fs::remove_dir_all(folder).unwrap();
}
