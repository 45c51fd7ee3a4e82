//! One step at a time: a message that comes while a step is under way is remembered, however many come.

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    working: bool,
    again: bool,
}

impl Turn {
    /// True where a step may begin now.
    pub(super) fn begin(&mut self) -> bool {
        self.again = self.working;
        !std::mem::replace(&mut self.working, true)
    }

    /// True where somebody asked for another step meanwhile.
    pub(super) fn end(&mut self) -> bool {
        self.working = false;
        std::mem::take(&mut self.again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_requests_make_one_more_step() {
        let mut turn = Turn::default();
        assert!(turn.begin());
        assert!(!turn.begin());
        assert!(!turn.begin());
        assert!(turn.end());
        assert!(turn.begin());
        assert!(!turn.end());
    }
}
