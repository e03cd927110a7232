//! Profiles in numbers, for `profiles --stats` and the console.

use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::PgExecutor;

use super::{ProfileStatistics, StrategyStatistics};
use crate::{QueryError, columns::OptionalTime};

/// Totals stand in every row; a log without any enrichment gives one row without a strategy.
#[derive(sqlx::FromRow)]
struct Counted {
    people: i64,
    with_profile: i64,
    #[sqlx(try_from = "OptionalTime")]
    oldest_enriched_at: Option<Timestamp>,
    strategy: Option<String>,
    profiles: i64,
    enrichments: i64,
    fallbacks: i64,
    failures: i64,
    tokens: Decimal,
    cost: Decimal,
    duration_us: Decimal,
}

const SQL: &str = "
with totals as (
    select count(*) as people,
           count(*) filter (where has_profile) as with_profile,
           min(profile_enriched_at) filter (where has_profile) as oldest_enriched_at
    from person
), profiles as (
    select profile_strategy as strategy, count(*) as profiles from person where has_profile group by profile_strategy
), enrichments as (
    select strategy, count(*) as enrichments, count(fallback_reason) as fallbacks,
           sum(tokens) as tokens, sum(cost) as cost, sum(duration_us) as duration_us
    from profile_enrichment group by strategy
), failures as (
    select strategy, count(*) as failures from profile_failure group by strategy
), strategies as (
    select strategy from enrichments union select strategy from failures
)
select people, with_profile, oldest_enriched_at, strategy,
       coalesce(profiles, 0) as profiles, coalesce(enrichments, 0) as enrichments,
       coalesce(fallbacks, 0) as fallbacks, coalesce(failures, 0) as failures,
       coalesce(tokens, 0) as tokens, coalesce(cost, 0) as cost, coalesce(duration_us, 0) as duration_us
from totals
left join strategies on true
left join profiles using (strategy)
left join enrichments using (strategy)
left join failures using (strategy)
order by strategy";

/// Profiles in numbers, as they stand and over the whole log. Reads whole tables: for operators, not for every page.
pub async fn profile_statistics(executor: impl PgExecutor<'_>) -> Result<ProfileStatistics, QueryError> {
    let rows: Vec<Counted> = sqlx::query_as(SQL).fetch_all(executor).await?;
    let mut statistics = ProfileStatistics::default();
    for row in rows {
        statistics.people = row.people;
        statistics.with_profile = row.with_profile;
        statistics.oldest_enriched_at = row.oldest_enriched_at;
        statistics.strategies.extend(row.strategy.map(|strategy| StrategyStatistics {
            strategy,
            profiles: row.profiles,
            enrichments: row.enrichments,
            fallbacks: row.fallbacks,
            failures: row.failures,
            tokens: row.tokens,
            cost: row.cost,
            duration_us: row.duration_us,
        }));
    }
    Ok(statistics)
}
