//! The seed: YAML that says what exists at the start. Unknown keys are refused by name, with their path.
//!
//! `form` is what the YAML looks like; `apply` puts it into a world, `directory` the users and groups.

mod apply;
mod directory;
mod form;

use rustls::pki_types::CertificateDer;

use crate::base::clock::{Clock, RealTime};
use crate::world::World;

pub(crate) use form::Seed;

/// Seeds as YAML texts. Relative paths in them count from the working directory.
pub(crate) fn parsed(texts: &[String]) -> Result<Vec<Seed>, String> {
    let seeds = texts.iter().map(|yaml| Seed::parse(yaml, None));
    seeds.collect::<Result<_, _>>().map_err(|reason| format!("seed: {reason}"))
}

/// The world that seeds describe, and the CAs that they trust. Its clock shows this time where no seed sets another.
pub(crate) fn seeded(seeds: &[Seed], real: RealTime) -> Result<(World, Vec<CertificateDer<'static>>), String> {
    let mut world = World {
        clock: Clock::following(real),
        ..World::new()
    };
    let mut trusted = Vec::new();
    for seed in seeds {
        trusted.extend(seed.apply(&mut world).map_err(|reason| format!("seed: {reason}"))?);
    }
    Ok((world, trusted))
}
