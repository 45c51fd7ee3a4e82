//! What is pushed, as it is written. What is a resource of its own is written as its own route writes it.

use serde::Serialize;
use uuid::Uuid;

use crate::http::contacts::ContactView;
use crate::http::imports::ImportView;
use crate::http::times::Stamp;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignUpdate<'a> {
    pub(super) campaign_id: Uuid,
    pub(super) contact_id: Uuid,
    pub(super) status: &'static str,
    /// Null where the contact was removed since.
    pub(super) contact: Option<ContactView<'a>>,
    pub(super) outcome: Option<&'a str>,
    pub(super) summary: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignComplete {
    pub(super) campaign_id: Uuid,
    pub(super) message: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignStatus {
    pub(super) campaign_id: Uuid,
    pub(super) status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Removed {
    pub(super) id: Uuid,
    pub(super) removed: bool,
}

/// The documented words. What became of the call since is told next.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IncomingCall<'a> {
    pub(super) call_id: &'a str,
    pub(super) from_number: &'a str,
    pub(super) to_number: &'a str,
    pub(super) direction: &'static str,
    pub(super) start_time: Stamp,
    pub(super) state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExchangeCall<'a> {
    pub(super) call_id: &'a str,
    pub(super) state: &'static str,
}

/// What is uploaded, and how far it has come.
#[derive(Serialize)]
pub(super) struct Progress<T> {
    pub(super) kind: &'static str,
    #[serde(flatten)]
    pub(super) upload: T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Import<'a> {
    pub(super) upload_id: Uuid,
    #[serde(flatten)]
    pub(super) import: ImportView<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectionProgress<'a> {
    pub(super) name: &'a str,
    pub(super) generation: i64,
    /// 0 to 1.
    pub(super) fraction: f64,
    pub(super) events_per_second: f64,
    pub(super) remaining_seconds: Option<f64>,
}
