//! The functions of a graph by name, shared between a graph and the bodies that are made of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::graph::node::Site;
use crate::graph::{Code, Graph};
use crate::proto;

/// A function library; copies share the functions.
#[derive(Clone, Default)]
pub struct Library(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    /// Whether the file had a library, be it an empty one.
    present: bool,
    functions: Vec<Arc<proto::FunctionDef>>,
    by_name: HashMap<String, usize>,
    /// Where the user made the nodes of functions that were built in this process; files do not hold it.
    sites: HashMap<String, Sites>,
    gradient: Vec<proto::GradientDef>,
    registered_gradients: Vec<proto::RegisteredGradient>,
}

/// Node, place and line.
type Sites = Arc<Vec<(Arc<str>, Code, u32)>>;

fn name_of(f: &proto::FunctionDef) -> &str {
    f.signature.as_ref().map_or("", |s| s.name.as_str())
}

impl Inner {
    fn push(&mut self, f: Arc<proto::FunctionDef>) {
        self.by_name.entry(name_of(&f).to_owned()).or_insert(self.functions.len());
        self.functions.push(f);
        self.present = true;
    }
}

impl Library {
    pub fn from_proto(message: Option<proto::FunctionDefLibrary>) -> Library {
        let Some(message) = message else { return Library::default() };
        let mut inner = Inner { present: true, gradient: message.gradient, registered_gradients: message.registered_gradients, ..Default::default() };
        message.function.into_iter().for_each(|f| inner.push(Arc::new(f)));
        Library(Arc::new(inner))
    }
    /// The message it came from, with what was added since.
    pub fn to_proto(&self) -> Option<proto::FunctionDefLibrary> {
        self.0.present.then(|| proto::FunctionDefLibrary {
            function: self.iter().cloned().collect(),
            gradient: self.0.gradient.clone(),
            registered_gradients: self.0.registered_gradients.clone(),
        })
    }
    pub fn iter(&self) -> impl Iterator<Item = &proto::FunctionDef> {
        self.0.functions.iter().map(|f| &**f)
    }
    pub fn len(&self) -> usize {
        self.0.functions.len()
    }
    pub fn is_empty(&self) -> bool {
        self.0.functions.is_empty()
    }
    /// The function named `name`.
    pub fn find(&self, name: &str) -> Option<&proto::FunctionDef> {
        self.0.functions.get(*self.0.by_name.get(name)?).map(|f| &**f)
    }
    /// The signature of the function named `name`.
    pub fn signature(&self, name: &str) -> Option<&proto::OpDef> {
        self.find(name)?.signature.as_ref()
    }
    /// Add a function. INVALID_ARGUMENT when a different one has its name.
    pub fn add(&mut self, f: proto::FunctionDef) -> Result<()> {
        self.add_shared(&Arc::new(f))
    }
    fn add_shared(&mut self, f: &Arc<proto::FunctionDef>) -> Result<()> {
        let name = name_of(f);
        match self.0.by_name.get(name).and_then(|&i| self.0.functions.get(i)) {
            Some(mine) if Arc::ptr_eq(mine, f) || mine == f => {}
            Some(_) => {
                return Err(Error::invalid(format!("Cannot add function '{name}' because a different function with the same name already exists.")));
            }
            None => Arc::make_mut(&mut self.0).push(f.clone()),
        }
        Ok(())
    }
    /// Remember where the user made the nodes of `body`, which became a function.
    pub(crate) fn note_sites(&mut self, function: &str, body: &Graph) {
        let sites: Vec<_> = body.ids().filter_map(|id| body.site(id).map(|(c, line)| (body.node(id).name.clone(), c.clone(), line))).collect();
        if !sites.is_empty() {
            Arc::make_mut(&mut self.0).sites.insert(function.to_owned(), Arc::new(sites));
        }
    }
    /// Tell the nodes of a function's body where the user made them.
    pub(crate) fn place(&self, function: &str, body: &mut Graph) {
        let Some(sites) = self.0.sites.get(function) else { return };
        let mut last: Option<(&Code, u32)> = None;
        for (node, code, line) in sites.iter() {
            let Some(id) = body.find(node) else { continue };
            let number = match last {
                Some((c, n)) if Arc::ptr_eq(&c.file, &code.file) && c.function == code.function => n,
                _ => body.add_code(&code.file, &code.function),
            };
            last = Some((code, number));
            body.node_mut(id).site = Some(Site { code: number, line: *line });
        }
    }
    /// Add what `other` holds. INVALID_ARGUMENT when a name stands for different functions.
    pub fn merge(&mut self, other: &Library) -> Result<()> {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ok(());
        }
        if !self.0.present && self.is_empty() {
            self.0 = other.0.clone();
            return Ok(());
        }
        for f in &other.0.functions {
            self.add_shared(f)?;
        }
        let unplaced: Vec<_> = other.0.sites.iter().filter(|(name, _)| !self.0.sites.contains_key(*name)).collect();
        if !unplaced.is_empty() {
            Arc::make_mut(&mut self.0).sites.extend(unplaced.into_iter().map(|(name, s)| (name.clone(), s.clone())));
        }
        let more: Vec<_> = other.0.gradient.iter().filter(|g| !self.0.gradient.contains(g)).cloned().collect();
        if !more.is_empty() {
            Arc::make_mut(&mut self.0).gradient.extend(more);
        }
        Ok(())
    }
}
