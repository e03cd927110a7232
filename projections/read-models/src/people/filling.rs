//! Whose profile is to be filled: a walk through people by id, so that what was passed is not looked at again.

use chronogram_model::PersonId;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgExecutor, Postgres, QueryBuilder};

use super::PersonRow;
use crate::QueryError;

/// How a profile has to stand to be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// There is none.
    Without,
    /// There is one, filled before this moment.
    Outdated(Timestamp),
    /// There is none, or one that was filled before this moment.
    WithoutOrOutdated(Timestamp),
    /// There is none, another strategy was asked for it, or it was filled before this moment.
    NotBy {
        /// The strategy that is to be asked for.
        strategy: String,
        /// The moment.
        or_before: Timestamp,
    },
}

/// Which people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToFill {
    /// By their profile.
    pub profile: Unfilled,
    /// Only who wrote at this moment or later.
    pub active_since: Option<Timestamp>,
    /// Only these.
    pub among: Option<Vec<PersonId>>,
    /// Only VIPs, by the operator's list or by Telegram Premium; or only the others.
    pub vip: Option<bool>,
    /// Not those whose profile was emptied on request, nor who was forgotten and not heard of since.
    pub spares: bool,
}

impl ToFill {
    fn push(&self, query: &mut QueryBuilder<Postgres>) {
        match &self.profile {
            Unfilled::Without => {
                query.push(" and has_profile = false");
            }
            Unfilled::Outdated(before) => {
                query.push(" and has_profile = true and profile_enriched_at < ").push_bind(before.to_sqlx());
            }
            Unfilled::WithoutOrOutdated(before) => {
                query.push(" and (has_profile = false or profile_enriched_at < ").push_bind(before.to_sqlx()).push(")");
            }
            Unfilled::NotBy { strategy, or_before } => {
                query
                    .push(" and (has_profile = false or profile_strategy is distinct from ")
                    .push_bind(strategy.clone());
                query.push(" or profile_enriched_at < ").push_bind(or_before.to_sqlx()).push(")");
            }
        }
        if let Some(vip) = self.vip {
            query.push(" and (vip or coalesce(premium, false)) = ").push_bind(vip);
        }
        if self.spares {
            query.push(" and left_alone is null");
        }
        if let Some(since) = self.active_since {
            query.push(" and last_message_at >= ").push_bind(since.to_sqlx());
        }
        if let Some(people) = &self.among {
            let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
            query.push(" and id = any(").push_bind(ids).push(")");
        }
    }
}

/// The next of them by id, after `after`, at most `limit`. Who is filled meanwhile drops out, so a run that starts anew
/// goes on where it was.
pub async fn people_to_fill(
    executor: impl PgExecutor<'_>,
    wanted: &ToFill,
    after: Option<&PersonId>,
    limit: u32,
) -> Result<Vec<PersonRow>, QueryError> {
    let mut query = QueryBuilder::new("select * from person where id > ");
    // '' stands before every id.
    query.push_bind(after.map(ToString::to_string).unwrap_or_default());
    wanted.push(&mut query);
    query.push(" order by id limit ").push_bind(i64::from(limit));
    Ok(query.build_query_as().fetch_all(executor).await?)
}

/// How many they are.
pub async fn count_people_to_fill(executor: impl PgExecutor<'_>, wanted: &ToFill) -> Result<u64, QueryError> {
    let mut query = QueryBuilder::new("select count(*) from person where true");
    wanted.push(&mut query);
    let count: i64 = query.build_query_scalar().fetch_one(executor).await?;
    Ok(u64::try_from(count).unwrap_or(0))
}
