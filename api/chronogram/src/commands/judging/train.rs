//! `profiles train`.

use std::{fs, process::ExitCode};

use anyhow::{Context as _, bail};
use chronogram_automations::judging::Trained;
use serde_json::{Map, Value, json};

use super::{judge, showing};
use crate::{cli::TrainArgs, commands::print_json, foundation::Foundation};

/// The plugin that is guided by weights.
const HYBRID: &str = "profile-hybrid";

pub(crate) async fn run(house: &Foundation, arguments: TrainArgs) -> anyhow::Result<ExitCode> {
    let plugins = house.plugins()?;
    plugins.ensure_built_in().await?;
    let judge = judge(house)?;
    let trained = match showing("Collecting outcomes", async |told| judge.train(told).await).await? {
        Ok(trained) => trained,
        Err(too_few) => bail!(
            "{too_few}; fill profiles with llm or hybrid first. Until then profile-hybrid goes by its rule: five messages \
             and two hundred letters"
        ),
    };
    // The rest of its configuration stays as it is.
    let active = plugins.state(HYBRID).await?.active().cloned();
    let mut config: Map<String, Value> = match &active {
        Some(active) => serde_json::from_str(&active.config).context("the configuration of profile-hybrid")?,
        None => Map::new(),
    };
    config.insert("predictor".to_owned(), serde_json::to_value(&trained.weights)?);
    if let Some(file) = &arguments.output {
        let text = serde_json::to_string(&config)?;
        fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    if arguments.json {
        print_json(&json!({
            "outcomes": trained.outcomes,
            "digest": trained.digest,
            "quality": trained.weights.quality,
            "weights": trained.weights,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    tell(&trained);
    let grants = active.map_or_else(|| vec!["llm:default".to_owned()], |active| active.grants);
    let grants = grants.iter().flat_map(|grant| [" --grant ", grant.as_str()]).collect::<String>();
    match &arguments.output {
        Some(file) => println!(
            "To go by them:\n  chronogram plugins activate {HYBRID} --config \"$(cat '{}')\"{grants}",
            file.display()
        ),
        None => {
            println!("To go by them, write them into a configuration: chronogram profiles train --output hybrid.json");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(trained: &Trained) {
    let quality = &trained.weights.quality;
    println!("Learnt from {} outcomes; the weights' digest is {}.", trained.outcomes, trained.digest);
    println!(
        "Of people it had not seen it explains {:.0} % of the gain's variance, and is off by {:.2} fields.",
        quality.r_squared * 100.0,
        quality.mean_absolute_error_fields
    );
    println!("{:>9}  {:>8}  {:>12}  {:>10}", "THRESHOLD", "ASKED", "FIELDS KEPT", "COST SAVED");
    for at in &quality.at {
        println!(
            "{:>9}  {:>6.0} %  {:>10.0} %  {:>8.0} %",
            at.threshold,
            at.asked_share * 100.0,
            at.gain_kept_share * 100.0,
            at.cost_saved_share * 100.0
        );
    }
}
