//! GeneratorDataset: elements that a function gives until it is out of range.

use super::*;
use crate::error::Code;

struct Generator {
    init: Captured,
    next: Captured,
    finalize: Captured,
}

impl Dataset for Arc<Generator> {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(GeneratorPass { of: self.clone(), state: None, ended: false })
    }
}

struct GeneratorPass {
    of: Arc<Generator>,
    /// What `init` gave.
    state: Option<Values>,
    ended: bool,
}

impl Elements for GeneratorPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        if self.ended {
            return Ok(None);
        }
        let state = match &self.state {
            Some(s) => s.clone(),
            None => self.state.insert(self.of.init.call(env, [])?).clone(),
        };
        match self.of.next.call(env, state.iter().cloned()) {
            Ok(element) => Ok(Some(element)),
            Err(e) if e.code() == Code::OutOfRange => {
                self.ended = true;
                self.of.finalize.call(env, state)?;
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }
}

pub static GENERATOR_DATASET: OpDef = OpDef {
    name: "GeneratorDataset",
    doc: "What `next_func` gives for the state that `init_func` made, until OUT_OF_RANGE; then `finalize_func` is called.",
    inputs: &[
        args_by_types("init_func_other_args", "Tinit_func_args"),
        args_by_types("next_func_other_args", "Tnext_func_args"),
        args_by_types("finalize_func_other_args", "Tfinalize_func_args"),
    ],
    attrs: &[
        attr("init_func", AttrKind::Func),
        attr("next_func", AttrKind::Func),
        attr("finalize_func", AttrKind::Func),
        attr("Tinit_func_args", AttrKind::ListType).at_least(0),
        attr("Tnext_func_args", AttrKind::ListType).at_least(0),
        attr("Tfinalize_func_args", AttrKind::ListType).at_least(0),
        TYPES,
        SHAPES,
        METADATA,
    ],
    traits: Traits::STATEFUL,
    kernel: Kernel::Calling(|c, functions| {
        let [init, next, finalize] = functions else { return Err(Error::internal("the functions were not planned")) };
        let (a, b) = (c.attrs().dtypes("Tinit_func_args")?.len(), c.attrs().dtypes("Tnext_func_args")?.len());
        let n = c.inputs();
        let mut part = |f: &Arc<Function>, range| Captured { function: f.clone(), values: kept(c, range) };
        let generator = Generator { init: part(init, 0..a), next: part(next, a..a + b), finalize: part(finalize, a + b..n) };
        give(c, Arc::new(generator), &[])
    }),
    ..DATASET
};
