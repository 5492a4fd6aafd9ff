//! The description of an op: arguments, attributes, traits, and the functions that give it meaning.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use graphpb_kernels::DType;

use crate::error::Result;
use crate::grad::GradCtx;
use crate::graph::infer::ShapeCtx;
use crate::plan::calling::Function;
use crate::plan::kernel::{KernelCtx, Prepare, Prepared};
use crate::testing::cases::{Case, Draw};

/// Where the element type of an argument comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ArgType {
    Is(DType),
    /// A `type` attribute.
    Attr(&'static str),
    /// A `list(type)` attribute: as many tensors as it has entries.
    ListAttr(&'static str),
}

/// An input or output argument. A list argument is flattened into several tensors.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    pub name: &'static str,
    pub ty: ArgType,
    /// The `int` attribute that counts the tensors of a homogeneous list.
    pub number: Option<&'static str>,
    /// Whether it is a reference to a variable's buffer.
    pub is_ref: bool,
}

impl Arg {
    pub const fn by_ref(mut self) -> Arg {
        self.is_ref = true;
        self
    }
}

/// One tensor whose type is the attribute `ty`.
pub const fn arg(name: &'static str, ty: &'static str) -> Arg {
    Arg { name, ty: ArgType::Attr(ty), number: None, is_ref: false }
}
/// One tensor of a fixed type.
pub const fn arg_of(name: &'static str, ty: DType) -> Arg {
    Arg { name, ty: ArgType::Is(ty), number: None, is_ref: false }
}
/// `number` tensors of one type.
pub const fn args(name: &'static str, number: &'static str, ty: &'static str) -> Arg {
    Arg { name, ty: ArgType::Attr(ty), number: Some(number), is_ref: false }
}
/// `number` tensors of a fixed type.
pub const fn args_of(name: &'static str, number: &'static str, ty: DType) -> Arg {
    Arg { name, ty: ArgType::Is(ty), number: Some(number), is_ref: false }
}
/// One tensor for each entry of the `list(type)` attribute `types`.
pub const fn args_by_types(name: &'static str, types: &'static str) -> Arg {
    Arg { name, ty: ArgType::ListAttr(types), number: None, is_ref: false }
}

/// The kind of an attribute, as `OpDef.AttrDef.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttrKind {
    Int,
    Float,
    Bool,
    Str,
    Type,
    Shape,
    Tensor,
    Func,
    ListInt,
    ListFloat,
    ListBool,
    ListStr,
    ListType,
    ListShape,
    ListTensor,
    ListFunc,
}

impl AttrKind {
    /// The text that `OpDef` uses: `int`, `list(type)`, …
    pub fn text(self) -> &'static str {
        use AttrKind::*;
        match self {
            Int => "int",
            Float => "float",
            Bool => "bool",
            Str => "string",
            Type => "type",
            Shape => "shape",
            Tensor => "tensor",
            Func => "func",
            ListInt => "list(int)",
            ListFloat => "list(float)",
            ListBool => "list(bool)",
            ListStr => "list(string)",
            ListType => "list(type)",
            ListShape => "list(shape)",
            ListTensor => "list(tensor)",
            ListFunc => "list(func)",
        }
    }
}

/// The default value of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    Required,
    Int(i64),
    Float(f32),
    Bool(bool),
    Str(&'static str),
    Type(DType),
    /// A shape of unknown rank.
    UnknownShape,
    Shape(&'static [i64]),
    EmptyList,
    Ints(&'static [i64]),
    Floats(&'static [f32]),
    Strs(&'static [&'static str]),
    Types(&'static [DType]),
    /// A uint8 vector, of a `tensor` attribute.
    Bytes(&'static [u8]),
}

#[derive(Clone, Copy, Debug)]
pub struct AttrSpec {
    pub name: &'static str,
    pub kind: AttrKind,
    pub default: Default,
    /// The types that a `type` or `list(type)` attribute may have; empty: any.
    pub types: &'static [DType],
    /// The values that a `string` attribute may have; empty: any.
    pub strings: &'static [&'static str],
    /// The least value of an `int`, or the least length of a list.
    pub minimum: Option<i64>,
}

impl AttrSpec {
    pub const fn default_int(mut self, v: i64) -> AttrSpec {
        self.default = Default::Int(v);
        self
    }
    pub const fn default_float(mut self, v: f32) -> AttrSpec {
        self.default = Default::Float(v);
        self
    }
    pub const fn default_str(mut self, v: &'static str) -> AttrSpec {
        self.default = Default::Str(v);
        self
    }
    pub const fn default_type(mut self, v: DType) -> AttrSpec {
        self.default = Default::Type(v);
        self
    }
    pub const fn default_shape_unknown(mut self) -> AttrSpec {
        self.default = Default::UnknownShape;
        self
    }
    pub const fn default_ints(mut self, v: &'static [i64]) -> AttrSpec {
        self.default = Default::Ints(v);
        self
    }
    pub const fn default_empty(mut self) -> AttrSpec {
        self.default = Default::EmptyList;
        self
    }
    pub const fn default_of(mut self, v: Default) -> AttrSpec {
        self.default = v;
        self
    }
    pub const fn at_least(mut self, v: i64) -> AttrSpec {
        self.minimum = Some(v);
        self
    }
    pub const fn one_of(mut self, v: &'static [&'static str]) -> AttrSpec {
        self.strings = v;
        self
    }
    pub const fn within(mut self, v: &'static [DType]) -> AttrSpec {
        self.types = v;
        self
    }
}

/// An attribute of any kind, without a default.
pub const fn attr(name: &'static str, kind: AttrKind) -> AttrSpec {
    AttrSpec { name, kind, default: Default::Required, types: &[], strings: &[], minimum: None }
}
/// A `type` attribute of any type.
pub const fn type_any(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::Type)
}
/// A `type` attribute with a list of allowed types.
pub const fn type_in(name: &'static str, types: &'static [DType]) -> AttrSpec {
    attr(name, AttrKind::Type).within(types)
}
/// An index type: int32 or int64, int32 by default.
pub const fn type_index(name: &'static str) -> AttrSpec {
    type_in(name, INDEX).default_type(DType::I32)
}
/// A `bool` attribute with its default.
pub const fn flag(name: &'static str, default: bool) -> AttrSpec {
    attr(name, AttrKind::Bool).default_of(Default::Bool(default))
}
/// An `int` attribute.
pub const fn int(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::Int)
}
/// A `float` attribute.
pub const fn float(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::Float)
}
/// A `string` attribute.
pub const fn string(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::Str)
}
/// The length of a homogeneous list argument, at least one.
pub const fn count(name: &'static str) -> AttrSpec {
    attr(name, AttrKind::Int).at_least(1)
}

pub const INDEX: &[DType] = &[DType::I32, DType::I64];
pub const FLOATS: &[DType] = &[DType::BF16, DType::F16, DType::F32, DType::F64];
pub const FLOATS_COMPLEX: &[DType] = &[DType::BF16, DType::F16, DType::F32, DType::F64, DType::C64, DType::C128];
/// Real numbers.
pub const REALS: &[DType] =
    &[DType::F32, DType::F64, DType::I32, DType::U8, DType::I16, DType::I8, DType::I64, DType::BF16, DType::U16, DType::F16, DType::U32, DType::U64];
/// Real and complex numbers.
pub const NUMBERS: &[DType] = &[
    DType::F32,
    DType::F64,
    DType::I32,
    DType::U8,
    DType::I16,
    DType::I8,
    DType::C64,
    DType::I64,
    DType::BF16,
    DType::U16,
    DType::C128,
    DType::F16,
    DType::U32,
    DType::U64,
];

/// Properties that passes and checks rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits(u32);

impl Traits {
    pub const NONE: Traits = Traits(0);
    /// The outputs depend on inputs and attributes alone: may be folded, shared, dropped, repeated.
    pub const PURE: Traits = Traits(1);
    /// Keeps state or has an effect (`OpDef.is_stateful`).
    pub const STATEFUL: Traits = Traits(2);
    pub const COMMUTATIVE: Traits = Traits(4);
    /// A ref input may be uninitialised (`Assign`).
    pub const ALLOWS_UNINITIALIZED: Traits = Traits(8);
    /// `OpDef.is_aggregate` (`AddN`).
    pub const AGGREGATE: Traits = Traits(16);
    /// Calls code outside the runtime, or waits for another run: for anything that the caller of the run may hold locked.
    pub const CALLS_OUT: Traits = Traits(32);
    /// Waits for what another op may put in: planned as late as its users allow, since one run may do both.
    pub const TAKES: Traits = Traits(64);

    pub const fn and(self, o: Traits) -> Traits {
        Traits(self.0 | o.0)
    }
    pub const fn has(self, o: Traits) -> bool {
        self.0 & o.0 == o.0
    }
}

/// How an op runs.
#[derive(Clone, Copy)]
pub enum Kernel {
    Plain(fn(&mut KernelCtx) -> Result<()>),
    /// Attributes are read and constants packed once, when the plan is made.
    Prepared(fn(&Prepare) -> Result<Prepared>),
    /// Output 0 is input 0.
    Alias,
    /// Calls the functions that its `func` attributes name, in the order of the attributes.
    Calling(fn(&mut KernelCtx, &[Arc<Function>]) -> Result<()>),
    /// Run by the plan itself (`Placeholder`, `NoOp`, calls, `If`, `While`).
    Control,
    /// Known to TensorFlow: loads, saves, diffs, and cannot run here.
    Unsupported,
}

/// The gradient of an op. There is no silent default: `Undecided` fails a test.
#[derive(Clone, Copy)]
pub enum Grad {
    Rule(fn(&mut GradCtx) -> Result<()>),
    /// No gradient flows, silently: the inputs get None.
    NotDifferentiable(&'static str),
    /// TensorFlow registers none: crossing it is a LookupError.
    Missing(&'static str),
    Undecided,
}

pub struct OpDef {
    /// The name, arguments, attributes and defaults are TensorFlow's (`tf.raw_ops`).
    pub name: &'static str,
    pub doc: &'static str,
    pub inputs: &'static [Arg],
    pub outputs: &'static [Arg],
    pub attrs: &'static [AttrSpec],
    pub traits: Traits,
    /// Sets the static shapes of the outputs (unknown where it does not).
    pub shape: fn(&mut ShapeCtx) -> Result<()>,
    pub kernel: Kernel,
    pub grad: Grad,
    /// The instruction that computes it in a fused program, for float32 (and masks).
    pub fused: Option<graphpb_kernels::tile::Op>,
    /// Draws legal inputs and attributes for the generic tests.
    pub sample: Option<fn(&mut Draw) -> Case>,
    /// The producer version from which TensorFlow refuses the op.
    pub deprecated: Option<i32>,
}

impl OpDef {
    pub const BASE: OpDef = OpDef {
        name: "",
        doc: "",
        inputs: &[],
        outputs: &[],
        attrs: &[],
        traits: Traits::NONE,
        shape: |_| Ok(()),
        kernel: Kernel::Unsupported,
        grad: Grad::Undecided,
        fused: None,
        sample: None,
        deprecated: None,
    };

    /// The op as an instruction of fused programs.
    pub const fn fused_as(mut self, op: graphpb_kernels::tile::Op) -> OpDef {
        self.fused = Some(op);
        self
    }
    pub fn attr_spec(&self, name: &str) -> Option<&'static AttrSpec> {
        self.attrs.iter().find(|a| a.name == name)
    }
    pub fn is_pure(&self) -> bool {
        self.traits.has(Traits::PURE)
    }
    pub fn is_stateful(&self) -> bool {
        self.traits.has(Traits::STATEFUL)
    }
}

impl std::fmt::Debug for OpDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpDef({})", self.name)
    }
}

/// The op named `name`.
pub fn lookup(name: &str) -> Option<&'static OpDef> {
    static TABLE: OnceLock<HashMap<&'static str, &'static OpDef>> = OnceLock::new();
    TABLE.get_or_init(|| crate::ops::ALL.iter().map(|d| (d.name, *d)).collect()).get(name).copied()
}

/// Every op, in the order of the list.
pub fn all() -> &'static [&'static OpDef] {
    crate::ops::ALL
}
