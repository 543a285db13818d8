//! Whatever bytes a client sends, reading them as a request ends in a request within its bounds or in a 4xx.

#![no_main]

use kami_lambda::api::request::ValidateRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| match ValidateRequest::parse(body) {
    Ok(request) => {
        for text in [request.code.as_str(), request.machine.as_str()] {
            assert!((1..=128).contains(&text.chars().count()) && text.trim() == text);
        }
        let (version, mark) = (request.client.version.as_ref(), request.app_mark.as_ref());
        assert!(version.is_none_or(|version| (1..=32).contains(&version.as_str().len())));
        assert!(mark.is_none_or(|mark| (1..=64).contains(&mark.as_str().chars().count())));
    }
    Err(failure) => assert!(failure.error().status().is_client_error()),
});
