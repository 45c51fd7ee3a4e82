//! The points on a dial's way at which the engine is killed, each with what the outside sees of it.
//! The program knows nothing of them: the agent, and whoever reads the journal beside the engine, say when one is reached.

use serde_json::Value;

/// In the order of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// A campaign is started, and none of its calls is wanted.
    Started,
    /// Calls are wanted, and the store takes none of the wishes (the number rung, the contact dialled).
    WishUnstored,
    /// A wish is stored, and no effect was made of it.
    WishStored,
    /// The effect stands ready, and nobody has taken it.
    EffectReady,
    /// The effect is taken under a lease, and the agent was not asked.
    EffectTaken,
    /// The request has reached the agent, which rings nobody before its sender is gone.
    Asked,
    /// The agent rings, and has not answered.
    Ringing,
    /// The agent has answered, and one half of that is on its way.
    HalfAnswered,
    /// The agent has answered, and the store does not take the end of the call.
    AnswerUnstored,
    /// The end is stored, and the effect is not done.
    EndStored,
    /// The end is stored with another turn for the contact.
    TurnStored,
    /// The end is stored with a promise.
    PromiseStored,
    /// The agent has asked for patience, and the store does not take that nothing left.
    PatienceUnstored,
    /// The effect is ready again, since nothing left.
    PatienceStored,
    /// The agent has taken the call to report on it, and the store does not take that.
    TakenUnstored,
    /// It is stored that the agent took the call, which has not reported.
    TakenStored,
    /// The agent reports, and the store does not take it.
    ReportUnstored,
    /// What the agent reported is stored, and the agent was not told so.
    ReportUnacknowledged,
    /// An effect that a dead process had sent is taken over by the next one: on PostgreSQL another node.
    LeaseTaken,
    /// The agent is asked what became of a dead process's call, and has not answered.
    AskedAbout,
    /// The agent has told what became of it, and the store does not take that.
    ToldUnstored,
    /// It is stored that nobody knows what became of a call.
    UnconfirmedStored,
    /// A campaign is through.
    Completed,
}

impl Moment {
    pub(super) const ALL: [Self; 23] = [
        Self::Started,
        Self::WishUnstored,
        Self::WishStored,
        Self::EffectReady,
        Self::EffectTaken,
        Self::Asked,
        Self::Ringing,
        Self::HalfAnswered,
        Self::AnswerUnstored,
        Self::EndStored,
        Self::TurnStored,
        Self::PromiseStored,
        Self::PatienceUnstored,
        Self::PatienceStored,
        Self::TakenUnstored,
        Self::TakenStored,
        Self::ReportUnstored,
        Self::ReportUnacknowledged,
        Self::LeaseTaken,
        Self::AskedAbout,
        Self::ToldUnstored,
        Self::UnconfirmedStored,
        Self::Completed,
    ];

    /// At which the engine has to be killed first, for this one to come with the next start.
    pub(super) fn after(self) -> Option<Self> {
        if matches!(self, Self::LeaseTaken | Self::AskedAbout | Self::ToldUnstored) {
            return Some(Self::Ringing);
        }
        // Of a call that the agent knows nothing of.
        (self == Self::UnconfirmedStored).then_some(Self::Asked)
    }

    /// Whether it needs an agent that can be asked.
    pub(super) fn asks(self) -> bool {
        matches!(self, Self::AskedAbout | Self::ToldUnstored)
    }

    /// Whether the engine goes on until it stands before the store, which takes nothing.
    pub(super) fn stands_before_the_store(self) -> bool {
        matches!(
            self,
            Self::WishUnstored
                | Self::AnswerUnstored
                | Self::PatienceUnstored
                | Self::TakenUnstored
                | Self::ReportUnstored
                | Self::ToldUnstored
        )
    }

    /// Whether an event is what marks it.
    pub(super) fn is_marked_by(self, kind: &str, name: &str, payload: &Value) -> bool {
        let ended = &payload["ended"];
        let (path, reach) = (&ended["outcome"]["path"], &ended["outcome"]["reach"]);
        let is_end = (kind, name) == ("target", "ended");
        match self {
            Self::Started | Self::WishUnstored => (kind, name) == ("campaign", "started"),
            Self::WishStored => (kind, name) == ("target", "dialled"),
            Self::EndStored => is_end && path == "answer",
            Self::TurnStored => is_end && !ended["next"]["again"].is_null(),
            Self::PromiseStored => (kind, name) == ("promise", "made"),
            Self::TakenStored => (kind, name) == ("target", "accepted"),
            Self::ReportUnacknowledged => is_end && path == "callback",
            Self::UnconfirmedStored => is_end && reach == "unconfirmed",
            Self::Completed => (kind, name) == ("campaign", "completed"),
            // The agent tells of these, or an effect.
            Self::EffectReady
            | Self::EffectTaken
            | Self::Asked
            | Self::Ringing
            | Self::HalfAnswered
            | Self::AnswerUnstored
            | Self::PatienceUnstored
            | Self::PatienceStored
            | Self::TakenUnstored
            | Self::ReportUnstored
            | Self::LeaseTaken
            | Self::AskedAbout
            | Self::ToldUnstored => false,
        }
    }

    pub(super) fn is_an_effects(self) -> bool {
        matches!(self, Self::EffectReady | Self::EffectTaken | Self::LeaseTaken | Self::PatienceStored)
    }

    /// Whether an effect that has the agent ring, as it stands, is what marks it.
    pub(super) fn is_marked_by_effect(self, state: &str, fence: i64) -> bool {
        let (ready, sent) = (state == "ready", state == "sent");
        (self == Self::EffectReady && ready && fence == 0)
            || (self == Self::EffectTaken && sent && fence == 1)
            || (self == Self::LeaseTaken && sent && fence > 1)
            || (self == Self::PatienceStored && ready && fence > 0)
    }
}
