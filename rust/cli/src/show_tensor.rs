//! Tensors as nested brackets, long ones cut in the middle.

use graphpb::graph::describe::scalar;
use graphpb_kernels::Tensor;

/// From this many elements on, each axis longer than `2 * EDGE` shows its ends only.
const THRESHOLD: usize = 1000;
const EDGE: usize = 3;

/// The elements, one row per line.
pub fn text(tensor: &Tensor) -> String {
    if tensor.is_empty() {
        return "[]".into();
    }
    let mut out = String::new();
    let cut = tensor.len() > THRESHOLD;
    write(&mut out, tensor, tensor.dims(), 0, 0, cut);
    out
}

fn write(out: &mut String, tensor: &Tensor, dims: &[usize], start: usize, depth: usize, cut: bool) {
    let Some((size, inner)) = dims.split_first() else {
        out.push_str(&scalar(tensor, start).map_or(String::new(), |s| s.to_string()));
        return;
    };
    let step: usize = inner.iter().product();
    let separate = |out: &mut String| {
        if inner.is_empty() {
            out.push_str(", ");
        } else {
            out.push_str(",\n");
            out.extend(std::iter::repeat_n(' ', depth + 1));
        }
    };
    out.push('[');
    let mut i = 0;
    while i < *size {
        if i > 0 {
            separate(out);
        }
        if cut && *size > 2 * EDGE && i == EDGE {
            out.push_str("...");
            i = size - EDGE;
            continue;
        }
        write(out, tensor, inner, start + i * step, depth + 1, cut);
        i += 1;
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_on_lines_and_long_axes_are_cut() {
        assert_eq!(text(&Tensor::from_slice(&[1f32, 2.5, 3.0, -0.0], &[2, 2])), "[[1.0, 2.5],\n [3.0, -0.0]]");
        assert_eq!(text(&Tensor::scalar(7i32)), "7");
        assert_eq!(text(&Tensor::from_slice::<i64>(&[], &[0, 3])), "[]");
        let long = Tensor::from_slice(&(0..2000).collect::<Vec<i32>>(), &[2000]);
        assert_eq!(text(&long), "[0, 1, 2, ..., 1997, 1998, 1999]");
    }
}
