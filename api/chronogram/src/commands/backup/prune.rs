//! `backup prune`.

use std::process::ExitCode;

use chronogram_backup::{Action, Judged, Keep, Target, Verdict, carry_out, plan, verified};
use serde_json::json;

use super::{Doing, Places};
use crate::{
    cli::PruneArgs,
    commands::{DONE_WITH_FAULTS, print_json},
    foundation::Foundation,
};

pub(super) async fn run(house: &Foundation, places: &Places, arguments: PruneArgs) -> anyhow::Result<ExitCode> {
    let keep = Keep { daily: arguments.daily, weekly: arguments.weekly, monthly: arguments.monthly.0 };
    let verified = verified(&house.pool).await?;
    let mut all_good = true;
    for target in places.targets(arguments.from.as_deref())? {
        let judged = plan(&target, &verified, keep, house.clock.now()).await?;
        all_good &= judged.iter().all(|judged| judged.candidate.is_good);
        if !arguments.dry_run {
            let doing = Doing::begin(Action::Prune, &target);
            let removed = carry_out(&target, &judged).await;
            doing.end(&house.pool, removed.as_ref().err().map(ToString::to_string)).await;
            removed?;
        }
        for one in &judged {
            print(&target, one, &arguments)?;
        }
    }
    Ok(if all_good { ExitCode::SUCCESS } else { ExitCode::from(DONE_WITH_FAULTS) })
}

fn print(target: &Target, judged: &Judged, arguments: &PruneArgs) -> anyhow::Result<()> {
    let path = target.file_shown(&judged.candidate.name);
    let (is_kept, reason) = match judged.verdict {
        Verdict::Keep(reason) => (true, reason),
        Verdict::Remove(reason) => (false, reason),
    };
    if arguments.json {
        let done = !is_kept && !arguments.dry_run;
        return print_json(&json!({ "path": path, "keep": is_kept, "removed": done, "reason": reason }));
    }
    let what = match (is_kept, arguments.dry_run) {
        (true, _) => "keep",
        (false, true) => "would remove",
        (false, false) => "removed",
    };
    println!("{what:<13} {path}  ({reason})");
    Ok(())
}
