//! The program `karnay`: everything it can do is under `cli`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A report is made on one thread and freed on another, which is what this allocator is quick at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    karnay::cli::run(std::env::args_os()).await
}
