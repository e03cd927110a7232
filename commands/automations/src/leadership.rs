//! One process at a time does a thing; the others stand by. As for projections, so for automations.

pub use chronogram_engine::Leadership;
