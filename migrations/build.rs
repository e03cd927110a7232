//! A new file beside this one is a new migration: build again.
fn main() {
    println!("cargo:rerun-if-changed=.");
}
