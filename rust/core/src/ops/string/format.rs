//! StringFormat: tensors printed into a template.

use super::number_text::shown;
use crate::error::{Error, Result};
use crate::graph::infer::scalars;
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::Case;
use graphpb_kernels::{Bool, C64, C128, DType, Tensor, bf16, f16};

pub static STRING_FORMAT: OpDef = OpDef {
    name: "StringFormat",
    doc: "`template` with each `placeholder` replaced by one input; of each axis the first and last `summarize` entries are printed (-1: all).",
    inputs: &[args_by_types("inputs", "T")],
    outputs: &[arg_of("output", DType::Str)],
    attrs: &[
        attr("T", AttrKind::ListType).at_least(0),
        string("template").default_str("%s"),
        string("placeholder").default_str("%s"),
        int("summarize").default_int(3),
    ],
    traits: Traits::PURE,
    shape: scalars,
    kernel: Kernel::Plain(|c: &mut KernelCtx| {
        let (template, mark) = (c.attrs().str("template")?, c.attrs().str("placeholder")?);
        let most = c.attrs().int("summarize")?;
        let pieces: Vec<&str> = if mark.is_empty() { vec![template] } else { template.split(mark).collect() };
        if pieces.len() != c.inputs() + 1 {
            return Err(Error::invalid(format!("num placeholders in template and num inputs must match: {} vs. {}", pieces.len() - 1, c.inputs())));
        }
        let mut out = pieces[0].to_owned();
        for (i, p) in pieces[1..].iter().enumerate() {
            out.push_str(&summary(c.input(i), most)?);
            out.push_str(p);
        }
        c.set(0, Tensor::string_scalar(out.as_bytes()));
        Ok(())
    }),
    grad: Grad::Missing("TensorFlow registers none"),
    sample: Some(|d| {
        let dims = d.dims(0, 2);
        Case::new().input(d.tensor(&dims)).attr("template", "x is %s.").attr("summarize", d.below(4) as i64)
    }),
    ..OpDef::BASE
};

/// A tensor as TensorFlow's `SummarizeValue` prints it: nested brackets, entries separated by spaces, rows by new lines.
pub fn summary(t: &Tensor, most: i64) -> Result<String> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut out = String::new();
    block(t, 0, 0, t.len(), most, &mut out)?;
    Ok(out)
}

fn block(t: &Tensor, axis: usize, at: usize, len: usize, most: usize, out: &mut String) -> Result<()> {
    let Some(&n) = t.dims().get(axis) else {
        out.push_str(&element(t, at)?);
        return Ok(());
    };
    out.push('[');
    let each = len.checked_div(n).unwrap_or(0);
    let separator = if axis + 1 == t.rank() { " ".to_owned() } else { "\n".repeat(t.rank() - axis - 1) + &" ".repeat(axis + 1) };
    let cut = n > most.saturating_mul(2);
    let mut i = 0;
    while i < n {
        if i > 0 {
            out.push_str(&separator);
        }
        if cut && i == most {
            out.push_str("...");
            i = n - most;
            // With no entries kept there is nothing after the dots.
            continue;
        }
        block(t, axis + 1, at + i * each, each, most, out)?;
        i += 1;
    }
    out.push(']');
    Ok(())
}

fn element(t: &Tensor, i: usize) -> Result<String> {
    let real = |v: f64| shown(v, !matches!(t.dtype(), DType::F64 | DType::C128));
    Ok(match t.dtype() {
        DType::F32 => real(t.slice::<f32>()[i] as f64),
        DType::F64 => real(t.slice::<f64>()[i]),
        DType::F16 => real(t.slice::<f16>()[i].to_f64()),
        DType::BF16 => real(t.slice::<bf16>()[i].to_f64()),
        DType::C64 => {
            let v = t.slice::<C64>()[i];
            format!("({},{})", real(v.re as f64), real(v.im as f64))
        }
        DType::C128 => {
            let v = t.slice::<C128>()[i];
            format!("({},{})", real(v.re), real(v.im))
        }
        DType::Bool => u8::from(t.slice::<Bool>()[i].get()).to_string(),
        DType::Str => format!("\"{}\"", String::from_utf8_lossy(&t.as_strings()[i])),
        DType::U64 => t.slice::<u64>()[i].to_string(),
        d if d.is_integer() => {
            let one = t.clone().reshaped(&[t.len()]).rows(i, 1);
            one.to_i64s().and_then(|v| v.first().copied()).unwrap_or(0).to_string()
        }
        d => return Err(Error::unimplemented(format!("printing a {} tensor", d.name()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_print_as_tensorflow_prints_them() {
        let v = Tensor::vector(&[1i32, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(summary(&v, 3).unwrap(), "[1 2 3 ... 7 8 9]");
        assert_eq!(summary(&v, -1).unwrap(), "[1 2 3 4 5 6 7 8 9]");
        assert_eq!(summary(&Tensor::from_slice(&[1.5f32, 2., 3., 4.], &[2, 2]), 3).unwrap(), "[[1.5 2]\n [3 4]]");
        assert_eq!(summary(&Tensor::string_scalar(b"str"), 3).unwrap(), "\"str\"");
        assert_eq!(summary(&v, 0).unwrap(), "[...]");
    }
}
