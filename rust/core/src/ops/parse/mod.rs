//! Parsing: serialized examples, tensors and lines of text into tensors.

pub mod columns;
pub mod compressed;
pub mod csv;
pub mod example;
pub mod json;
pub mod sequence;
pub mod tensor;
