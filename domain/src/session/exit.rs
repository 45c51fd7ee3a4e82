//! How a remote command ended, and what it said.

use serde::{Deserialize, Serialize};

use crate::phone::{Home, masked, masked_output};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    pub code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

impl Exit {
    pub fn success(&self) -> bool {
        self.code == Some(0) && self.signal.is_none()
    }

    pub(super) fn masked(self, home: Home) -> Self {
        Self {
            code: self.code,
            signal: self.signal.map(|signal| masked(&signal, home).into_owned()),
            stdout: masked_output(&self.stdout, home).into_owned(),
            stderr: masked_output(&self.stderr, home).into_owned(),
        }
    }

    /// What is wrong with it, for people.
    pub fn complaint(&self) -> String {
        let how = match (&self.signal, self.code) {
            (Some(signal), _) => format!("killed by signal {signal}"),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => "no exit code".to_owned(),
        };
        let said = self.stderr.trim();
        if said.is_empty() {
            format!("Remote command failed: {how}")
        } else {
            format!("Remote command failed: {how}: {said}")
        }
    }
}
