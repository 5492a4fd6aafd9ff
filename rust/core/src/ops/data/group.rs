//! GroupByWindowDataset: elements gathered by a key, each full group made into a dataset.

use std::collections::BTreeMap;

use super::window::Listed;
use super::*;

struct GroupByWindow {
    input: Source,
    key: Captured,
    reduce: Captured,
    size: Captured,
}

impl Dataset for Arc<GroupByWindow> {
    fn iterate(&self) -> Box<dyn Elements> {
        Box::new(GroupPass { input: Some(self.input.iterate()), of: self.clone(), groups: BTreeMap::new(), sizes: BTreeMap::new(), current: None })
    }
}

struct GroupPass {
    of: Arc<GroupByWindow>,
    input: Option<Box<dyn Elements>>,
    groups: BTreeMap<i64, Vec<Values>>,
    sizes: BTreeMap<i64, usize>,
    /// The elements of the group that is complete.
    current: Option<Box<dyn Elements>>,
}

fn integer(values: &Values) -> Result<i64> {
    match values.as_slice() {
        [t] if t.dtype() == DType::I64 && t.len() == 1 => Ok(t.slice::<i64>()[0]),
        _ => Err(Error::invalid("`key_func` and `window_size_func` must return a scalar int64.")),
    }
}

impl GroupPass {
    fn flush(&mut self, key: i64, env: &Env) -> Result<()> {
        let Some(group) = self.groups.remove(&key) else { return Ok(()) };
        let input = &self.of.input;
        let dataset = Arc::new(Listed(Arc::new(group)));
        let group = Source { dataset, types: input.types.clone(), shapes: input.shapes.clone(), depth: 1 };
        let made = self.of.reduce.dataset(env, [Tensor::scalar(key), group.into_tensor()])?;
        self.current = Some(made.iterate());
        Ok(())
    }
}

impl Elements for GroupPass {
    fn next(&mut self, env: &Env) -> Result<Option<Values>> {
        loop {
            env.check_cancelled()?;
            if let Some(current) = &mut self.current {
                match current.next(env)? {
                    Some(e) => return Ok(Some(e)),
                    None => self.current = None,
                }
            }
            let Some(input) = &mut self.input else {
                let Some((&key, _)) = self.groups.iter().next() else { return Ok(None) };
                self.flush(key, env)?;
                continue;
            };
            let Some(element) = input.next(env)? else {
                self.input = None;
                continue;
            };
            let key = integer(&self.of.key.call(env, element.iter().cloned())?)?;
            let size = match self.sizes.get(&key) {
                Some(&n) => n,
                None => {
                    let n = integer(&self.of.size.call(env, [Tensor::scalar(key)])?)?;
                    let valid = usize::try_from(n).ok().filter(|&n| n > 0);
                    let n = valid.ok_or_else(|| Error::invalid(format!("Window size must be greater than zero, but got {n}.")))?;
                    self.sizes.insert(key, n);
                    n
                }
            };
            let group = self.groups.entry(key).or_default();
            group.push(element);
            if group.len() == size {
                self.flush(key, env)?;
            }
        }
    }
}

pub static GROUP_BY_WINDOW_DATASET: OpDef = OpDef {
    name: "GroupByWindowDataset",
    doc: "The elements of the datasets that `reduce_func` makes of a key and the next elements with that key, `window_size_func` of them.",
    inputs: &[
        INPUT,
        args_by_types("key_func_other_arguments", "Tkey_func_other_arguments"),
        args_by_types("reduce_func_other_arguments", "Treduce_func_other_arguments"),
        args_by_types("window_size_func_other_arguments", "Twindow_size_func_other_arguments"),
    ],
    attrs: &[
        attr("key_func", AttrKind::Func),
        attr("reduce_func", AttrKind::Func),
        attr("window_size_func", AttrKind::Func),
        attr("Tkey_func_other_arguments", AttrKind::ListType).at_least(0),
        attr("Treduce_func_other_arguments", AttrKind::ListType).at_least(0),
        attr("Twindow_size_func_other_arguments", AttrKind::ListType).at_least(0),
        TYPES,
        SHAPES,
        METADATA,
    ],
    kernel: Kernel::Calling(|c, functions| {
        let [key, reduce, size] = functions else { return Err(Error::internal("the functions were not planned")) };
        let input = source(c, 0)?;
        let a = 1 + c.attrs().dtypes("Tkey_func_other_arguments")?.len();
        let b = a + c.attrs().dtypes("Treduce_func_other_arguments")?.len();
        let n = c.inputs();
        let mut part = |f: &Arc<Function>, range| Captured { function: f.clone(), values: kept(c, range) };
        let group = GroupByWindow { input: input.clone(), key: part(key, 1..a), reduce: part(reduce, a..b), size: part(size, b..n) };
        give(c, Arc::new(group), &[&input])
    }),
    ..DATASET
};
