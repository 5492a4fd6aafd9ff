//! Steps whose results nobody reads: wanted only by control inputs, they do nothing that could be seen.

use super::lower::{Lowered, Source};
use super::program::Run;

/// Drop pure steps none of whose outputs is fetched, `asked` for, or read by a step that stays.
///
/// The order of what stays is kept, so control inputs through a dropped step still hold.
pub fn drop_unread(l: &mut Lowered, asked: &[Source]) {
    let mut read = vec![false; l.values as usize];
    let mark = |read: &mut Vec<bool>, s: Source| {
        if let Source::Value(v) = s {
            read[v.0 as usize] = true;
        }
    };
    asked.iter().chain(&l.fetches).for_each(|&s| mark(&mut read, s));
    let mut keep = vec![true; l.drafts.len()];
    for (i, d) in l.drafts.iter().enumerate().rev() {
        let inert = d.def.is_pure() && matches!(d.run, Run::Plain(_) | Run::Prepared(_) | Run::Alias);
        if inert && !d.outputs.iter().any(|v| read[v.0 as usize]) {
            keep[i] = false;
            continue;
        }
        d.inputs.iter().for_each(|&(s, _)| mark(&mut read, s));
        d.guards.iter().for_each(|&v| mark(&mut read, Source::Value(v)));
    }
    let mut keep = keep.into_iter();
    l.drafts.retain(|_| keep.next() != Some(false));
}
