//! Any bytes as a record file and as the payload of one: frames, events, examples. Seeds: `tests/data/fixtures/{events*,tfrecord}/*`.
#![no_main]

use std::io::Cursor;

use graphpb::io::records::{RecordReader, frame};
use graphpb::proto::{Event, Example, SequenceExample};
use libfuzzer_sys::fuzz_target;
use prost::Message;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = RecordReader::new(Cursor::new(bytes));
    while let Ok(Some(record)) = reader.read() {
        let _ = Event::decode(record.as_slice());
    }
    // Checksums keep random bytes out, so the payload is tried by itself.
    if let Ok(event) = Event::decode(bytes) {
        let again = Event::decode(event.encode_to_vec().as_slice());
        assert!(again.is_ok());
    }
    let _ = Example::decode(bytes);
    let _ = SequenceExample::decode(bytes);
    let mut framed = Vec::new();
    if frame(&mut framed, bytes).is_ok() {
        assert_eq!(RecordReader::new(Cursor::new(framed)).read(), Ok(Some(bytes.to_vec())));
    }
});
