//! What models may cost: put aside before a call, settled after it, shared by all processes.

use std::fmt;

use chronogram_model::language_model::ModelRequestId;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use jiff_sqlx::ToSqlx as _;
use rust_decimal::Decimal;
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use chronogram_gateways::models::Budgets;

use super::{Grant, ModelFailure, asked::while_};

/// Days that accounts are kept.
const KEEP_DAYS: i64 = 400;
/// Lapsed reservations that are settled at once.
const LAPSED_MAX: i64 = 100;

/// Whose account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// All plugins, in a UTC day.
    House,
    /// A plugin, in a UTC day.
    Plugin,
    /// A run.
    Run,
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::House => "the day",
            Self::Plugin => "the plugin for the day",
            Self::Run => "the run",
        })
    }
}

/// What an account of today holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The plugin; `None`: the house.
    pub plugin: Option<String>,
    /// What was spent.
    pub spent: Decimal,
    /// What calls on their way may yet cost.
    pub reserved: Decimal,
}

/// What is to be put aside.
pub(super) struct Wanted<'a> {
    pub(super) request: &'a ModelRequestId,
    pub(super) grant: &'a Grant,
    pub(super) budgets: Budgets,
    pub(super) amount: Decimal,
    pub(super) now: Timestamp,
    /// After so long whoever made the call is gone.
    pub(super) lease: SignedDuration,
}

/// Whether it was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserved {
    /// Yes, for this call.
    Ours(Uuid),
    /// Somebody asks the same already.
    Elsewhere,
    /// There is not so much left.
    Spent(AccountKind),
}

/// A reservation whose call was never settled.
#[derive(sqlx::FromRow)]
pub(super) struct Lapsed {
    pub(super) request: String,
    pub(super) call: Uuid,
    pub(super) amount: Decimal,
}

pub(super) struct Ledger(PgPool);

impl Ledger {
    pub(super) fn new(pool: PgPool) -> Self {
        Self(pool)
    }

    /// Puts the amount aside on every account, or on none.
    pub(super) async fn reserve(&self, wanted: &Wanted<'_>) -> Result<Reserved, ModelFailure> {
        const RESERVE: &str = "
            insert into model.reservation (request, plugin, run, day, amount, lease_until)
            values ($1, $2, $3, $4, $5, $6) on conflict (request) do nothing returning call";
        const PUT_ASIDE: &str = "
            insert into model.account as account (name, opened_on, reserved) values ($1, $2, $3)
            on conflict (name) do update set reserved = account.reserved + $3
            where $4::numeric is null or account.spent + account.reserved + $3 <= $4";
        let failed = || while_("put the cost of a call aside");
        let day = day_of(wanted.now);
        let mut transaction = self.0.begin().await.map_err(failed())?;
        let call = sqlx::query_scalar(RESERVE)
            .bind(wanted.request.as_str())
            .bind(&wanted.grant.plugin)
            .bind(wanted.grant.run)
            .bind(day.to_sqlx())
            .bind(wanted.amount)
            .bind(wanted.now.saturating_add(wanted.lease).unwrap_or(Timestamp::MAX).to_sqlx())
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed())?;
        let Some(call) = call else { return Ok(Reserved::Elsewhere) };
        let limits = [wanted.budgets.house_day, wanted.budgets.plugin_day, wanted.budgets.run];
        for ((kind, name), limit) in accounts(&wanted.grant.plugin, wanted.grant.run, day).into_iter().zip(limits) {
            // An account that is opened now has spent nothing.
            let fits = limit.is_none_or(|limit| wanted.amount <= limit);
            let query = sqlx::query(PUT_ASIDE).bind(name).bind(day.to_sqlx()).bind(wanted.amount).bind(limit);
            if !fits || query.execute(&mut *transaction).await.map_err(failed())?.rows_affected() == 0 {
                return Ok(Reserved::Spent(kind));
            }
        }
        transaction.commit().await.map_err(failed())?;
        Ok(Reserved::Ours(call))
    }

    /// What a call really cost. Done again it changes nothing.
    pub(super) async fn settle(&self, call: Uuid, cost: Decimal) -> Result<(), ModelFailure> {
        const RELEASE: &str = "
            delete from model.reservation where call = $1 returning plugin, run, day, amount";
        let failed = || while_("settle a call");
        let mut transaction = self.0.begin().await.map_err(failed())?;
        let released: Option<(String, Uuid, jiff_sqlx::Date, Decimal)> =
            sqlx::query_as(RELEASE).bind(call).fetch_optional(&mut *transaction).await.map_err(failed())?;
        if let Some((plugin, run, day, amount)) = released {
            for (_, name) in accounts(&plugin, run, day.to_jiff()) {
                pay(&mut transaction, &name, amount, cost).await?;
            }
        }
        transaction.commit().await.map_err(failed())
    }

    /// Reservations of those who are gone.
    pub(super) async fn lapsed(&self, now: Timestamp) -> Result<Vec<Lapsed>, ModelFailure> {
        const SQL: &str = "
            select request, call, amount from model.reservation where lease_until < $1 order by lease_until limit $2";
        let query = sqlx::query_as(SQL).bind(now.to_sqlx()).bind(LAPSED_MAX);
        query.fetch_all(&self.0).await.map_err(while_("look for calls that were cut short"))
    }

    /// What this run put aside for a question, and has not settled.
    pub(super) async fn left_behind(
        &self,
        request: &ModelRequestId,
        run: Uuid,
    ) -> Result<Option<Lapsed>, ModelFailure> {
        const SQL: &str = "select request, call, amount from model.reservation where request = $1 and run = $2";
        let query = sqlx::query_as(SQL).bind(request.as_str()).bind(run);
        query.fetch_optional(&self.0).await.map_err(while_("look for a call that was cut short"))
    }

    /// The accounts of a day.
    pub(super) async fn of_day(&self, now: Timestamp) -> Result<Vec<Account>, ModelFailure> {
        const SQL: &str = "
            select name, spent, reserved from model.account where opened_on = $1 and name not like 'run %' order by name";
        let day = day_of(now);
        let rows: Vec<(String, Decimal, Decimal)> = sqlx::query_as(SQL)
            .bind(day.to_sqlx())
            .fetch_all(&self.0)
            .await
            .map_err(while_("read what models cost"))?;
        let prefix = format!("plugin {day} ");
        let account = |(name, spent, reserved): (String, Decimal, Decimal)| Account {
            plugin: name.strip_prefix(&prefix).map(str::to_owned),
            spent: spent.normalize(),
            reserved: reserved.normalize(),
        };
        Ok(rows.into_iter().map(account).collect())
    }

    /// Drops accounts of long ago.
    pub(super) async fn sweep(&self, now: Timestamp) -> Result<(), ModelFailure> {
        const SQL: &str = "delete from model.account where opened_on < $1 and reserved = 0";
        let long_ago = now.saturating_sub(SignedDuration::from_hours(24 * KEEP_DAYS)).unwrap_or(Timestamp::MIN);
        let query = sqlx::query(SQL).bind(day_of(long_ago).to_sqlx());
        query.execute(&self.0).await.map_err(while_("drop old accounts"))?;
        Ok(())
    }
}

async fn pay(
    transaction: &mut PgTransaction<'_>,
    name: &str,
    amount: Decimal,
    cost: Decimal,
) -> Result<(), ModelFailure> {
    const SQL: &str = "update model.account set reserved = reserved - $2, spent = spent + $3 where name = $1";
    let query = sqlx::query(SQL).bind(name).bind(amount).bind(cost);
    query.execute(&mut **transaction).await.map_err(while_("settle a call"))?;
    Ok(())
}

/// Always in this order, so that two who pay never wait for each other.
fn accounts(plugin: &str, run: Uuid, day: Date) -> [(AccountKind, String); 3] {
    [
        (AccountKind::House, format!("house {day}")),
        (AccountKind::Plugin, format!("plugin {day} {plugin}")),
        (AccountKind::Run, format!("run {run}")),
    ]
}

fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}
