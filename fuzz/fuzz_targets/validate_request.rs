//! Whatever bytes a client sends, reading them as a request ends in a request within its bounds or in a 4xx.

#![no_main]

use kami_lambda::api::request::ValidateRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| match ValidateRequest::parse(body) {
    Ok(request) => {
        for text in [request.code.as_str(), request.machine.as_str()] {
            assert!((1..=128).contains(&text.chars().count()) && text.trim() == text);
        }
    }
    Err(error) => assert!(error.status().is_client_error()),
});
