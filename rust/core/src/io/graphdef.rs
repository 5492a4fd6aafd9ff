//! Graph files: binary or text, told apart by what is in them.

use std::path::Path;

use graphpb_kernels::Code;
use prost::Message;

use super::files::{self, FileError};
use super::text;
use crate::proto::GraphDef;

/// The largest binary file: protobuf's own limit for one message.
pub const BINARY_LIMIT: u64 = (1 << 31) - 1;
/// The largest text file; escapes make text up to four times as long as the bytes it stands for.
pub const TEXT_LIMIT: u64 = 4 * BINARY_LIMIT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Binary,
    Text,
}

impl Format {
    /// By the file name: `.pbtxt`, `.txt`, `.textproto` and `.prototxt` are text, all others binary.
    pub fn of_name(path: &Path) -> Format {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "pbtxt" | "txt" | "textproto" | "prototxt" => Format::Text,
            _ => Format::Binary,
        }
    }

    /// By the content: a binary message has control bytes among its first few, a text has none.
    pub fn of_content(bytes: &[u8]) -> Format {
        let head = bytes.get(..4096).unwrap_or(bytes);
        let control = |b: &u8| matches!(b, 0..=8 | 0x0b | 0x0e..=0x1f | 0x7f);
        let first = head.iter().find(|b| !b.is_ascii_whitespace());
        let name_or_comment = first.is_some_and(|b| b.is_ascii_alphabetic() || *b == b'#');
        if name_or_comment && !head.iter().any(control) { Format::Text } else { Format::Binary }
    }
}

/// The graph in a file, whatever its name says about the format.
///
/// Errors name the path: NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED for a file too large, DATA_LOSS for one that is
/// empty, truncated or no graph.
pub fn read(path: &Path) -> Result<(GraphDef, Format), FileError> {
    let limit = if Format::of_name(path) == Format::Text { TEXT_LIMIT } else { BINARY_LIMIT };
    let bytes = files::read(path, limit)?;
    parse(bytes).map_err(|message| FileError::new(path, Code::DataLoss, message))
}

/// The graph in the bytes of a file.
pub fn parse(bytes: Vec<u8>) -> Result<(GraphDef, Format), String> {
    if bytes.is_empty() {
        return Err("Not a graph: the file is empty".into());
    }
    let format = Format::of_content(&bytes);
    let graph = match format {
        Format::Binary => {
            // `Bytes` lets large constants share the file's memory instead of being copied.
            GraphDef::decode(prost::bytes::Bytes::from(bytes)).map_err(|e| format!("Not a graph, or cut short: {e}"))?
        }
        Format::Text => {
            let text = String::from_utf8(bytes).map_err(|_| "Not a graph: text that is not UTF-8")?;
            text::from_text(&text).map_err(|e| format!("Not a graph in text form: {e}"))?
        }
    };
    Ok((graph, format))
}

/// The bytes of a graph file; the same graph always gives the same bytes.
///
/// RESOURCE_EXHAUSTED when a binary file would exceed 2 GiB, INVALID_ARGUMENT when a text cannot be written.
pub fn to_bytes(graph: &GraphDef, format: Format) -> Result<Vec<u8>, (Code, String)> {
    match format {
        Format::Binary if graph.encoded_len() as u64 > BINARY_LIMIT => {
            Err((Code::ResourceExhausted, "The graph is larger than 2 GiB, more than a protobuf file may hold".into()))
        }
        Format::Binary => Ok(graph.encode_to_vec()),
        Format::Text => text::to_text(graph).map(String::into_bytes).map_err(|e| (Code::InvalidArgument, e.to_string())),
    }
}

/// Write a graph file; a reader sees the old file or the new one, never half of it.
pub fn write(path: &Path, graph: &GraphDef, format: Format) -> Result<(), FileError> {
    let bytes = to_bytes(graph, format).map_err(|(code, message)| FileError::new(path, code, message))?;
    files::write(path, &bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const ZOO: &[u8] = include_bytes!("../../../../tests/data/fixtures/tensor_zoo.pb");

    fn folder(name: &str) -> std::path::PathBuf {
        let dir = std::env::temp_dir().join(format!("graphpb-{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn a_graph_survives_both_formats_and_a_wrong_name() {
        let dir = folder("formats");
        let graph = GraphDef::decode(ZOO).unwrap();
        for format in [Format::Binary, Format::Text] {
            for name in ["a.pb", "a.pbtxt", "noextension"] {
                let path = dir.join(name);
                write(&path, &graph, format).unwrap();
                assert_eq!(read(&path).unwrap(), (graph.clone(), format));
            }
        }
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 3, "no temporary files stay behind");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn errors_name_the_file_and_the_reason() {
        let dir = folder("errors");
        let path = dir.join("g.pb");
        let error = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.to_string().starts_with(&format!("{}: ", path.display())));
            (error.code, error.message)
        };
        assert_eq!(read(&dir.join("none.pb")).unwrap_err().code, Code::NotFound);
        assert_eq!(read(&dir).unwrap_err().message, "Is a directory");
        assert_eq!(error(b""), (Code::DataLoss, "Not a graph: the file is empty".into()));
        assert!(error(b"hello world").1.contains("1:1: Message type \"GraphDef\" has no field named \"hello\""));
        assert!(error(b"node { name: \"a\"").1.contains("1:17"));
        assert!(error(&[0x89, b'P', b'N', b'G', 13, 10, 26, 10]).1.starts_with("Not a graph"));
        assert!(write(&dir.join("no/such/folder.pb"), &GraphDef::default(), Format::Binary).is_err());
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn every_truncation_is_an_error_or_a_shorter_graph() {
        let whole = GraphDef::decode(ZOO).unwrap().node.len();
        for end in 1..ZOO.len() {
            if let Ok((graph, _)) = parse(ZOO[..end].to_vec()) {
                assert!(graph.node.len() <= whole);
            }
        }
    }

    #[test]
    fn messages_nested_without_end_are_refused() {
        // A function attr in a function attr …: each level is func in AttrValue in a map entry in NameAttrList.
        let mut bytes = Vec::new();
        let levels = std::iter::repeat_n([0x52u8, 0x12, 0x12], 1000).flatten();
        for tag in levels.chain([0x52, 0x12, 0x2a, 0x0a]) {
            let mut outer = vec![tag];
            prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
            outer.append(&mut bytes);
            bytes = outer;
        }
        assert!(parse(bytes).unwrap_err().contains("recursion limit"));
    }
}
