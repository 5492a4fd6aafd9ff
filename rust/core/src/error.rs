//! The error value of the whole crate: class, status code, message, the node it concerns and where the user built it.

use std::fmt;

pub use graphpb_kernels::error::{Code, KernelError};

/// Which exception a Python caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `tf.errors.<code>`: something failed while a graph ran, or in a file.
    Status,
    /// `ValueError`: a wrong value or shape while a graph is built.
    Value,
    /// `TypeError`: a wrong type while a graph is built.
    Type,
    /// `LookupError`: no gradient is registered.
    Lookup,
    /// `KeyError`: a name that is not in the graph.
    Key,
    /// `RuntimeError`: the object is in the wrong state (finalized graph, closed session).
    Runtime,
}

#[derive(Clone, Debug)]
struct Inner {
    class: Class,
    code: Code,
    message: String,
    node: Option<(String, String)>,
    site: Option<String>,
    hint: Option<String>,
}

/// An error; one pointer wide.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn with(class: Class, code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Inner { class, code, message: message.into(), node: None, site: None, hint: None }))
    }
    /// A status error of any code.
    pub fn status(code: Code, message: impl Into<String>) -> Error {
        Self::with(Class::Status, code, message)
    }
    /// INVALID_ARGUMENT at run time or in a file.
    pub fn invalid(message: impl Into<String>) -> Error {
        Self::status(Code::InvalidArgument, message)
    }
    pub fn unimplemented(message: impl Into<String>) -> Error {
        Self::status(Code::Unimplemented, message)
    }
    pub fn internal(message: impl Into<String>) -> Error {
        Self::status(Code::Internal, message)
    }
    pub fn not_found(message: impl Into<String>) -> Error {
        Self::status(Code::NotFound, message)
    }
    /// `ValueError` while building.
    pub fn value(message: impl Into<String>) -> Error {
        Self::with(Class::Value, Code::InvalidArgument, message)
    }
    /// `TypeError` while building.
    pub fn type_error(message: impl Into<String>) -> Error {
        Self::with(Class::Type, Code::InvalidArgument, message)
    }
    /// `LookupError`.
    pub fn lookup(message: impl Into<String>) -> Error {
        Self::with(Class::Lookup, Code::NotFound, message)
    }
    /// `KeyError`.
    pub fn key(message: impl Into<String>) -> Error {
        Self::with(Class::Key, Code::NotFound, message)
    }
    /// `RuntimeError`.
    pub fn runtime(message: impl Into<String>) -> Error {
        Self::with(Class::Runtime, Code::FailedPrecondition, message)
    }

    /// Name the node (kept when one is named already).
    pub fn at_node(mut self, name: &str, op: &str) -> Error {
        self.0.node.get_or_insert_with(|| (name.to_owned(), op.to_owned()));
        self
    }
    /// Say where the user built it, as `file:line` (kept when known already).
    pub fn at_site(mut self, site: Option<String>) -> Error {
        if self.0.site.is_none() {
            self.0.site = site;
        }
        self
    }
    /// Add what the user can do.
    pub fn hint(mut self, hint: impl Into<String>) -> Error {
        self.0.hint = Some(hint.into());
        self
    }
    /// The same error as a build-time `ValueError`.
    pub fn into_value(mut self) -> Error {
        self.0.class = Class::Value;
        self
    }

    pub fn class(&self) -> Class {
        self.0.class
    }
    pub fn code(&self) -> Code {
        self.0.code
    }
    /// The core message, without node, site and hint.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// Name and op type of the node.
    pub fn node(&self) -> Option<(&str, &str)> {
        self.0.node.as_ref().map(|(n, o)| (n.as_str(), o.as_str()))
    }
    pub fn site(&self) -> Option<&str> {
        self.0.site.as_deref()
    }
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some((name, op)) = &self.0.node {
            write!(f, "\n\t [[node {name} ({op})")?;
            if let Some(site) = &self.0.site {
                write!(f, " built at {site}")?;
            }
            f.write_str("]]")?;
        } else if let Some(site) = &self.0.site {
            write!(f, "\n\t built at {site}")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "\n\nHint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

impl From<KernelError> for Error {
    fn from(e: KernelError) -> Error {
        Error::status(e.code, e.message)
    }
}
