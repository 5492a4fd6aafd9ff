//! Status codes and the error value of numeric kernels; it names no graph node.

use std::fmt;

/// Canonical status codes; the numbers are TensorFlow's (`tf.errors`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Code {
    Cancelled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

/// What a kernel says when its inputs are wrong.
#[derive(Clone, Debug)]
pub struct KernelError {
    pub code: Code,
    pub message: String,
}

impl KernelError {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        KernelError { code, message: message.into() }
    }
    /// An `INVALID_ARGUMENT` error, the usual one.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }
    /// A `RESOURCE_EXHAUSTED` error. Memory for intermediate values is asked for where no error can be returned: the error
    /// is then what a panic carries to the edge of the run.
    pub fn out_of_memory(bytes: usize) -> Self {
        Self::new(Code::ResourceExhausted, format!("OOM when allocating {bytes} bytes"))
    }
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(Code::Unimplemented, message)
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for KernelError {}

pub type Result<T, E = KernelError> = std::result::Result<T, E>;
