//! A `GraphDef` message into a graph: any node order, unknown ops and attributes kept, everything checked.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::graph::attr::{Attr, AttrList};
use crate::graph::builder::{arg_types, check_attr, check_inputs, default_value, infer_shapes, output_facts};
use crate::graph::constant::GraphValues;
use crate::graph::fact::{Fact, Shape};
use crate::graph::library::Library;
use crate::graph::node::{Node, NodeExtra, NodeId, OpRef, Out, Site};
use crate::proto;
use crate::proto::convert::attrs_from_proto;
use crate::registry::lookup;
use graphpb_kernels::DType;

/// The largest GraphDef, in nodes, that is accepted.
pub const MAX_NODES: usize = 1 << 24;

/// What importing changes on the way.
#[derive(Default)]
pub struct ImportOptions {
    /// Put before every name, with its trailing slash; empty for none.
    pub prefix: String,
    /// Inputs of the file (`name`, `name:1`, `^name`) that are replaced by tensors of this graph.
    pub input_map: HashMap<String, Out>,
    /// Control inputs of every imported node without inputs from the file.
    pub controls: Vec<NodeId>,
    pub device: String,
    pub site: Option<Site>,
    /// Keep `versions` and the library as the file has them (a new graph); otherwise they are merged.
    pub replace_versions: bool,
}

enum Input<'a> {
    Data(&'a str, u32),
    Control(&'a str),
}

fn parse_input(text: &str) -> Result<Input<'_>> {
    if let Some(n) = text.strip_prefix('^') {
        if n.is_empty() || n.contains(':') {
            return Err(Error::invalid(format!("bad control input '{text}'")));
        }
        return Ok(Input::Control(n));
    }
    match text.rsplit_once(':') {
        None if text.is_empty() => Err(Error::invalid("empty input name")),
        None => Ok(Input::Data(text, 0)),
        Some((n, i)) => match i.parse::<u32>() {
            Ok(i) if !n.is_empty() => Ok(Input::Data(n, i)),
            _ => Err(Error::invalid(format!("bad input '{text}'"))),
        },
    }
}

/// Names that C++ TensorFlow accepts (and the backslash of Python's).
fn check_name(name: &str) -> Result<()> {
    if crate::graph::name::is_valid_op_name(name) {
        Ok(())
    } else {
        let shown: String = name.chars().take(80).collect();
        Err(Error::invalid(format!("Node name '{}' contains invalid characters", shown.escape_debug())))
    }
}

impl Graph {
    /// A new graph from a message.
    pub fn from_graph_def(def: proto::GraphDef) -> Result<Graph> {
        let mut g = Graph::new();
        g.import(def, ImportOptions { replace_versions: true, ..Default::default() })?;
        Ok(g)
    }

    /// Add the nodes of a message; the graph is unchanged when this fails. Returns the ids of the new nodes in file order.
    pub fn import(&mut self, def: proto::GraphDef, options: ImportOptions) -> Result<Vec<NodeId>> {
        if self.is_finalized() {
            return Err(Error::runtime("Graph is finalized and cannot be modified."));
        }
        if def.node.len() > MAX_NODES {
            return Err(Error::invalid(format!("GraphDef has {} nodes, more than the limit of {MAX_NODES}", def.node.len())));
        }
        check_versions(def.versions.as_ref())?;
        let first = self.len();
        let library = Library::from_proto(def.library);
        let result = self.import_nodes(&def.node, &options, &library, def.versions.as_ref().map_or(0, |v| v.producer));
        if let Err(e) = result {
            self.truncate(first);
            return Err(e);
        }
        if options.replace_versions {
            self.versions = def.versions;
            self.library = library;
            self.debug_info = def.debug_info;
        } else {
            self.library.merge(&library)?;
            self.merge_versions(def.versions);
        }
        Ok((first..self.len()).map(|i| NodeId(i as u32)).collect())
    }

    fn truncate(&mut self, len: usize) {
        for n in self.nodes.drain(len..) {
            self.by_name.remove(&n.name);
        }
        self.changed();
    }

    fn import_nodes(&mut self, defs: &[proto::NodeDef], options: &ImportOptions, library: &Library, producer: i32) -> Result<()> {
        let first = self.len();
        for d in defs {
            check_name(&d.name)?;
            let name: String = if options.prefix.is_empty() { d.name.clone() } else { format!("{}{}", options.prefix, d.name) };
            if self.find(&name).is_some() {
                return Err(Error::invalid(format!("Node name '{}' already exists in the Graph", name)).at_node(&name, &d.op));
            }
            if d.op.is_empty() {
                return Err(Error::invalid("node has no op type").at_node(&name, ""));
            }
            let op = lookup(&d.op).map_or_else(|| OpRef::Other(d.op.as_str().into()), OpRef::Known);
            let mut attrs = attrs_from_proto(d.attr.clone(), op.def());
            if !options.prefix.is_empty() {
                prefix_colocation(&mut attrs, &options.prefix);
            }
            if let Some(def) = op.def() {
                for spec in def.attrs {
                    match attrs.get(spec.name) {
                        Some(v) => check_attr(spec, v).map_err(|e| e.at_node(&name, &d.op))?,
                        None => {
                            if let Some(v) = default_value(spec) {
                                attrs.set(spec.name, v);
                            }
                        }
                    }
                }
            }
            if producer < 22 && d.op == "Placeholder" && matches!(attrs.get("shape"), Some(Attr::Shape(s)) if s.rank() == Some(0)) {
                // Old files write a shape without dims for "unknown".
                attrs.set("_graphpb_old_placeholder", true);
            }
            let device = self.intern_device(if d.device.is_empty() { &options.device } else { &d.device });
            let extra = (d.experimental_debug_info.is_some() || d.experimental_type.is_some())
                .then(|| Box::new(NodeExtra { debug_info: d.experimental_debug_info.clone(), full_type: d.experimental_type.clone() }));
            self.names.mark(&name);
            self.push(Node {
                name: name.into(),
                op,
                inputs: SmallVec::new(),
                controls: SmallVec::new(),
                attrs,
                device,
                outputs: SmallVec::new(),
                site: options.site,
                extra,
            });
        }
        for (i, d) in defs.iter().enumerate() {
            let id = NodeId((first + i) as u32);
            self.connect(id, d, options).map_err(|e| e.at_node(&d.name, &d.op))?;
        }
        let others = Others::of(self, first, library);
        for id in self.topological_order()? {
            if id.index() >= first {
                self.infer_imported(id, &others)?;
            }
        }
        Ok(())
    }

    fn connect(&mut self, id: NodeId, d: &proto::NodeDef, options: &ImportOptions) -> Result<()> {
        let mut inputs = SmallVec::new();
        let mut controls = SmallVec::new();
        let find = |g: &Graph, n: &str| if options.prefix.is_empty() { g.find(n) } else { g.find(&format!("{}{n}", options.prefix)) };
        for text in &d.input {
            match parse_input(text)? {
                Input::Data(n, k) => {
                    if !controls.is_empty() {
                        return Err(Error::invalid("Control dependencies must come after regular dependencies"));
                    }
                    let mapped = options.input_map.get(text).or_else(|| {
                        let key = if k == 0 { if text.contains(':') { n.to_owned() } else { format!("{n}:0") } } else { return None };
                        options.input_map.get(&key)
                    });
                    let out = match mapped {
                        Some(o) => *o,
                        None => Out { node: find(self, n).ok_or_else(|| Error::invalid(format!("input '{text}' is not in the graph")))?, index: k },
                    };
                    inputs.push(out);
                }
                Input::Control(n) => {
                    let node = match options.input_map.get(text) {
                        Some(o) => o.node,
                        None => find(self, n).ok_or_else(|| Error::invalid(format!("control input '{text}' is not in the graph")))?,
                    };
                    if !controls.contains(&node) {
                        controls.push(node);
                    }
                }
            }
        }
        if inputs.is_empty() && controls.is_empty() {
            controls.extend(options.controls.iter().copied());
        }
        let node = self.node_mut(id);
        node.inputs = inputs;
        node.controls = controls;
        Ok(())
    }

    /// Check the inputs of an imported node and compute its facts. Its producers (but for back edges) are done.
    fn infer_imported(&mut self, id: NodeId, others: &Others) -> Result<()> {
        let facts = self.imported_facts(id, others).map_err(|e| {
            let n = self.node(id);
            e.at_node(&n.name, n.op_name())
        })?;
        self.set_facts(id, facts);
        Ok(())
    }

    fn imported_facts(&self, id: NodeId, others: &Others) -> Result<SmallVec<[Fact; 1]>> {
        let node = self.node(id);
        let Some(def) = node.op.def() else { return others.facts(self, id) };
        let mut outputs = output_facts(def, &node.attrs)?;
        let mut inputs: SmallVec<[Fact; 4]> = SmallVec::new();
        let mut back_edge = false;
        for (i, &o) in node.inputs.iter().enumerate() {
            let producer = self.node(o.node);
            if producer.outputs.is_empty() && o.node != id && matches!(producer.op_name(), "NextIteration" | "RefNextIteration") {
                // A loop's back edge: its type is that of the node itself.
                back_edge = true;
                let dtype = flat_input_type(def, node, i)?;
                inputs.push(Fact { dtype, is_ref: producer.op_name().starts_with("Ref"), shape: Shape::UNKNOWN });
                continue;
            }
            let Some(f) = producer.outputs.get(o.index as usize) else {
                return Err(Error::invalid(format!(
                    "input {i} is '{}:{}', but '{}' has {} outputs",
                    producer.name,
                    o.index,
                    producer.name,
                    producer.outputs.len()
                )));
            };
            inputs.push(f.clone());
        }
        check_inputs(def, &inputs, &node.attrs).map_err(|e| Error::invalid(e.message().to_owned()))?;
        let values = GraphValues { graph: self, inputs: &node.inputs };
        let inferred = if back_edge { Ok(()) } else { infer_shapes(def, &node.attrs, &inputs, &mut outputs, &values) };
        inferred.map_err(|e| Error::invalid(e.message().to_owned()))?;
        if let Some(Attr::List(AttrList::Shape(stated))) = node.attrs.get("_output_shapes") {
            if stated.len() == outputs.len() {
                for (f, s) in outputs.iter_mut().zip(stated) {
                    f.shape = f.shape.merge(s).map_err(|e| Error::invalid(format!("_output_shapes: {}", e.message())))?;
                }
            }
        }
        Ok(outputs)
    }

    fn merge_versions(&mut self, versions: Option<proto::VersionDef>) {
        let (Some(mine), Some(v)) = (self.versions.as_mut(), versions) else { return };
        mine.producer = mine.producer.min(v.producer);
        mine.min_consumer = mine.min_consumer.max(v.min_consumer);
        for b in v.bad_consumers {
            if !mine.bad_consumers.contains(&b) {
                mine.bad_consumers.push(b);
            }
        }
    }
}

/// What is known of nodes whose op is not in the registry: results of library functions, and the outputs in use.
struct Others {
    library: Library,
    /// One more than the highest output index used, by node.
    used: Vec<u32>,
    /// The type that an op of the registry wants of an output of a node outside it; the first one counts.
    wanted: HashMap<Out, DType>,
}

impl Others {
    fn of(graph: &Graph, first: usize, library: &Library) -> Others {
        let mut used = vec![0u32; graph.len()];
        let mut wanted = HashMap::new();
        for n in graph.nodes().iter().skip(first) {
            for (i, &o) in n.inputs.iter().enumerate() {
                let Some(u) = used.get_mut(o.node.index()) else { continue };
                *u = (*u).max(o.index.saturating_add(1));
                let outside = graph.node(o.node).op.def().is_none();
                if let Some(dtype) = n.op.def().filter(|_| outside).and_then(|def| flat_input_type(def, n, i).ok()) {
                    wanted.entry(o).or_insert(dtype);
                }
            }
        }
        Others { library: library.clone(), used, wanted }
    }

    /// Types from the library, otherwise as many outputs as are stated or used, of the types that their consumers want.
    fn facts(&self, graph: &Graph, id: NodeId) -> Result<SmallVec<[Fact; 1]>> {
        let node = graph.node(id);
        let unknown = |dtype| Fact { dtype, is_ref: false, shape: Shape::UNKNOWN };
        if let Some(s) = graph.library.signature(node.op_name()).or_else(|| self.library.signature(node.op_name())) {
            return Ok(s.output_arg.iter().map(|a| unknown(DType::from_number(a.r#type).unwrap_or(DType::F32))).collect());
        }
        let stated: &[Shape] = match node.attrs.get("_output_shapes") {
            Some(Attr::List(AttrList::Shape(s))) => s,
            _ => &[],
        };
        let n = self.used.get(id.index()).map_or(0, |&u| u as usize).max(stated.len());
        if n > 1 << 16 {
            return Err(Error::invalid(format!("op '{}' is unknown and output {} of it is used", node.op_name(), n - 1)));
        }
        let dtype = ["T", "dtype", "DstT", "out_type"].iter().find_map(|a| node.attrs.dtype(a).ok()).unwrap_or(DType::F32);
        let fact = |i: usize| {
            let dtype = self.wanted.get(&id.out(i)).copied().unwrap_or(dtype);
            Fact { shape: stated.get(i).cloned().unwrap_or_default(), ..unknown(dtype) }
        };
        Ok((0..n).map(fact).collect())
    }
}

/// The version of the newest TensorFlow whose files we read.
const CONSUMER: i32 = 2474;

fn check_versions(v: Option<&proto::VersionDef>) -> Result<()> {
    let Some(v) = v else { return Ok(()) };
    if v.producer < 0 {
        return Err(Error::invalid(format!("GraphDef producer version {} below min producer 0", v.producer)));
    }
    if v.min_consumer > CONSUMER {
        return Err(Error::invalid(format!("GraphDef min consumer version {} above current version {CONSUMER}", v.min_consumer)));
    }
    if v.bad_consumers.contains(&CONSUMER) {
        return Err(Error::invalid(format!("GraphDef disallows consumer version {CONSUMER}")));
    }
    Ok(())
}

fn prefix_colocation(attrs: &mut crate::graph::attr::Attrs, prefix: &str) {
    if let Some(Attr::List(AttrList::Str(groups))) = attrs.get("_class") {
        let renamed = groups.iter().map(|g| match g.strip_prefix(b"loc:@") {
            Some(n) => [b"loc:@", prefix.as_bytes(), n].concat().into(),
            None => g.clone(),
        });
        let renamed = Attr::List(AttrList::Str(renamed.collect()));
        attrs.set("_class", renamed);
    }
}

/// The declared type of flat input `i`.
fn flat_input_type(def: &'static crate::registry::OpDef, node: &Node, i: usize) -> Result<DType> {
    let mut at = 0;
    for a in def.inputs {
        for t in arg_types(a, &node.attrs)? {
            if at == i {
                return Ok(t);
            }
            at += 1;
        }
    }
    Err(Error::invalid(format!("too many inputs: {}", node.inputs.len())))
}
