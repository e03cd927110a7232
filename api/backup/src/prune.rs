//! Removes backups that nobody needs any more, one by one, oldest first.

use chronogram_log::crash_point;
use jiff::Timestamp;

use crate::{
    error::BackupError,
    rotation::{Candidate, Keep, Verdict, judge},
    runs::Verifications,
    target::{Listed, Target},
};

/// A backup and what becomes of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The backup.
    pub candidate: Candidate,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What is to become of each backup in `target`.
pub async fn plan(
    target: &Target,
    verified: &Verifications,
    keep: Keep,
    now: Timestamp,
) -> Result<Vec<Judged>, BackupError> {
    let mut candidates = Vec::new();
    for Listed { name, kind, opened } in target.list().await? {
        let manifest = match &opened {
            Ok(opened) => Some(opened.manifest()),
            Err(BackupError::NotABackup { .. } | BackupError::Damaged { .. } | BackupError::Newer { .. }) => None,
            // Not to be read just now is not damaged: nothing is judged.
            Err(_) => return opened.map(|_| Vec::new()),
        };
        let is_good = manifest.is_some() && verified.get(&name).is_none_or(|verified| verified.good);
        let created_at = manifest.map(|manifest| manifest.created_at);
        let expires_at = manifest.and_then(|manifest| manifest.expires_at);
        candidates.push(Candidate { name, kind, created_at, expires_at, is_good });
    }
    let verdicts = judge(&candidates, keep, now);
    let judged = candidates.into_iter().zip(verdicts);
    Ok(judged.map(|(candidate, verdict)| Judged { candidate, verdict }).collect())
}

/// Removes those that go; how many.
pub async fn carry_out(target: &Target, plan: &[Judged]) -> Result<usize, BackupError> {
    let mut removed = 0;
    for judged in plan.iter().filter(|judged| matches!(judged.verdict, Verdict::Remove(_))) {
        crash_point("prune.removing");
        target.remove(&judged.candidate.name).await?;
        removed += 1;
    }
    Ok(removed)
}
