//! Folds profiles: fields as they stand, and every enrichment with what it took.

use std::collections::{BTreeMap, BTreeSet};

use chronogram_engine::ApplyError;
use chronogram_log::Position;
use chronogram_model::{
    PersonId,
    person::{ProfileEnriched, ProfileEnrichmentFailed, ProfileField},
};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::PgConnection;

use crate::observed::{column, count, json};

/// What a batch changes of profiles.
#[derive(Default)]
pub(super) struct ProfileChanges {
    /// Whose fields from before the batch are all gone.
    cleared: BTreeSet<String>,
    /// What became of fields in the batch; `None`: it no longer holds.
    fields: BTreeMap<(String, String), Option<FieldColumns>>,
    enrichments: Vec<(Position, ProfileEnriched)>,
    failures: Vec<(Position, ProfileEnrichmentFailed)>,
}

struct FieldColumns {
    field: ProfileField,
    /// A JSON array: `unnest` would flatten an array of arrays.
    evidence: String,
    set_at: Timestamp,
    position: Position,
}

impl ProfileChanges {
    pub(super) fn enrich(&mut self, enriched: ProfileEnriched, position: Position) -> Result<(), ApplyError> {
        let person = enriched.person.to_string();
        for key in &enriched.unset {
            self.fields.insert((person.clone(), key.clone()), None);
        }
        for field in enriched.set.plain().into_iter().flatten() {
            let columns = FieldColumns {
                evidence: json(&field.evidence, position)?,
                field: field.clone(),
                set_at: enriched.enriched_at,
                position,
            };
            self.fields.insert((person.clone(), field.key.clone()), Some(columns));
        }
        self.enrichments.push((position, enriched));
        Ok(())
    }

    pub(super) fn clear(&mut self, person: &PersonId) {
        let person = person.to_string();
        self.fields.retain(|(owner, _), _| *owner != person);
        self.cleared.insert(person);
    }

    pub(super) fn fail(&mut self, failed: ProfileEnrichmentFailed, position: Position) {
        self.failures.push((position, failed));
    }
}

/// Writes what changed: cleared profiles first, so that fields set after the clearing stay.
pub(super) async fn write(connection: &mut PgConnection, changes: ProfileChanges) -> Result<(), sqlx::Error> {
    if !changes.cleared.is_empty() {
        let cleared: Vec<String> = changes.cleared.into_iter().collect();
        sqlx::query("delete from profile_field where person = any($1)").bind(cleared).execute(&mut *connection).await?;
    }
    let (mut unset, mut set) = (Vec::new(), Vec::new());
    for (key, change) in changes.fields {
        match change {
            None => unset.push(key),
            Some(columns) => set.push((key.0, columns)),
        }
    }
    remove_fields(connection, &unset).await?;
    set_fields(connection, &set).await?;
    enrichments(connection, &changes.enrichments).await?;
    failures(connection, &changes.failures).await
}

async fn remove_fields(connection: &mut PgConnection, fields: &[(String, String)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        delete from profile_field using unnest($1::text[], $2::text[]) as gone (person, key)
        where profile_field.person = gone.person and profile_field.key = gone.key";
    if fields.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(fields, |(person, _)| person.as_str()))
        .bind(column(fields, |(_, key)| key.as_str()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn set_fields(connection: &mut PgConnection, fields: &[(String, FieldColumns)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into profile_field (person, key, value, confidence, evidence, set_at, position)
        select person, key, value, confidence, array(select jsonb_array_elements_text(evidence::jsonb)), set_at, position
        from unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[], $6::timestamptz[], $7::bigint[])
            as new (person, key, value, confidence, evidence, set_at, position)
        on conflict (person, key) do update set
            value = excluded.value, confidence = excluded.confidence, evidence = excluded.evidence,
            set_at = excluded.set_at, position = excluded.position";
    if fields.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(fields, |(person, _)| person.as_str()))
        .bind(column(fields, |(_, new)| new.field.key.as_str()))
        .bind(column(fields, |(_, new)| new.field.value.as_str()))
        .bind(column(fields, |(_, new)| new.field.confidence))
        .bind(column(fields, |(_, new)| new.evidence.as_str()))
        .bind(column(fields, |(_, new)| new.set_at.to_sqlx()))
        .bind(column(fields, |(_, new)| new.position.as_i64()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn enrichments(connection: &mut PgConnection, rows: &[(Position, ProfileEnriched)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into profile_enrichment (person, position, strategy, plugin, plugin_digest, wit_version, input_hash,
            journal_hash, output_hash, fuel, tokens, cost, duration_us, fallback_reason, question, fields_set,
            fields_unset, enriched_at)
        select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::numeric[], $13::bigint[], $14::text[],
            $15::text[], $16::integer[], $17::integer[], $18::timestamptz[])";
    if rows.is_empty() {
        return Ok(());
    }
    let number = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
    sqlx::query(SQL)
        .bind(column(rows, |(_, row)| row.person.to_string()))
        .bind(column(rows, |(position, _)| position.as_i64()))
        .bind(column(rows, |(_, row)| row.strategy.as_str()))
        .bind(column(rows, |(_, row)| row.plugin.name.as_str()))
        .bind(column(rows, |(_, row)| row.plugin.digest.as_str()))
        .bind(column(rows, |(_, row)| row.plugin.wit_version.as_str()))
        .bind(column(rows, |(_, row)| row.plugin.input_hash.as_str()))
        .bind(column(rows, |(_, row)| row.plugin.journal_hash.as_str()))
        .bind(column(rows, |(_, row)| row.plugin.output_hash.as_str()))
        .bind(column(rows, |(_, row)| count(row.plugin.fuel)))
        .bind(column(rows, |(_, row)| count(row.tokens)))
        .bind(column(rows, |(_, row)| row.cost))
        .bind(column(rows, |(_, row)| count(row.duration_us)))
        .bind(column(rows, |(_, row)| row.fallback_reason.as_deref()))
        .bind(column(rows, |(_, row)| row.ask.as_ref().and_then(|ask| ask.plain()).map(String::as_str)))
        .bind(column(rows, |(_, row)| number(row.set.plain().map_or(0, Vec::len))))
        .bind(column(rows, |(_, row)| number(row.unset.len())))
        .bind(column(rows, |(_, row)| row.enriched_at.to_sqlx()))
        .execute(connection)
        .await?;
    Ok(())
}

async fn failures(
    connection: &mut PgConnection,
    rows: &[(Position, ProfileEnrichmentFailed)],
) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into profile_failure (person, position, strategy, plugin_digest, fault, failed_at)
        select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(rows, |(_, row)| row.person.to_string()))
        .bind(column(rows, |(position, _)| position.as_i64()))
        .bind(column(rows, |(_, row)| row.strategy.as_str()))
        .bind(column(rows, |(_, row)| row.digest.as_str()))
        .bind(column(rows, |(_, row)| row.fault.as_str()))
        .bind(column(rows, |(_, row)| row.failed_at.to_sqlx()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Blanks the profile of a person and what was asked of them, into what folding it erased gives.
pub(super) async fn erase(connection: &mut PgConnection, person: &str) -> Result<(), sqlx::Error> {
    const FIELDS: &str = "delete from profile_field where person = $1";
    const ENRICHMENTS: &str = "update profile_enrichment set question = null, fields_set = 0 where person = $1";
    for sql in [FIELDS, ENRICHMENTS] {
        sqlx::query(sql).bind(person).execute(&mut *connection).await?;
    }
    Ok(())
}
