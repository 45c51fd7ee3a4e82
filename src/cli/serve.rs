//! `karnay serve`: hands over to the composition root. Its failures before and after the start differ in exit code.

use super::{Error, Outcome};
use crate::actors::guardian;
use crate::app::{App, Ports};
use crate::config::Config;
use crate::telemetry;

pub(super) async fn run(config: Config) -> Result<Outcome, Error> {
    let traces = telemetry::install_traced(&config)?;
    guardian::name_panics();
    let ports = Ports::real();
    let remarks = config.remarks.clone();
    let app = App::build(config, ports).await.map_err(|why| Error::Start(format!("{why:#}")))?;
    // Only now: a start that fails says one line.
    for remark in remarks {
        tracing::warn!("{remark}");
    }
    let end = app.run_until_stopped().await;
    if let Some(traces) = traces {
        traces.close().await;
    }
    end.map_err(|why| Error::Broken(format!("{why:#}")))?;
    Ok(Outcome::Fine)
}
