//! Writes the registry's samples as graphs, one file per op, type and draw: `in0`, `in1`, … are constants (variables where the op
//! takes references), `op` is the node. `sample_graphs FOLDER [DRAWS]`; `tools/sweep` perturbs them.

use std::error::Error;
use std::path::Path;

use graphpb::io::graphdef::{Format, to_bytes};
use graphpb::registry;
use graphpb::testing::cases::Draw;
use graphpb::testing::checks::{Known, build, sample_types};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("usage: sample_graphs FOLDER [DRAWS]")?;
    let draws: u64 = args.next().map_or(Ok(3), |n| n.parse())?;
    std::fs::create_dir_all(&folder)?;
    for def in registry::all() {
        let Some(sample) = def.sample else { continue };
        for dtype in sample_types(def) {
            for seed in 0..draws {
                let case = sample(&mut Draw::new(seed, dtype));
                let built = match build(def, &case, Known::Constant, seed, &mut |_, o| Ok(o)) {
                    Ok(built) => built,
                    Err(e) => {
                        eprintln!("{} {dtype:?} {seed}: {e}", def.name);
                        continue;
                    }
                };
                let bytes = to_bytes(&built.graph.to_graph_def(0, false)?, Format::Binary).map_err(|(_, m)| m)?;
                // Parameters (shapes, axes) are named in the file's name, so that they can stay constants.
                let parameters: Vec<String> = case.constants.iter().map(usize::to_string).collect();
                let name = format!("{}-{dtype:?}-{seed}-{}.pb", def.name, parameters.join("_"));
                std::fs::write(Path::new(&folder).join(name), bytes)?;
            }
        }
    }
    Ok(())
}
