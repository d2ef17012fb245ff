//! Writes the Swift and Kotlin code that calls the library. Apart from it, so that nothing of this goes to a phone.

fn main() {
    uniffi::uniffi_bindgen_main();
}
