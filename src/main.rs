//! The program `karnay`: everything it can do is under `cli`.

use std::process::ExitCode;

/// Many small pieces of memory are handed from thread to thread here, which the system's allocator is slow at.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    karnay::cli::run(std::env::args_os()).await
}
