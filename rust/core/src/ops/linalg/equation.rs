//! Equations of Einstein sums: labels of axes, with an ellipsis for the axes that broadcast.

use crate::error::{Error, Result};

/// The axes of one operand or of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub labels: Vec<char>,
    /// Where among the labels the ellipsis stands.
    pub ellipsis: Option<usize>,
}

impl Term {
    fn parse(text: &str) -> Result<Term> {
        let (mut labels, mut ellipsis) = (Vec::new(), None);
        let mut rest = text;
        while let Some(ch) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("...") {
                if ellipsis.replace(labels.len()).is_some() {
                    return Err(Error::invalid(format!("Expected at most one ellipsis (...) in the subscript: {text}")));
                }
                rest = after;
                continue;
            }
            if ch == '.' {
                return Err(Error::invalid(format!("Expected at most one ellipsis (...) in the subscript: {text}")));
            }
            labels.push(ch);
            rest = &rest[ch.len_utf8()..];
        }
        Ok(Term { labels, ellipsis })
    }
    pub fn text(&self) -> String {
        let mut s = String::new();
        for (i, l) in self.labels.iter().enumerate() {
            if self.ellipsis == Some(i) {
                s.push_str("...");
            }
            s.push(*l);
        }
        if self.ellipsis == Some(self.labels.len()) {
            s.push_str("...");
        }
        s
    }
    /// The term without these labels.
    pub fn without(&self, drop: &[char]) -> Term {
        let kept = |range: &[char]| range.iter().filter(|l| !drop.contains(l)).count();
        Term { labels: self.labels.iter().copied().filter(|l| !drop.contains(l)).collect(), ellipsis: self.ellipsis.map(|e| kept(&self.labels[..e])) }
    }
    /// How many axes the ellipsis stands for in a tensor of `rank` axes; an error when the ranks do not fit.
    pub fn broadcast_axes(&self, rank: usize) -> Result<usize> {
        match rank.checked_sub(self.labels.len()) {
            Some(n) if n == 0 || self.ellipsis.is_some() => Ok(n),
            _ => {
                let least = if self.ellipsis.is_some() { "at least rank" } else { "rank" };
                Err(Error::invalid(format!("Shape must be {least} {} but is rank {rank}, for the subscript {}", self.labels.len(), self.text())))
            }
        }
    }
    /// The position of each axis's label among `all`, of which the first `most` are the axes of the ellipsis, aligned at its end.
    pub fn numbers(&self, rank: usize, most: usize, all: &[char]) -> Result<Vec<usize>> {
        let n = self.broadcast_axes(rank)?;
        let number = |l: &char| all.iter().position(|a| a == l).map_or(0, |p| p + most);
        let at = self.ellipsis.unwrap_or(0);
        let mut out: Vec<usize> = self.labels[..at].iter().map(number).collect();
        out.extend(most - n..most);
        out.extend(self.labels[at..].iter().map(number));
        Ok(out)
    }
}

#[derive(Clone, Debug)]
pub struct Equation {
    pub inputs: Vec<Term>,
    pub output: Term,
}

impl Equation {
    pub fn parse(text: &str, operands: usize) -> Result<Equation> {
        let plain: String = text.chars().filter(|c| *c != ' ').collect();
        let Some((left, right)) = plain.split_once("->").filter(|(_, r)| !r.contains("->")) else {
            return Err(Error::invalid(format!("Expecting exactly one '->' in einsum equation: {text}")));
        };
        let inputs = left.split(',').map(Term::parse).collect::<Result<Vec<Term>>>()?;
        if inputs.len() > 2 {
            return Err(Error::invalid(format!("Expecting 1 or 2 input subscripts in equation '{text}' but got: {}", inputs.len())));
        }
        if inputs.len() != operands {
            return Err(Error::invalid(format!("Expecting {} input tensors for equation '{text}' but got: {operands}", inputs.len())));
        }
        let output = Term::parse(right)?;
        if let Some(l) = output.labels.iter().find(|l| !inputs.iter().any(|t| t.labels.contains(l))) {
            return Err(Error::invalid(format!(
                "Einsum output subscripts for equation '{text}' has label '{l}' which is not present in the input subscripts"
            )));
        }
        Ok(Equation { inputs, output })
    }
    /// Every label, once.
    pub fn labels(&self) -> Vec<char> {
        let mut all = Vec::new();
        for l in self.inputs.iter().flat_map(|t| &t.labels) {
            if !all.contains(l) {
                all.push(*l);
            }
        }
        all
    }
}
