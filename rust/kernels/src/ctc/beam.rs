//! Prefix beam search over CTC outputs (Hannun et al., 2014), with the pruning order of TensorFlow's decoder.

use super::log_sum_exp;
use num_traits::Float;

/// The best label sequences of one example with their log probabilities, best first.
pub type Paths<T> = Vec<(Vec<i64>, T)>;

/// Log probabilities of a prefix: in all, ending in a blank, ending in its last label.
#[derive(Clone, Copy)]
struct Mass<T> {
    total: T,
    blank: T,
    label: T,
}

impl<T: Float> Mass<T> {
    fn none() -> Mass<T> {
        Mass { total: T::neg_infinity(), blank: T::neg_infinity(), label: T::neg_infinity() }
    }
}

struct Prefix<T> {
    parent: Option<usize>,
    label: usize,
    children: Vec<(usize, usize)>,
    old: Mass<T>,
    new: Mass<T>,
}

impl<T: Float> Prefix<T> {
    fn is_active(&self) -> bool {
        self.new.total != T::neg_infinity()
    }
}

/// A tree of prefixes and the best of them.
struct Search<T> {
    nodes: Vec<Prefix<T>>,
    /// The prefixes in the beam, in no order.
    leaves: Vec<usize>,
    width: usize,
}

impl<T: Float> Search<T> {
    fn new(width: usize) -> Search<T> {
        let certain = Mass { total: T::zero(), blank: T::zero(), label: T::neg_infinity() };
        let root = Prefix { parent: None, label: usize::MAX, children: Vec::new(), old: certain, new: certain };
        Search { nodes: vec![root], leaves: vec![0], width }
    }

    fn total(&self, i: usize) -> T {
        self.nodes[i].new.total
    }

    /// The place in `leaves` of the least likely one.
    fn bottom(&self) -> Option<usize> {
        (0..self.leaves.len()).reduce(|a, b| if self.total(self.leaves[b]) < self.total(self.leaves[a]) { b } else { a })
    }

    fn sorted(&self) -> Vec<usize> {
        let mut order = self.leaves.clone();
        order.sort_by(|&a, &b| self.total(b).partial_cmp(&self.total(a)).unwrap_or(std::cmp::Ordering::Equal));
        order
    }

    fn is_candidate(&self, total: T) -> bool {
        total > T::neg_infinity() && (self.leaves.len() < self.width || self.bottom().is_none_or(|b| total > self.total(self.leaves[b])))
    }

    fn child(&mut self, parent: usize, label: usize) -> usize {
        if let Some(&(_, node)) = self.nodes[parent].children.iter().find(|c| c.0 == label) {
            return node;
        }
        let node = self.nodes.len();
        self.nodes.push(Prefix { parent: Some(parent), label, children: Vec::new(), old: Mass::none(), new: Mass::none() });
        self.nodes[parent].children.push((label, node));
        node
    }

    /// Take the log probabilities of one step in, the blank's last.
    fn step(&mut self, logits: &[T]) {
        let top = logits.iter().fold(T::neg_infinity(), |m, &v| m.max(v));
        let sum = logits.iter().fold(T::zero(), |s, &v| s + (v - top).exp());
        let norm = top + sum.ln();
        let Some((&blank, labels)) = logits.split_last() else { return };
        let branches = self.sorted();
        self.leaves.clear();
        for &b in &branches {
            self.nodes[b].old = self.nodes[b].new;
        }
        for &b in &branches {
            if let Some(parent) = self.nodes[b].parent {
                let label = self.nodes[b].label;
                if self.nodes[parent].is_active() {
                    let same = label == self.nodes[parent].label;
                    let previous = if same { self.nodes[parent].old.blank } else { self.nodes[parent].old.total };
                    self.nodes[b].new.label = log_sum_exp(self.nodes[b].new.label, previous);
                }
                self.nodes[b].new.label = self.nodes[b].new.label + (labels[label] - norm);
            }
            let node = &mut self.nodes[b];
            node.new.blank = node.old.total + (blank - norm);
            node.new.total = log_sum_exp(node.new.blank, node.new.label);
            self.leaves.push(b);
        }
        for &b in &branches {
            if !self.is_candidate(self.nodes[b].old.total) {
                continue;
            }
            for (label, &logit) in labels.iter().enumerate() {
                let c = self.child(b, label);
                if self.nodes[c].is_active() {
                    continue;
                }
                let previous = if label == self.nodes[b].label { self.nodes[b].old.blank } else { self.nodes[b].old.total };
                let likely = logit - norm + previous;
                if !self.is_candidate(likely) {
                    self.nodes[c].old = Mass::none();
                    self.nodes[c].new = Mass::none();
                    continue;
                }
                self.nodes[c].new = Mass { total: likely, blank: T::neg_infinity(), label: likely };
                match self.bottom() {
                    Some(at) if self.leaves.len() == self.width => {
                        let out = std::mem::replace(&mut self.leaves[at], c);
                        self.nodes[out].new = Mass::none();
                    }
                    _ => self.leaves.push(c),
                }
            }
        }
    }

    fn labels(&self, mut node: usize, merge_repeated: bool) -> Vec<i64> {
        let (mut path, mut previous) = (Vec::new(), None);
        while let Some(parent) = self.nodes[node].parent {
            let label = self.nodes[node].label;
            if !merge_repeated || previous != Some(label) {
                path.push(label as i64);
            }
            previous = Some(label);
            node = parent;
        }
        path.reverse();
        path
    }
}

/// The `count` best label sequences of one example; None when the beam holds fewer.
///
/// `row(t)` gives the logits of step t, the blank is the last class. `merge_repeated` also merges repetitions of the result.
pub fn beam_search<'a, T: Float + 'a>(
    steps: usize,
    row: impl Fn(usize) -> &'a [T],
    width: usize,
    count: usize,
    merge_repeated: bool,
) -> Option<Paths<T>> {
    let mut search = Search::new(width);
    for t in 0..steps {
        search.step(row(t));
    }
    let best = search.sorted();
    (count <= best.len()).then(|| best[..count].iter().map(|&b| (search.labels(b, merge_repeated), search.total(b))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn a_wide_beam_finds_the_sums_over_all_paths() {
        let (classes, time) = (3usize, 4usize);
        let logits: Vec<f64> = (0..classes * time).map(|i| ((i * 31) % 11) as f64 / 4.0).collect();
        let p = |t: usize, c: usize| {
            let row = &logits[t * classes..(t + 1) * classes];
            row[c].exp() / row.iter().map(|v| v.exp()).sum::<f64>()
        };
        let mut sums: HashMap<Vec<i64>, f64> = HashMap::new();
        for code in 0..classes.pow(time as u32) {
            let path: Vec<usize> = (0..time).map(|t| code / classes.pow(t as u32) % classes).collect();
            let likely: f64 = path.iter().enumerate().map(|(t, &c)| p(t, c)).product();
            let mut seen = path;
            seen.dedup();
            let labels = seen.into_iter().filter(|&c| c != classes - 1).map(|c| c as i64).collect();
            *sums.entry(labels).or_default() += likely;
        }
        let found = beam_search(time, |t| &logits[t * classes..(t + 1) * classes], 500, 5, false).unwrap();
        let mut best: Vec<_> = sums.into_iter().collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1));
        for ((path, log_p), (want, likely)) in found.iter().zip(&best) {
            assert_eq!(path, want);
            assert!((log_p - likely.ln()).abs() < 1e-12);
        }
    }
}
