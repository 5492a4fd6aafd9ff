//! AsString: numbers as text.

use super::number_text::{Style, float, padded};
use crate::error::{Error, Result};
use crate::graph::attr::Attrs;
use crate::graph::infer::same_as_input;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bool, Bytes, C64, C128, DType, Tensor, bf16, f16};

pub static AS_STRING: OpDef = OpDef {
    name: "AsString",
    doc: "Each element as C's printf writes it: `%f` (or `%e`, `%g` with `scientific`, `shortest`), `precision`, `width` and one flag in `fill`.",
    inputs: &[arg("input", "T")],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[
        type_in(
            "T",
            &[
                DType::F32,
                DType::F64,
                DType::I32,
                DType::U8,
                DType::I16,
                DType::I8,
                DType::I64,
                DType::BF16,
                DType::U16,
                DType::F16,
                DType::U32,
                DType::U64,
                DType::C64,
                DType::C128,
                DType::Bool,
                DType::Str,
            ],
        ),
        int("precision").default_int(-1),
        flag("scientific", false),
        flag("shortest", false),
        int("width").default_int(-1),
        string("fill").default_str(""),
    ],
    traits: Traits::PURE,
    shape: same_as_input,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let f = Form::of(c.attrs(), c.input(0).dtype())?;
        let y = text(c.input(0), &f)?;
        c.set(0, y);
        Ok(())
    }),
    grad: Grad::NotDifferentiable("strings have no gradient"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        let precise = d.dtype.is_floating() || d.dtype.is_complex();
        let case = Case::new().input(d.tensor(&dims)).attr("width", d.below(8) as i64 - 1).differentiate(&[]);
        if precise { case.attr("precision", d.below(4) as i64).attr("scientific", d.flag()) } else { case }
    }),
    ..OpDef::BASE
};

struct Form {
    style: Style,
    precision: i64,
    width: i64,
    fill: Option<char>,
}

impl Form {
    fn of(a: &Attrs, dtype: DType) -> Result<Form> {
        let (scientific, shortest) = (a.bool("scientific")?, a.bool("shortest")?);
        let (precision, width) = (a.int("precision")?, a.int("width")?);
        let real = dtype.is_floating() || dtype.is_complex();
        if !real && scientific {
            return Err(Error::invalid(format!("scientific notation not supported for datatype {}", dtype.c_name())));
        }
        if !real && precision >= 0 {
            return Err(Error::invalid(format!("precision not supported for datatype {}", dtype.c_name())));
        }
        if scientific && shortest {
            return Err(Error::invalid("Cannot select both scientific and shortest notation"));
        }
        let mut chars = a.str("fill")?.chars();
        let fill = chars.next();
        if chars.next().is_some() {
            return Err(Error::invalid(format!("Fill string must be one or fewer characters: \"{}\"", a.str("fill")?)));
        }
        if fill.is_some_and(|f| !matches!(f, ' ' | '+' | '-' | '0' | '#')) {
            return Err(Error::invalid(format!("Fill argument not supported: \"{}\"", a.str("fill")?)));
        }
        let style = if scientific {
            Style::Scientific
        } else if shortest {
            Style::Shortest
        } else {
            Style::Fixed
        };
        Ok(Form { style, precision, width, fill })
    }
    fn real(&self, v: f64) -> String {
        padded(float(v, self.style, self.precision), self.width, self.fill)
    }
    fn complex(&self, re: f64, im: f64) -> Bytes {
        bytes(format!("({},{})", self.real(re), self.real(im)))
    }
    fn integer(&self, v: impl ToString) -> Bytes {
        bytes(padded(v.to_string(), self.width, self.fill))
    }
}

fn bytes(s: String) -> Bytes {
    s.into_bytes().into()
}

fn text(x: &Tensor, f: &Form) -> Result<Tensor> {
    macro_rules! integers {
        ($t:ty) => {
            x.slice::<$t>().iter().map(|v| f.integer(v)).collect()
        };
    }
    let out: Vec<Bytes> = match x.dtype() {
        DType::F32 => x.slice::<f32>().iter().map(|&v| bytes(f.real(v as f64))).collect(),
        DType::F64 => x.slice::<f64>().iter().map(|&v| bytes(f.real(v))).collect(),
        DType::F16 => x.slice::<f16>().iter().map(|v| bytes(f.real(v.to_f64()))).collect(),
        DType::BF16 => x.slice::<bf16>().iter().map(|v| bytes(f.real(v.to_f64()))).collect(),
        DType::C64 => x.slice::<C64>().iter().map(|v| f.complex(v.re as f64, v.im as f64)).collect(),
        DType::C128 => x.slice::<C128>().iter().map(|v| f.complex(v.re, v.im)).collect(),
        DType::Bool => x.slice::<Bool>().iter().map(|v| bytes(v.get().to_string())).collect(),
        DType::I8 => integers!(i8),
        DType::I16 => integers!(i16),
        DType::I32 => integers!(i32),
        DType::I64 => integers!(i64),
        DType::U8 => integers!(u8),
        DType::U16 => integers!(u16),
        DType::U32 => integers!(u32),
        DType::U64 => integers!(u64),
        DType::Str => x
            .as_strings()
            .iter()
            .map(|s| {
                let missing = usize::try_from(f.width).unwrap_or(0).min(1 << 20).saturating_sub(s.len());
                let pad = vec![b' '; missing];
                if f.fill == Some('-') { [&**s, &*pad].concat().into() } else { [&*pad, &**s].concat().into() }
            })
            .collect(),
        d => return Err(Error::unimplemented(format!("AsString of {}", d.name()))),
    };
    Ok(Tensor::strings(out, x.dims()))
}
