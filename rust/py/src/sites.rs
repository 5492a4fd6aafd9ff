//! Where the user created a node: the innermost Python frame outside the package.

use std::collections::HashMap;
use std::sync::Mutex;

use graphpb::graph::Graph;
use graphpb::graph::node::Site;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::hooks::hooks;

struct CodeFacts {
    /// Keeps the code object alive, so that its address stays its name.
    _code: Py<PyAny>,
    internal: bool,
    file: String,
    function: String,
}

static CODES: PyOnceLock<Mutex<HashMap<usize, CodeFacts>>> = PyOnceLock::new();

const MAX_FRAMES: usize = 64;

/// Code object and line of the caller; None when there is no frame of a user.
pub fn caller(py: Python<'_>) -> Option<(usize, u32)> {
    let h = hooks(py).ok()?;
    let codes = CODES.get_or_init(py, || Mutex::new(HashMap::new()));
    let mut frame = h.getframe.bind(py).call0().ok()?;
    for _ in 0..MAX_FRAMES {
        let code = frame.getattr(intern!(py, "f_code")).ok()?;
        let key = code.as_ptr() as usize;
        let known = codes.lock().ok()?.get(&key).map(|c| c.internal);
        let internal = match known {
            Some(i) => i,
            None => {
                let file: String = code.getattr("co_filename").ok()?.extract().ok()?;
                let function: String = code.getattr("co_name").ok()?.extract().ok()?;
                let internal = file.starts_with(&h.folder) || file.starts_with("<frozen") || file.ends_with("/contextlib.py");
                codes.lock().ok()?.insert(key, CodeFacts { _code: code.unbind(), internal, file, function });
                internal
            }
        };
        if !internal {
            let line: u32 = frame.getattr(intern!(py, "f_lineno")).ok()?.extract().ok()?;
            return Some((key, line));
        }
        frame = frame.getattr(intern!(py, "f_back")).ok()?;
        if frame.is_none() {
            return None;
        }
    }
    None
}

/// Numbers of code objects in one graph.
#[derive(Default)]
pub struct GraphCodes(HashMap<usize, u32>);

impl GraphCodes {
    /// The site for `graph`, which learns of the code object when it is new to it.
    pub fn site(&mut self, py: Python<'_>, graph: &mut Graph, caller: Option<(usize, u32)>) -> Option<Site> {
        let (key, line) = caller?;
        let code = match self.0.get(&key) {
            Some(&n) => n,
            None => {
                let codes = CODES.get(py)?.lock().ok()?;
                let facts = codes.get(&key)?;
                let n = graph.add_code(&facts.file, &facts.function);
                self.0.insert(key, n);
                n
            }
        };
        Some(Site { code, line })
    }
}
