#![no_main]

// The file of a context is refused, or taken; and nothing is read or connected to.
libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    if let Err(error) = jetblob::context::check(text) {
        assert_eq!(error.code(), "invalid_argument");
    }
});
