//! `graphpb run`.
use crate::outcome::{Console, Failure};
pub fn run(_args: &[String], _console: &mut Console) -> Result<(), Failure> {
    Err(Failure::Usage("not here yet".into()))
}
