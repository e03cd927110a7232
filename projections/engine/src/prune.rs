//! Drops tables beside the live ones that nobody needs any more.

use crate::{
    Engine, EngineError,
    copies::{CopyRole, schema_of},
    error::While,
    rebuild::drop_copy,
    registered::Registered,
};

/// Every role.
const ROLES: [CopyRole; 3] = [CopyRole::Next, CopyRole::Previous, CopyRole::AsOf];

impl Engine {
    /// Drops what was live before the last switches and the read models of the past; with `unswitched` also rebuilds that
    /// nobody switched to. Answers the schemas that went. The live tables are never touched.
    pub async fn prune(&self, name: Option<&str>, unswitched: bool) -> Result<Vec<String>, EngineError> {
        let mut dropped = Vec::new();
        for registered in self.select(name.as_slice())? {
            for role in ROLES.into_iter().filter(|role| unswitched || *role != CopyRole::Next) {
                dropped.extend(self.drop_if_there(&registered, role, false).await?);
            }
        }
        Ok(dropped)
    }

    /// Drops read models of the past whose time is over.
    pub(crate) async fn prune_expired(&self) -> Result<(), EngineError> {
        for registered in self.projections.iter() {
            if let Some(schema) = self.drop_if_there(registered, CopyRole::AsOf, true).await? {
                tracing::info!(projection = registered.name, schema, "a read model of the past went");
            }
        }
        Ok(())
    }

    async fn drop_if_there(
        &self,
        registered: &Registered,
        role: CopyRole,
        only_expired: bool,
    ) -> Result<Option<String>, EngineError> {
        let until: Option<Option<i64>> = sqlx::query_scalar(
            "select until from projection.copy where name = $1 and version = $2 and role = $3 \
             and (not $4 or expires_at <= clock_timestamp())",
        )
        .bind(registered.name)
        .bind(registered.version)
        .bind(role.as_str())
        .bind(only_expired)
        .fetch_optional(&self.sessions.pool)
        .await
        .while_("look for tables beside the live ones")?;
        let Some(until) = until else { return Ok(None) };
        let mut leadership = self.upkeep(registered, "prune").await?;
        let dropped = drop_copy(leadership.connection(), registered, role).await?;
        leadership.give_up().await;
        let until = until.map(chronogram_log::Position::from_i64);
        Ok(dropped.then(|| schema_of(registered, role, until)))
    }
}
