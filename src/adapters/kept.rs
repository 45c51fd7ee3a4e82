//! What is kept of what a command says, on this machine or on another: its beginning, up to a limit, the rest only counted.

/// Kept of each of the two outputs. With the rest of an event they stay far below what the journal takes.
pub(super) const LEN_MAX: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    len_max: usize,
    dropped: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl Kept {
    /// With so many bytes more than what a command may say.
    pub(super) fn with_room(more: usize) -> Self {
        Self { bytes: vec![], len_max: LEN_MAX + more, dropped: 0 }
    }

    pub(super) fn take(&mut self, said: &[u8]) {
        let room = self.len_max.saturating_sub(self.bytes.len()).min(said.len());
        let (kept, dropped) = said.split_at(room);
        self.bytes.extend_from_slice(kept);
        self.dropped += u64::try_from(dropped.len()).unwrap_or(0);
    }

    /// So much more was said, and is kept nowhere.
    pub(super) fn drop_more(&mut self, bytes: u64) {
        self.dropped += bytes;
    }

    /// As text that every store takes.
    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).replace('\0', "\u{fffd}");
        if self.dropped > 0 { format!("{text}{}", more(self.dropped)) } else { text }
    }
}

fn more(dropped: u64) -> String {
    format!("\n… and {dropped} bytes more")
}
