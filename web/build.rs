//! Has the files embedded anew whenever somebody built the dashboard, or took it away. It builds nothing itself.

fn main() {
    println!("cargo::rerun-if-changed=assets");
}
