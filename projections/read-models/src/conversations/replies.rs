//! Folds what we said: asked for, then sent or failed.

use std::collections::BTreeMap;

use chronogram_log::Position;
use chronogram_model::{
    ReplyId,
    conversation::{Outgoing, ReplyFailed, ReplyRequested, ReplySent},
};
use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::{PgConnection, types::Uuid};

use crate::observed::column;

/// What a batch changes of replies.
#[derive(Default)]
pub(super) struct ReplyChanges {
    requested: BTreeMap<ReplyId, Requested>,
    settled: BTreeMap<ReplyId, Settled>,
}

struct Requested {
    conversation: String,
    person: Option<String>,
    in_reply_to: Option<i64>,
    kind: &'static str,
    text: Option<String>,
    priority: &'static str,
    asked_at: Timestamp,
    position: i64,
}

struct Settled {
    state: &'static str,
    at: Timestamp,
    message_ids: Vec<i64>,
    maybe_repeated: bool,
    reason: Option<String>,
    position: i64,
}

impl ReplyChanges {
    pub(super) fn request(&mut self, conversation: &str, reply: &ReplyRequested, position: Position) {
        let outgoing = reply.outgoing.readable();
        let kind = outgoing.map_or("send", Outgoing::kind);
        let text = match outgoing {
            Some(Outgoing::Send(message) | Outgoing::Edit { message, .. }) => Some(message.text.clone()),
            Some(Outgoing::AnswerPress { text, .. }) => text.clone(),
            // Of files the words under the first.
            Some(files) => files.files().first().map(|(_, item)| item.caption.text.clone()),
            None => None,
        };
        let requested = Requested {
            conversation: conversation.to_owned(),
            person: reply.outgoing.person().map(ToString::to_string),
            in_reply_to: reply.in_reply_to.map(|id| id.0),
            kind,
            text,
            priority: reply.priority.as_str(),
            asked_at: reply.requested_at.to_sqlx(),
            position: position.as_i64(),
        };
        self.requested.insert(reply.reply, requested);
    }

    pub(super) fn send(&mut self, sent: &ReplySent, position: Position) {
        let settled = Settled {
            state: "sent",
            at: sent.sent_at.to_sqlx(),
            message_ids: sent.message_ids.iter().map(|id| id.0).collect(),
            maybe_repeated: sent.maybe_repeated,
            reason: None,
            position: position.as_i64(),
        };
        self.settled.insert(sent.reply, settled);
    }

    pub(super) fn fail(&mut self, failed: ReplyFailed, position: Position) {
        let settled = Settled {
            state: "failed",
            at: failed.failed_at.to_sqlx(),
            message_ids: Vec::new(),
            maybe_repeated: false,
            reason: Some(failed.reason),
            position: position.as_i64(),
        };
        self.settled.insert(failed.reply, settled);
    }
}

/// Writes what changed: first what was asked for, then what became of it.
pub(super) async fn write(connection: &mut PgConnection, changes: ReplyChanges) -> Result<(), sqlx::Error> {
    request(connection, &changes.requested.into_iter().collect::<Vec<_>>()).await?;
    settle(connection, &changes.settled.into_iter().collect::<Vec<_>>()).await
}

async fn request(connection: &mut PgConnection, rows: &[(ReplyId, Requested)]) -> Result<(), sqlx::Error> {
    const SQL: &str = "
        insert into reply (id, conversation, person, in_reply_to, kind, text, priority, state, requested_at, position)
        select id, conversation, person, in_reply_to, kind, text, priority, 'requested', requested_at, position
        from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[],
            $8::timestamptz[], $9::bigint[])
            as new (id, conversation, person, in_reply_to, kind, text, priority, requested_at, position)";
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(SQL)
        .bind(column(rows, |(id, _)| id.0))
        .bind(column(rows, |(_, row)| row.conversation.as_str()))
        .bind(column(rows, |(_, row)| row.person.as_deref()))
        .bind(column(rows, |(_, row)| row.in_reply_to))
        .bind(column(rows, |(_, row)| row.kind))
        .bind(column(rows, |(_, row)| row.text.as_deref()))
        .bind(column(rows, |(_, row)| row.priority))
        .bind(column(rows, |(_, row)| row.asked_at))
        .bind(column(rows, |(_, row)| row.position))
        .execute(connection)
        .await?;
    Ok(())
}

async fn settle(connection: &mut PgConnection, rows: &[(ReplyId, Settled)]) -> Result<(), sqlx::Error> {
    // Arrays of arrays do not fit `unnest`: the ids travel as text.
    const SQL: &str = "
        update reply set state = new.state, settled_at = new.settled_at, message_ids = new.message_ids::bigint[],
            maybe_repeated = new.maybe_repeated, reason = new.reason, position = new.position
        from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::boolean[], $6::text[], $7::bigint[])
            as new (id, state, settled_at, message_ids, maybe_repeated, reason, position)
        where reply.id = new.id";
    if rows.is_empty() {
        return Ok(());
    }
    let literal = |ids: &[i64]| format!("{{{}}}", ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
    let ids: Vec<Uuid> = column(rows, |(id, _)| id.0);
    sqlx::query(SQL)
        .bind(ids)
        .bind(column(rows, |(_, row)| row.state))
        .bind(column(rows, |(_, row)| row.at))
        .bind(column(rows, |(_, row)| literal(&row.message_ids)))
        .bind(column(rows, |(_, row)| row.maybe_repeated))
        .bind(column(rows, |(_, row)| row.reason.as_deref()))
        .bind(column(rows, |(_, row)| row.position))
        .execute(connection)
        .await?;
    Ok(())
}
