//! What is told of a thing that was removed.

use actix_web::HttpResponse;
use domain::fact::Position;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::edge;

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Removed {
    id: Uuid,
    deleted: bool,
}

impl Removed {
    pub(super) fn answer(id: Uuid, position: Position) -> HttpResponse {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((edge::POSITION, position));
        answer.json(Self { id, deleted: true })
    }
}
