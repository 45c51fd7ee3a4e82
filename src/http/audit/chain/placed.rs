//! From a call that a campaign placed to the row of the file that its contact came from: report, call, target, campaign, contact,
//! import, row.

use std::sync::Arc;

use cqrs_es::Aggregate as _;
use domain::campaign::Campaign;
use domain::contact::{self, Contact};
use domain::fact::{Event, Fact};
use domain::ids::StreamId;
use domain::import::{self, Became, Import};
use domain::target::{self, Target, Words};
use futures_util::TryStreamExt as _;
use projections::campaign_calls::CallRow;
use uuid::Uuid;

use super::{Chain, What, texts};
use crate::dispatch::lists::Error;
use crate::http::imports;
use crate::http::problem::Problem;

impl Chain<'_> {
    pub(super) async fn placed(&mut self, call: &CallRow) -> Result<(), Problem> {
        let stream = StreamId::target(self.organization, call.campaign, call.contact);
        let facts = self.facts(Target::TYPE, &stream).await?;
        let own: Vec<&Arc<Fact>> = facts.iter().filter(|fact| names(fact, call.id)).collect();
        let id = || ("call", call.id.to_string());
        if let Some(told) = own.iter().rev().find(|fact| has_recording(fact)) {
            self.because(What::Recording, id(), told, texts::RECORDING);
        }
        let Some(dialled) = own.first() else {
            self.end(texts::NOT_DIALLED);
            return Ok(());
        };
        if let Some(ended) = own.iter().find(|fact| is_end(fact)) {
            self.event(What::Report, id(), ended);
            self.effect(ended);
        }
        self.event(What::Call, id(), dialled);
        let joined = facts.iter().rev().find(|fact| fact.position < dialled.position && is_joining(fact));
        if let Some(joined) = joined {
            self.event(What::Target, ("campaign", call.campaign.to_string()), joined);
        }
        self.campaign(call.campaign).await?;
        self.contact(call.contact).await
    }

    async fn campaign(&mut self, campaign: Uuid) -> Result<(), Problem> {
        let facts = self.facts(Campaign::TYPE, &StreamId::campaign(self.organization, campaign)).await?;
        match facts.first() {
            Some(created) => self.event(What::Campaign, ("campaign", campaign.to_string()), created),
            None => self.end(texts::NO_CAMPAIGN),
        }
        Ok(())
    }

    pub(super) async fn contact(&mut self, contact: Uuid) -> Result<(), Problem> {
        let facts = self.facts(Contact::TYPE, &StreamId::contact(self.organization, contact)).await?;
        let Some(created) = facts.first() else {
            self.end(texts::NO_CONTACT);
            return Ok(());
        };
        self.event(What::Contact, ("contact", contact.to_string()), created);
        if let Event::Contact(contact::Event::Created { import: Some(import), .. }) = &created.event {
            return self.import(*import, contact).await;
        }
        self.end(texts::BY_HAND);
        Ok(())
    }

    async fn import(&mut self, import: Uuid, contact: Uuid) -> Result<(), Problem> {
        let facts = self.facts(Import::TYPE, &StreamId::import(self.organization, import)).await?;
        let Some(begun) = facts.first() else {
            self.end(texts::NO_IMPORT);
            return Ok(());
        };
        self.event(What::Import, ("import", import.to_string()), begun);
        match self.made_by(import, contact).await {
            Ok(Some(row)) => self.row(("import", import.to_string()), row, None),
            Ok(None) => self.end(texts::NO_ROW),
            Err(Error::Forgotten) => self.end(texts::FORGOTTEN),
            Err(why @ (Error::Unavailable(_) | Error::Damaged)) => return Err(why.into()),
        }
        Ok(())
    }

    /// The row that a contact was made of, as the import's own report has it.
    async fn made_by(&self, import: Uuid, contact: Uuid) -> Result<Option<u32>, Error> {
        let mut texts = Box::pin(self.engine.dispatch.lists().texts(self.organization, import));
        let made = |line: &import::Line| line.became == Became::Created && line.contact == Some(contact);
        while let Some(text) = texts.try_next().await? {
            let lines = imports::read(&text).ok_or(Error::Damaged)?;
            if let Some(line) = lines.into_iter().find(made) {
                return Ok(Some(line.row));
            }
        }
        Ok(None)
    }
}

fn names(fact: &Fact, call: Uuid) -> bool {
    matches!(&fact.event, Event::Target(event) if event.call() == Some(call))
}

fn is_end(fact: &Fact) -> bool {
    matches!(fact.event, Event::Target(target::Event::Ended { .. }))
}

fn is_joining(fact: &Fact) -> bool {
    matches!(fact.event, Event::Target(target::Event::Enlisted { .. }))
}

fn has_recording(fact: &Fact) -> bool {
    said(fact).is_some_and(|words| words.recording_url.is_some())
}

fn said(fact: &Fact) -> Option<&Words> {
    let Event::Target(target::Event::Ended { personal, .. } | target::Event::Corrected { personal, .. }) =
        &fact.event
    else {
        return None;
    };
    personal.clear()
}
