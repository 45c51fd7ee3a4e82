//! How campaigns and their contacts are shown.

use projections::campaign_board::CampaignRow;
use projections::contact_book::ContactRow;
use projections::targets::{State, TargetRow};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::contacts::ContactView;
use crate::http::figures;
use crate::http::language::Texts;
use crate::http::times::Stamp;

/// A campaign and how far it has come.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Campaign)]
pub(super) struct CampaignView<'a> {
    id: Uuid,
    organization_id: &'a str,
    name: &'a str,
    description: Option<&'a str>,
    campaign_type: &'static str,
    campaign_type_description: &'static str,
    status: &'static str,
    /// Why it stands still, where nobody asked for it.
    #[schema(value_type = Option<Object>)]
    why: Option<Value>,
    #[schema(value_type = Object)]
    settings: Option<Box<RawValue>>,
    total_contacts: i64,
    /// Whose calls are over.
    called_contacts: i64,
    successful_calls: i64,
    failed_calls: i64,
    callback_requested: i64,
    /// Who may not be called.
    skipped_contacts: i64,
    /// Calls under way.
    calling: i64,
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Stamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    completed_at: Option<Stamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
}

/// The same with its first contacts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignInFull)]
pub(super) struct WholeView<'a> {
    #[serde(flatten)]
    pub(super) campaign: CampaignView<'a>,
    pub(super) contacts: Vec<TargetView<'a>>,
}

/// A contact in a campaign.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignContact)]
pub(super) struct TargetView<'a> {
    contact_id: Uuid,
    /// As contacts are shown; null where it was removed.
    contact: Option<ContactView<'a>>,
    call_status: &'static str,
    call_status_description: &'static str,
    /// What the status has no name for.
    reason: Option<&'a str>,
    conversation_outcome: Option<&'a str>,
    conversation_summary: Option<&'a str>,
    /// Seconds of talk.
    call_duration: Option<i64>,
    recording_url: Option<&'a str>,
    attempts: i64,
    /// What its next call would be: `callback`, `retry` or `first`.
    turn: &'static str,
    /// When it was called last.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_attempt_at: Option<Stamp>,
    /// When it is looked at next.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Stamp>,
    /// The rule by which it is not called now; `explain` tells its figures.
    rule: Option<&'a str>,
    /// The same where waiting does not help.
    skip_reason: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Stamp,
}

fn json(text: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(text.to_owned()).ok()
}

impl<'a> CampaignView<'a> {
    pub(super) fn new(row: &'a CampaignRow, texts: Texts) -> Self {
        Self {
            id: row.id,
            organization_id: &row.organization,
            name: &row.name,
            description: row.description.as_deref(),
            campaign_type: row.purpose.as_str(),
            campaign_type_description: row.purpose.description(texts.language),
            status: row.status.as_str(),
            why: row.why.as_deref().map(figures::of_stored),
            settings: json(&row.settings),
            total_contacts: row.total,
            called_contacts: row.called,
            successful_calls: row.successful,
            failed_calls: row.failed,
            callback_requested: row.callbacks,
            skipped_contacts: row.skipped,
            calling: row.calling,
            attempts: row.attempts,
            started_at: row.started_at.map(Stamp),
            completed_at: row.completed_at.map(Stamp),
            created_at: Stamp(row.created_at),
            updated_at: Stamp(row.updated_at),
        }
    }
}

impl<'a> TargetView<'a> {
    pub(super) fn new(row: &'a TargetRow, contact: Option<&'a ContactRow>, texts: Texts) -> Self {
        Self {
            contact_id: row.contact,
            contact: contact.map(|contact| ContactView::new(contact, texts)),
            call_status: row.call_status.as_str(),
            call_status_description: row.call_status.description(texts.language),
            reason: row.reason.as_deref(),
            conversation_outcome: row.outcome.as_deref(),
            conversation_summary: row.summary.as_deref(),
            call_duration: row.talk_secs,
            recording_url: row.recording_url.as_deref(),
            attempts: row.attempts,
            turn: row.turn.as_str(),
            last_attempt_at: row.dialled_at.map(Stamp),
            next_attempt_at: row.due_at.map(Stamp),
            rule: row.rule.as_deref(),
            skip_reason: row.rule.as_deref().filter(|_| row.state == State::Skipped),
            updated_at: Stamp(row.updated_at),
        }
    }
}
