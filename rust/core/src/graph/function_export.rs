//! A graph as a function of another graph's library: the inverse of `function::instantiate`.

use std::collections::{BTreeMap, HashMap, HashSet};

use graphpb_kernels::DType;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList, Attrs};
use crate::graph::builder::arg_len;
use crate::graph::fact::Shape;
use crate::graph::node::{NodeId, Out};
use crate::proto::convert::{attr_to_proto, shape_to_proto};
use crate::proto::{self, function_def::ArgAttrs, op_def::ArgDef, resource_handle_proto::DtypeAndShape};

/// What of a graph becomes a function.
#[derive(Clone, Copy, Default)]
pub struct Export<'a> {
    /// Placeholders of the graph, captured inputs last.
    pub args: &'a [Out],
    pub results: &'a [Out],
    /// Nodes that every call runs, besides what the results need.
    pub effects: &'a [NodeId],
    /// Leave out nodes that neither results nor effects need.
    pub prune: bool,
}

/// Names of arguments and results, as TensorFlow makes them: lower case letters, digits and `_`, a letter first.
#[derive(Default)]
struct ArgNames(HashSet<String>);

impl ArgNames {
    fn unique(&mut self, name: &str) -> String {
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let base = plain.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        let base = if base.is_empty() { "unknown" } else { base };
        let mut candidate = base.to_owned();
        let mut n = 0;
        while !self.0.insert(candidate.clone()) {
            candidate = format!("{base}_{n}");
            n += 1;
        }
        candidate
    }
}

/// Where output `index` of a node stands in its signature: `arg:i`.
fn output_text(graph: &Graph, out: Out) -> Result<String> {
    let node = graph.node(out.node);
    let mut at = out.index as usize;
    let name = match node.op.def() {
        Some(def) => {
            let mut found = None;
            for a in def.outputs {
                let n = arg_len(a, &node.attrs)?;
                if at < n {
                    found = Some(a.name.to_owned());
                    break;
                }
                at -= n;
            }
            found
        }
        None => {
            let f = graph.library.signature(node.op_name());
            let name = f.and_then(|s| s.output_arg.get(at)).map(|a| a.name.clone());
            at = 0;
            name
        }
    };
    let name =
        name.ok_or_else(|| Error::invalid(format!("output {} of '{}' (op '{}') has no name in a signature", out.index, node.name, node.op_name())))?;
    Ok(format!("{}:{name}:{at}", node.name))
}

/// The nodes that results and effects need.
fn needed(graph: &Graph, export: &Export) -> HashSet<NodeId> {
    let mut found = HashSet::new();
    let mut stack: Vec<NodeId> = export.results.iter().map(|o| o.node).chain(export.effects.iter().copied()).collect();
    while let Some(id) = stack.pop() {
        if found.insert(id) {
            let n = graph.node(id);
            stack.extend(n.inputs.iter().map(|i| i.node).chain(n.controls.iter().copied()));
        }
    }
    found
}

/// Whether running the node has an effect, or depends on state.
fn is_stateful(graph: &Graph, id: NodeId) -> bool {
    let n = graph.node(id);
    match n.op.def() {
        Some(d) => d.is_stateful(),
        None => graph.library.signature(n.op_name()).is_some_and(|s| s.is_stateful),
    }
}

fn argument(graph: &Graph, out: Out, name: &str) -> Result<(ArgDef, ArgAttrs)> {
    let fact = graph.fact(out);
    let node = graph.node(out.node);
    let mut def = ArgDef { name: name.to_owned(), r#type: fact.dtype.number(), ..Default::default() };
    if let (DType::Resource, Some((dtype, shape))) = (fact.dtype, graph.handle(out)) {
        def.handle_data = vec![DtypeAndShape { dtype: dtype.number(), shape: Some(shape_to_proto(&shape)) }];
    }
    let shapes = Attr::List(AttrList::Shape(vec![if fact.dtype == DType::Resource { Shape::scalar() } else { fact.shape.clone() }]));
    let mut attr = BTreeMap::from([("_output_shapes".to_owned(), attr_to_proto(&shapes)?)]);
    if let Some(v) = node.attrs.get("_user_specified_name") {
        attr.insert("_user_specified_name".to_owned(), attr_to_proto(v)?);
    }
    Ok((def, ArgAttrs { attr }))
}

impl Graph {
    /// The graph, or what `export` names of it, as a function.
    ///
    /// Argument placeholders must have one output each. INVALID_ARGUMENT for an argument that is named twice and for an
    /// op without a signature.
    pub fn to_function(&self, name: &str, export: &Export) -> Result<proto::FunctionDef> {
        let keep = export.prune.then(|| needed(self, export));
        self.to_function_of(name, export, keep.as_ref())
    }

    /// The nodes `keep` (all: None) as a function; control inputs from other nodes are dropped.
    pub(crate) fn to_function_of(&self, name: &str, export: &Export, keep: Option<&HashSet<NodeId>>) -> Result<proto::FunctionDef> {
        let kept = |id: &NodeId| keep.is_none_or(|k| k.contains(id));
        let mut signature = proto::OpDef { name: name.to_owned(), ..Default::default() };
        // Arguments and nodes share one space of names.
        let is_arg: HashSet<NodeId> = export.args.iter().map(|o| o.node).collect();
        let mut names = ArgNames::default();
        names.0.extend(self.ids().filter(|id| !is_arg.contains(id)).map(|id| self.node(id).name.to_string()));
        let mut args: HashMap<Out, String> = HashMap::new();
        let mut arg_attr = BTreeMap::new();
        for (i, &a) in export.args.iter().enumerate() {
            let text = names.unique(&self.node(a.node).name);
            let (def, attrs) = argument(self, a, &text)?;
            signature.input_arg.push(def);
            arg_attr.insert(i as u32, attrs);
            if args.insert(a, text).is_some() {
                return Err(Error::invalid(format!("'{}' is an argument twice", self.node(a.node).name)));
            }
        }
        let text = |o: Out| -> Result<String> {
            match args.get(&o) {
                Some(a) => Ok(a.clone()),
                None => output_text(self, o),
            }
        };
        let mut node_def = Vec::new();
        for id in self.ids().filter(|id| !is_arg.contains(id) && kept(id)) {
            let n = self.node(id);
            signature.is_stateful |= is_stateful(self, id) && n.op_name() != "Placeholder";
            let mut def = self.node_def(id, false)?;
            def.input = n.inputs.iter().map(|&i| text(i)).collect::<Result<_>>()?;
            let controls = n.controls.iter().filter(|c| !is_arg.contains(c) && kept(c));
            let mut controls: Vec<String> = controls.map(|&c| format!("^{}", self.node(c).name)).collect();
            controls.sort_unstable();
            def.input.extend(controls);
            node_def.push(def);
        }
        let mut result_names = ArgNames::default();
        let mut ret = BTreeMap::new();
        for &r in export.results {
            let name = result_names.unique(&self.node(r.node).name);
            signature.output_arg.push(ArgDef { name: name.clone(), r#type: self.fact(r).dtype.number(), ..Default::default() });
            ret.insert(name, text(r)?);
        }
        let mut control_ret = BTreeMap::new();
        for &e in export.effects.iter().filter(|e| !is_arg.contains(e)) {
            let name = self.node(e).name.to_string();
            if control_ret.insert(name.clone(), name.clone()).is_none() {
                signature.control_output.push(name);
            }
        }
        Ok(proto::FunctionDef { signature: Some(signature), node_def, ret, control_ret, arg_attr, ..Default::default() })
    }

    /// A name that no function of the library has: `base`, `base_1`, …
    pub fn unique_function_name(&self, base: &str) -> String {
        let taken = |name: &str| self.library.find(name).is_some() || crate::registry::lookup(name).is_some();
        let mut name = base.to_owned();
        let mut n = 0;
        while taken(&name) {
            n += 1;
            name = format!("{base}_{n}");
        }
        name
    }

    /// Add a function, with those of `body`'s library that this graph lacks. Returns its name.
    ///
    /// INVALID_ARGUMENT when the library holds a different function of one of the names.
    pub fn add_function(&mut self, base: &str, body: &Graph, export: &Export) -> Result<String> {
        self.library.merge(&body.library)?;
        let name = self.unique_function_name(base);
        let def = body.to_function(&name, export)?;
        self.library.add(def)?;
        self.library.note_sites(&name, body);
        Ok(name)
    }

    /// Add what `results` need of this graph itself as a function without arguments. Returns its name.
    pub fn add_part(&mut self, base: &str, results: &[Out]) -> Result<String> {
        let name = self.unique_function_name(base);
        let def = self.to_function(&name, &Export { results, prune: true, ..Export::default() })?;
        self.library.add(def)?;
        Ok(name)
    }

    /// Give a node other inputs and attributes, as differentiation does to a loop or branch that must hand out more values.
    /// Facts of the outputs are computed again; those that existed keep their types, shapes only become more certain.
    ///
    /// INVALID_ARGUMENT when fewer outputs, or outputs of other types, would remain.
    pub fn rewrite(&mut self, id: NodeId, inputs: &[Out], attrs: Attrs) -> Result<()> {
        let old = self.node(id).outputs.clone();
        let new = self.facts_of(id, inputs, &attrs).map_err(|e| self.locate(e, id))?;
        if new.len() < old.len() || old.iter().zip(&new).any(|(a, b)| a.dtype != b.dtype) {
            return Err(self.locate(Error::invalid("outputs of a node cannot be taken away or change their types"), id));
        }
        let mut facts = new;
        for (f, o) in facts.iter_mut().zip(&old) {
            f.shape = f.shape.merge(&o.shape).unwrap_or_else(|_| f.shape.clone());
        }
        let node = self.node_mut(id);
        node.inputs = inputs.into();
        node.attrs = attrs;
        node.outputs = facts;
        self.mark_changed();
        Ok(())
    }
}

#[cfg(test)]
#[path = "function_export_tests.rs"]
mod tests;
