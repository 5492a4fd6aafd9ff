//! WindowDataset: consecutive elements as datasets of their own.

use std::collections::VecDeque;

use super::*;

struct Window {
    input: Source,
    size: usize,
    shift: usize,
    stride: usize,
    drop_remainder: bool,
}

impl Dataset for Arc<Window> {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(WindowPass { input: Some(self.input.iterate()), of: self.clone(), buffer: VecDeque::new() })
    }
}

struct WindowPass {
    of: Arc<Window>,
    input: Option<Box<dyn Elements>>,
    buffer: VecDeque<Values>,
}

impl WindowPass {
    fn pull(&mut self, env: &Env) -> Result<Option<Values>> {
        env.check_cancelled()?;
        let Some(input) = &mut self.input else { return Ok(None) };
        let e = input.next(env)?;
        if e.is_none() {
            self.input = None;
        }
        Ok(e)
    }
}

/// Elements in memory.
pub(super) struct Listed(pub Arc<Vec<Values>>);

impl Dataset for Listed {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(ListedPass(self.0.clone(), 0))
    }
    fn cardinality(&self) -> i64 {
        self.0.len() as i64
    }
}

struct ListedPass(Arc<Vec<Values>>, usize);

impl Elements for ListedPass {
    fn next(&mut self, _: &Env) -> Result<Option<Values>> {
        let e = self.0.get(self.1).cloned();
        self.1 += usize::from(e.is_some());
        Ok(e)
    }
}

impl Elements for WindowPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        let of = self.of.clone();
        let span = (of.size - 1).saturating_mul(of.stride).saturating_add(1);
        while self.buffer.len() < span {
            match self.pull(env)? {
                Some(e) => self.buffer.push_back(e),
                None => break,
            }
        }
        if self.buffer.is_empty() || (of.drop_remainder && self.buffer.len() < span) {
            return Ok(None);
        }
        let chosen: Vec<Values> = self.buffer.iter().step_by(of.stride).cloned().collect();
        let n = self.buffer.len();
        if of.shift >= n {
            self.buffer.clear();
            for _ in n..of.shift {
                if self.pull(env)?.is_none() {
                    break;
                }
            }
        } else {
            self.buffer.drain(..of.shift);
        }
        let parts = of.input.types.len();
        if chosen.iter().any(|e| e.len() != parts) {
            return Err(Error::invalid(format!("An element does not have the {parts} components that its dataset states")));
        }
        let component = |k: usize| {
            let column: Vec<Values> = chosen.iter().map(|e| Values::from_iter([e[k].clone()])).collect();
            let shape = of.input.shapes.get(k).cloned().unwrap_or_default();
            let dataset = Arc::new(Listed(Arc::new(column)));
            Source { dataset, types: vec![of.input.types[k]], shapes: vec![shape], depth: 1 }.into_tensor()
        };
        Ok(Some((0..parts).map(component).collect()))
    }
}

pub static WINDOW_DATASET: OpDef = OpDef {
    name: "WindowDataset",
    doc: "Each `size` elements, every `stride`-th of them, as a dataset for each component; windows start `shift` apart.",
    inputs: &[INPUT, arg_of("size", DType::I64), arg_of("shift", DType::I64), arg_of("stride", DType::I64), arg_of("drop_remainder", DType::Bool)],
    attrs: &[TYPES, SHAPES, METADATA],
    kernel: Kernel::Plain(|c| {
        let input = source(c, 0)?;
        let size = batch::size(c, 1, "Window size must be greater than zero.")?;
        let shift = batch::size(c, 2, "Window shift must be greater than zero.")?;
        let stride = batch::size(c, 3, "Window stride must be greater than zero.")?;
        let drop_remainder = truth(c, 4)?;
        give(c, Arc::new(Window { input: input.clone(), size, shift, stride, drop_remainder }), &[&input])
    }),
    ..DATASET
};
