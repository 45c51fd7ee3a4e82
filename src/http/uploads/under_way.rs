//! Uploads that are under way on this node, for those who want to see them move. What is stored shows in the screen instead.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Organization;
use uuid::Uuid;

use super::answer::{Stage, UploadView};
use crate::http::problem::{Code, Problem};
use crate::ports::SheetProgress;

/// Uploads at once; each takes a file's room on the disk and a thread.
const AT_ONCE_MAX: usize = 16;
/// Of one organization, so that none keeps the others out.
const OURS_MAX: usize = 4;

/// Those that ended and were not told of yet; nobody may be there who tells.
const ENDED_MAX: usize = 64;

#[derive(Debug, Default, Clone)]
pub(in crate::http) struct UnderWay(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    all: HashMap<Uuid, Arc<Begun>>,
    /// Those of which no screen will ever tell.
    ended: VecDeque<(Organization, UploadView)>,
}

#[derive(Debug)]
pub(in crate::http) struct Begun {
    organization: Organization,
    list: Uuid,
    request: String,
    pub(in crate::http) bytes: SheetProgress,
    pub(in crate::http) rows: AtomicU32,
    reading: AtomicBool,
    placing: AtomicBool,
    tried: AtomicBool,
    /// What those who watch were told last.
    told: Mutex<Option<UploadView>>,
}

/// One upload, shown until it is dropped.
#[derive(Debug)]
pub(in crate::http) struct Shown {
    all: Arc<Mutex<Book>>,
    pub(in crate::http) begun: Arc<Begun>,
}

impl UnderWay {
    pub(in crate::http) fn begin(
        &self,
        organization: &Organization,
        list: Uuid,
        request: &str,
    ) -> Result<Shown, Problem> {
        let all = &mut locked(&self.0).all;
        let ours = all.values().filter(|begun| begun.organization == *organization).count();
        if all.len() >= AT_ONCE_MAX || ours >= OURS_MAX {
            return Err(Problem::new(Code::Busy, "too many uploads are under way; nothing was stored"));
        }
        let begun = Arc::new(Begun {
            organization: organization.clone(),
            list,
            request: request.to_owned(),
            bytes: SheetProgress::default(),
            rows: AtomicU32::new(0),
            reading: AtomicBool::new(false),
            placing: AtomicBool::new(false),
            tried: AtomicBool::new(false),
            told: Mutex::default(),
        });
        all.insert(list, Arc::clone(&begun));
        Ok(Shown { all: Arc::clone(&self.0), begun })
    }

    /// How many rows of it were read, where it is under way.
    pub(in crate::http) fn rows(&self, organization: &Organization, list: Uuid) -> Option<u32> {
        let Book { all, .. } = &*locked(&self.0);
        let begun = all.get(&list).filter(|begun| begun.organization == *organization)?;
        Some(begun.rows.load(Ordering::Relaxed))
    }

    pub(super) fn of(&self, organization: &Organization) -> Vec<UploadView> {
        let Book { all, .. } = &*locked(&self.0);
        let mut ours: Vec<_> = all.values().filter(|begun| begun.organization == *organization).collect();
        ours.sort_by_key(|begun| std::cmp::Reverse(begun.list));
        ours.into_iter().map(|begun| begun.view()).collect()
    }

    /// Everybody's, save what is recorded by now, of which the screens tell, and what stands as it stood. What has ended is told once.
    pub(in crate::http) fn take_all(&self) -> Vec<(Organization, UploadView)> {
        let mut book = locked(&self.0);
        let mut told: Vec<_> = book.ended.drain(..).collect();
        let moves = book.all.values().filter(|begun| !begun.is_recorded());
        told.extend(moves.filter_map(|begun| Some((begun.organization.clone(), begun.news()?))));
        told
    }

    /// By its id or by its request's.
    pub(super) fn find(&self, organization: &Organization, id: &str) -> Option<UploadView> {
        let Book { all, .. } = &*locked(&self.0);
        let named = |begun: &&Arc<Begun>| begun.request == id || begun.list.to_string() == id;
        let found = all.values().filter(|begun| begun.organization == *organization).find(named);
        found.map(|begun| begun.view())
    }
}

impl Shown {
    pub(in crate::http) fn reading(&self) {
        self.begun.reading.store(true, Ordering::Relaxed);
    }

    /// It was to be tried only, and was.
    pub(in crate::http) fn tried(&self) {
        self.begun.tried.store(true, Ordering::Relaxed);
    }

    /// What becomes of it is recorded from here on.
    pub(in crate::http) fn placing(&self) {
        self.begun.placing.store(true, Ordering::Relaxed);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        let mut book = locked(&self.all);
        book.all.remove(&self.begun.list);
        if self.begun.is_recorded() {
            return;
        }
        if book.ended.len() >= ENDED_MAX {
            book.ended.pop_front();
        }
        let stage = if self.begun.tried.load(Ordering::Relaxed) { Stage::Tried } else { Stage::Failed };
        book.ended.push_back((self.begun.organization.clone(), self.begun.at(stage)));
    }
}

impl Begun {
    fn view(&self) -> UploadView {
        let stage = match (self.reading.load(Ordering::Relaxed), self.placing.load(Ordering::Relaxed)) {
            (_, true) => Stage::Placing,
            (true, false) => Stage::Reading,
            (false, false) => Stage::Receiving,
        };
        self.at(stage)
    }

    /// How it stands, where it moved since that was told.
    fn news(&self) -> Option<UploadView> {
        let (view, mut told) = (self.view(), self.told.lock().unwrap_or_else(PoisonError::into_inner));
        if told.as_ref() == Some(&view) {
            return None;
        }
        *told = Some(view.clone());
        Some(view)
    }

    fn is_recorded(&self) -> bool {
        self.placing.load(Ordering::Relaxed)
    }

    fn at(&self, stage: Stage) -> UploadView {
        let bytes = (self.bytes.done(), self.bytes.total());
        UploadView::begun(self.list, stage, self.rows.load(Ordering::Relaxed), bytes)
    }
}

fn locked(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}
