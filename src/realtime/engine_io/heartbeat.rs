//! The one task of a session: it pings, ends whoever stays silent, closes what is doomed, and wakes the protocol above.

use tokio::time::{Instant, sleep, sleep_until};

use super::session::Phase;
use super::{Ended, Session};

/// What is to be done about a session now.
enum Beat {
    /// Nothing before that.
    At(Instant),
    Close(Ended),
    Over {
        lingers: bool,
    },
}

pub(super) async fn keep(session: Session) {
    loop {
        let now = Instant::now();
        match session.beat(now) {
            Beat::At(next) => {
                let next = session.due(now).map_or(next, |due| due.min(next));
                tokio::select! {
                    () = sleep_until(next) => {}
                    () = session.0.nudge.notified() => {}
                }
            }
            Beat::Close(why) => session.close(why),
            Beat::Over { lingers } => {
                if lingers {
                    // A poll that is on its way still gets its answer.
                    sleep(session.0.shared.options.linger).await;
                    session.forget();
                }
                return;
            }
        }
    }
}

impl Session {
    fn beat(&self, now: Instant) -> Beat {
        let timeout = self.0.shared.options.ping_timeout;
        let mut state = self.state();
        match (state.phase, state.doom) {
            (Phase::Closed(why), _) => return Beat::Over { lingers: why == Ended::ByClient },
            (_, Some(doom)) => return Beat::Close(doom),
            (Phase::Polling | Phase::Probing | Phase::Websocket, None) => {}
        }
        if now >= state.deadline(timeout) {
            return Beat::Close(Ended::PingTimeout);
        }
        if now >= state.ping_at && !state.pinged {
            state.push_ping();
        }
        Beat::At(if state.pinged { state.deadline(timeout) } else { state.ping_at })
    }

    fn due(&self, now: Instant) -> Option<Instant> {
        let talk = self.state().talk.clone();
        talk.and_then(|talk| talk.due(now))
    }
}
