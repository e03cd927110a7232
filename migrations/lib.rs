//! The tables that are not read models: the log, checkpoints, tokens, artifacts. Expand, then contract; one change a
//! file; a file that landed is never edited. (A read model's tables lie in its own module.)

/// Every migration, in order; applied by `chronogram migrate` and by whatever starts the product.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");
