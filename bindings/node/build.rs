//! Links as Node's native modules are linked.

fn main() {
    napi_build::setup();
}
