//! Boxes: those that remain of overlapping ones, and drawing them.

use graphpb_kernels::pointwise::cast;
use graphpb_kernels::tensor::filled;
use graphpb_kernels::{DType, Tensor, shape_text};

use crate::error::{Error, Result};
use crate::graph::fact::Shape;
use crate::graph::infer::{ShapeCtx, equal_sizes};
use crate::plan::kernel::KernelCtx;
use crate::registry::*;
use crate::testing::cases::{Case, Draw};

/// The thresholds of one selection.
struct Limits {
    overlap: f32,
    score: f32,
    /// The deviation of soft suppression; zero for hard.
    sigma: f32,
}

fn area([y1, x1, y2, x2]: [f32; 4]) -> f32 {
    (y2 - y1) * (x2 - x1)
}

/// The intersection of two boxes over their union. Corners come in any order.
fn overlap(a: [f32; 4], b: [f32; 4]) -> f32 {
    let sorted = |[y1, x1, y2, x2]: [f32; 4]| [y1.min(y2), x1.min(x2), y1.max(y2), x1.max(x2)];
    let (a, b) = (sorted(a), sorted(b));
    if area(a) <= 0.0 || area(b) <= 0.0 {
        return 0.0;
    }
    let inner = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0) * (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    inner / (area(a) + area(b) - inner)
}

/// A box that waits, ordered by score; among equals the first comes first.
struct Candidate {
    score: f32,
    index: usize,
    /// Selected boxes before this one have been compared.
    compared: usize,
}
impl PartialEq for Candidate {
    fn eq(&self, o: &Candidate) -> bool {
        self.cmp(o).is_eq()
    }
}
impl Eq for Candidate {}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, o: &Candidate) -> Option<std::cmp::Ordering> {
        Some(self.cmp(o))
    }
}
impl Ord for Candidate {
    fn cmp(&self, o: &Candidate) -> std::cmp::Ordering {
        self.score.total_cmp(&o.score).then(o.index.cmp(&self.index))
    }
}

/// Indices and scores of at most `most` boxes, best first (Bodla and others, 2017, for the soft form).
fn select(scores: &[f32], most: usize, limits: &Limits, similar: impl Fn(usize, usize) -> f32) -> (Vec<i32>, Vec<f32>) {
    let scale = if limits.sigma > 0.0 { -0.5 / limits.sigma } else { 0.0 };
    let waiting = scores.iter().enumerate().filter(|(_, s)| **s > limits.score);
    let mut queue: std::collections::BinaryHeap<Candidate> = waiting.map(|(index, &score)| Candidate { score, index, compared: 0 }).collect();
    let (mut chosen, mut values): (Vec<i32>, Vec<f32>) = (Vec::new(), Vec::new());
    while chosen.len() < most {
        let Some(mut next) = queue.pop() else { break };
        let before = next.score;
        let mut suppressed = false;
        for &other in chosen[next.compared..].iter().rev() {
            let s = similar(next.index, other as usize);
            if limits.sigma <= 0.0 && s > limits.overlap {
                suppressed = true;
                break;
            }
            next.score *= (scale * s * s).exp();
            if next.score <= limits.score {
                break;
            }
        }
        next.compared = chosen.len();
        if suppressed {
            continue;
        }
        if next.score == before {
            chosen.push(next.index as i32);
            values.push(next.score);
        } else if next.score > limits.score {
            queue.push(next);
        }
    }
    (chosen, values)
}

/// A scalar float of input `i`; the default when there is none.
fn scalar(c: &KernelCtx, i: usize, default: f32) -> Result<f32> {
    if i >= c.inputs() {
        return Ok(default);
    }
    match *cast(c.input(i), DType::F32)?.slice::<f32>() {
        [v] => Ok(v),
        _ => Err(Error::invalid(format!("thresholds must be 0-D, got shape {}", shape_text(c.input(i).dims())))),
    }
}

fn most(c: &KernelCtx) -> Result<usize> {
    usize::try_from(c.int(2)?).map_err(|_| Error::invalid("output size must be non-negative"))
}

/// Read boxes, scores and limits, select, and set the outputs: indices, then scores if there are three, then how many.
fn run(c: &mut KernelCtx, overlap_limit: f32, soft: bool) -> Result<()> {
    let (boxes, scores) = (cast(c.input(0), DType::F32)?, cast(c.input(1), DType::F32)?);
    match (boxes.dims(), scores.dims()) {
        ([n, 4], [m]) if n == m => {}
        (b, s) => {
            return Err(Error::invalid(format!("boxes must be [num_boxes, 4] and scores [num_boxes], got {} and {}", shape_text(b), shape_text(s))));
        }
    }
    if !(0.0..=1.0).contains(&overlap_limit) {
        return Err(Error::invalid("iou_threshold must be in [0, 1]"));
    }
    let most = most(c)?;
    let limits = Limits { overlap: overlap_limit, score: scalar(c, 4, f32::NEG_INFINITY)?, sigma: if soft { scalar(c, 5, 0.0)? } else { 0.0 } };
    let list = boxes.slice::<f32>();
    let at = |i: usize| [0, 1, 2, 3].map(|k| list[i * 4 + k]);
    let (mut chosen, mut values) = select(scores.slice(), most, &limits, |a, b| overlap(at(a), at(b)));
    let valid = chosen.len() as i32;
    if c.attrs().get("pad_to_max_output_size").is_some() && c.attrs().bool("pad_to_max_output_size")? {
        let rest = most.saturating_sub(chosen.len());
        chosen.append(&mut filled(rest, 0)?);
        values.append(&mut filled(rest, 0.0)?);
    }
    c.set(0, Tensor::vector(&chosen));
    if c.outputs() == 3 {
        let values = cast(&Tensor::vector(&values), c.output_dtype(1))?;
        c.set(1, values);
    }
    if c.outputs() > 1 {
        let last = c.outputs() - 1;
        c.set(last, Tensor::scalar(valid));
    }
    Ok(())
}

fn shape(c: &mut ShapeCtx) -> Result<()> {
    let (boxes, scores) = (c.input(0).with_rank(2)?, c.input(1).with_rank(1)?);
    equal_sizes(boxes.dim(0), scores.dim(0))?;
    equal_sizes(boxes.dim(1), 4)?;
    for i in 2..c.inputs() {
        c.input(i).with_rank(0)?;
    }
    let padded = c.attrs().get("pad_to_max_output_size").is_some() && c.attrs().bool("pad_to_max_output_size")?;
    let n = if padded { c.int(2).unwrap_or(-1) } else { -1 };
    c.set(0, Shape::vector(n));
    if c.outputs() == 3 {
        c.set(1, Shape::vector(n));
    }
    if c.outputs() > 1 {
        c.set(c.outputs() - 1, Shape::scalar());
    }
    Ok(())
}

fn boxes_and_scores(d: &mut Draw, dtype: DType) -> Case {
    let n = d.below(6);
    let boxes = d.tensor_of(dtype, &[n, 4], 0.0, 1.0);
    let scores = d.tensor_of(dtype, &[n], 0.0, 1.0);
    Case::new().input(boxes).input(scores).constant(Tensor::scalar(d.below(5) as i32))
}

fn thresholds(d: &mut Draw, case: Case, dtype: DType, count: usize) -> Case {
    (0..count).fold(case, |case, _| case.input(d.tensor_of(dtype, &[], 0.1, 0.5)))
}

const T: AttrSpec = type_in("T", &[DType::F16, DType::F32]).default_type(DType::F32);
const T_THRESHOLD: AttrSpec = type_in("T_threshold", &[DType::F16, DType::F32]).default_type(DType::F32);
const PAD: AttrSpec = flag("pad_to_max_output_size", false);
const INDICES: Arg = arg_of("selected_indices", DType::I32);
const SIZE: Arg = arg_of("max_output_size", DType::I32);
const BASE: OpDef = OpDef {
    traits: Traits::PURE,
    shape,
    kernel: Kernel::Plain(|c| {
        let limit = scalar(c, 3, 0.5)?;
        run(c, limit, false)
    }),
    grad: Grad::NotDifferentiable("the output is an index"),
    ..OpDef::BASE
};

pub static NON_MAX_SUPPRESSION: OpDef = OpDef {
    name: "NonMaxSuppression",
    doc: "Indices of boxes by falling score, without those that overlap a chosen one by more than iou_threshold.",
    inputs: &[arg_of("boxes", DType::F32), arg_of("scores", DType::F32), SIZE],
    outputs: &[INDICES],
    attrs: &[float("iou_threshold").default_float(0.5)],
    kernel: Kernel::Plain(|c| {
        let limit = c.attrs().float("iou_threshold")?;
        run(c, limit, false)
    }),
    sample: Some(|d| boxes_and_scores(d, DType::F32).attr("iou_threshold", 0.3f32)),
    ..BASE
};
pub static NON_MAX_SUPPRESSION_V2: OpDef = OpDef {
    name: "NonMaxSuppressionV2",
    doc: "As NonMaxSuppression, with iou_threshold as a tensor.",
    inputs: &[arg("boxes", "T"), arg("scores", "T"), SIZE, arg("iou_threshold", "T_threshold")],
    outputs: &[INDICES],
    attrs: &[T, T_THRESHOLD],
    sample: Some(|d| {
        let case = boxes_and_scores(d, d.dtype);
        thresholds(d, case, DType::F32, 1)
    }),
    ..BASE
};
pub static NON_MAX_SUPPRESSION_V3: OpDef = OpDef {
    name: "NonMaxSuppressionV3",
    doc: "As NonMaxSuppressionV2, without boxes whose score is not above score_threshold.",
    inputs: &[arg("boxes", "T"), arg("scores", "T"), SIZE, arg("iou_threshold", "T_threshold"), arg("score_threshold", "T_threshold")],
    outputs: &[INDICES],
    attrs: &[T, T_THRESHOLD],
    sample: Some(|d| {
        let case = boxes_and_scores(d, d.dtype);
        thresholds(d, case, DType::F32, 2)
    }),
    ..BASE
};
pub static NON_MAX_SUPPRESSION_V4: OpDef = OpDef {
    name: "NonMaxSuppressionV4",
    doc: "As NonMaxSuppressionV3, padded with zeros to max_output_size when asked, and how many indices are valid.",
    outputs: &[INDICES, arg_of("valid_outputs", DType::I32)],
    attrs: &[T, T_THRESHOLD, PAD],
    sample: Some(|d| {
        let case = boxes_and_scores(d, d.dtype).attr("pad_to_max_output_size", true);
        thresholds(d, case, DType::F32, 2)
    }),
    ..NON_MAX_SUPPRESSION_V3
};
pub static NON_MAX_SUPPRESSION_V5: OpDef = OpDef {
    name: "NonMaxSuppressionV5",
    doc: "As NonMaxSuppressionV4, with the scores; a positive soft_nms_sigma lowers scores of overlapping boxes instead.",
    inputs: &[arg("boxes", "T"), arg("scores", "T"), SIZE, arg("iou_threshold", "T"), arg("score_threshold", "T"), arg("soft_nms_sigma", "T")],
    outputs: &[INDICES, arg("selected_scores", "T"), arg_of("valid_outputs", DType::I32)],
    attrs: &[T, PAD],
    kernel: Kernel::Plain(|c| {
        let limit = scalar(c, 3, 0.5)?;
        run(c, limit, true)
    }),
    sample: Some(|d| {
        let case = boxes_and_scores(d, d.dtype).attr("pad_to_max_output_size", d.flag());
        let dtype = d.dtype;
        thresholds(d, case, dtype, 3).differentiate(&[])
    }),
    ..BASE
};

/// Colours of boxes that are given none: red, green, blue, alpha.
const COLORS: [[f32; 4]; 10] = [
    [1.0, 1.0, 0.0, 1.0],
    [0.0, 0.0, 1.0, 1.0],
    [1.0, 0.0, 0.0, 1.0],
    [0.0, 1.0, 0.0, 1.0],
    [0.5, 0.0, 0.5, 1.0],
    [0.5, 0.5, 0.0, 1.0],
    [0.5, 0.0, 0.0, 1.0],
    [0.0, 0.0, 0.5, 1.0],
    [0.0, 1.0, 1.0, 1.0],
    [1.0, 0.0, 1.0, 1.0],
];

fn draw(c: &mut KernelCtx) -> Result<()> {
    let dtype = c.input(0).dtype();
    let (&[batch, h, w, depth], &[owners, n, 4]) = (c.input(0).dims(), c.input(1).dims()) else {
        return Err(Error::invalid(format!(
            "The rank of the images should be 4 and boxes be [batch, num_boxes, 4], got {} and {}",
            shape_text(c.input(0).dims()),
            shape_text(c.input(1).dims())
        )));
    };
    if owners != batch {
        return Err(Error::invalid("The batch sizes should be the same"));
    }
    if !matches!(depth, 1 | 3 | 4) {
        return Err(Error::invalid("Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)"));
    }
    let mut colors: Vec<Vec<f32>> = COLORS.iter().map(|c| c[..depth].to_vec()).collect();
    if depth == 1 {
        colors.iter_mut().for_each(|c| c[0] = 1.0);
    }
    if c.inputs() > 2 {
        match *c.input(2).dims() {
            [0, ..] => {}
            [_, k] if k >= depth => colors = c.input(2).slice::<f32>().chunks(k).map(|v| v[..depth].to_vec()).collect(),
            _ => return Err(Error::invalid(format!("colors must have shape [n, {depth}], got {}", shape_text(c.input(2).dims())))),
        }
    }
    let x = c.take(0);
    let mut wide = if dtype == DType::F32 { x } else { cast(&x, DType::F32)? };
    let pixels = wide.slice_mut::<f32>();
    let boxes = c.input(1).slice::<f32>();
    for (k, corners) in boxes.chunks_exact(4).enumerate() {
        let (image, color) = (k / n.max(1), &colors[(k % n.max(1)) % colors.len()]);
        let place = |v: f32, size: usize| (v * (size as f32 - 1.0)) as i64;
        let (top, left, bottom, right) = (place(corners[0], h), place(corners[1], w), place(corners[2], h), place(corners[3], w));
        let (last_row, last_col) = (h as i64 - 1, w as i64 - 1);
        if top > bottom || left > right || top > last_row || bottom < 0 || left > last_col || right < 0 {
            continue;
        }
        let mut set = |y: i64, x: i64| {
            if (0..=last_row).contains(&y) && (0..=last_col).contains(&x) {
                let at = ((image * h + y as usize) * w + x as usize) * depth;
                pixels[at..at + depth].copy_from_slice(color);
            }
        };
        for x in left.max(0)..=right.min(last_col) {
            set(top, x);
            set(bottom, x);
        }
        for y in top.max(0)..=bottom.min(last_row) {
            set(y, left);
            set(y, right);
        }
    }
    let y = cast(&wide, dtype)?;
    c.set(0, y);
    Ok(())
}

fn draw_sample(d: &mut Draw) -> Case {
    let (batch, depth) = (d.size(), d.one_of(&[1usize, 3, 4]));
    let dims = [batch, d.size(), d.size(), depth];
    let images = d.tensor_in(&dims, 0.0, 1.0);
    let n = d.below(4);
    Case::new().input(images).input(d.tensor_of(DType::F32, &[batch, n, 4], -0.2, 1.2)).differentiate(&[])
}

fn draw_shape(c: &mut ShapeCtx) -> Result<()> {
    let s = c.input(0).with_rank_at_least(3)?;
    c.set(0, s);
    Ok(())
}

pub static DRAW_BOUNDING_BOXES: OpDef = OpDef {
    name: "DrawBoundingBoxes",
    doc: "Images with the outlines of boxes [y1, x1, y2, x2], in fractions of the size, in ten colours.",
    inputs: &[arg("images", "T"), arg_of("boxes", DType::F32)],
    outputs: &[arg("output", "T")],
    attrs: &[type_in("T", &[DType::F32, DType::F16]).default_type(DType::F32)],
    traits: Traits::PURE,
    shape: draw_shape,
    kernel: Kernel::Plain(draw),
    grad: Grad::NotDifferentiable("TensorFlow gives it none"),
    sample: Some(draw_sample),
    ..OpDef::BASE
};
pub static DRAW_BOUNDING_BOXES_V2: OpDef = OpDef {
    name: "DrawBoundingBoxesV2",
    doc: "As DrawBoundingBoxes, with the colours [n, channels] that are given, if any.",
    inputs: &[arg("images", "T"), arg_of("boxes", DType::F32), arg_of("colors", DType::F32)],
    sample: Some(|d| {
        let case = draw_sample(d);
        let n = d.below(3);
        case.input(d.tensor_of(DType::F32, &[n, 4], 0.0, 1.0)).differentiate(&[])
    }),
    ..DRAW_BOUNDING_BOXES
};
