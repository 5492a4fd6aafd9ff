//! Gradients of If, Case, While and calls: a body is differentiated as a graph of its own and split into two functions,
//! the forward one, which hands out what the other needs, and the gradient.

pub(crate) mod branch;
mod tape;
pub(crate) mod while_loop;

#[cfg(test)]
mod tests;
