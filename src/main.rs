//! The program `karnay`: everything it can do is under `cli`.

use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    karnay::cli::run(std::env::args_os()).await
}
