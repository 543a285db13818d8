//! Whatever bytes a client sends, reading them as a request ends in a request within its bounds or in a 4xx.

#![no_main]

use kami_lambda::api::Failure;
use kami_lambda::api::request::{
    ConsumeRequest, RechargeRequest, SeatRequest, StatusRequest, TrialRequest, ValidateRequest,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let validation = read(ValidateRequest::parse(body));
    let consumption = read(ConsumeRequest::parse(body));
    let recharge = read(RechargeRequest::parse(body));
    let release = read(SeatRequest::parse(body));
    let trial = read(TrialRequest::parse(body));
    let status = read(StatusRequest::parse(body));
    if let Some(request) = &validation {
        is_within_bounds(&[request.code.as_str(), request.machine.as_str()]);
        let (version, mark) = (request.client.version.as_ref(), request.app_mark.as_ref());
        assert!(version.is_none_or(|version| (1..=32).contains(&version.as_str().len())));
        assert!(mark.is_none_or(|mark| (1..=64).contains(&mark.as_str().chars().count())));
    }
    if let Some(request) = &consumption {
        is_within_bounds(&[request.code.as_str(), request.machine.as_str()]);
        assert!((1..=1_000_000_000).contains(&request.wanted.amount.get()));
        assert!((1..=64).contains(&request.wanted.request.as_str().len()));
    }
    if let Some(request) = &recharge {
        is_within_bounds(&[request.code.as_str(), request.with.as_str()]);
        request.machine.iter().for_each(|machine| is_within_bounds(&[machine.as_str()]));
    }
    if let Some(request) = &release {
        is_within_bounds(&[request.code.as_str(), request.machine.as_str()]);
    }
    if let Some(request) = &trial {
        is_within_bounds(&[request.machine.as_str()]);
        assert!(request.machine.is_bindable());
    }
    if let Some(request) = &status {
        is_within_bounds(&[request.code.as_str()]);
        request.machine.iter().for_each(|machine| is_within_bounds(&[machine.as_str()]));
    }
    assert!(consumption.is_none() || release.is_some(), "who takes points may give the seat back");
    assert!(validation.is_none() || release.is_some(), "a client releases what it validated");
    assert!(recharge.is_none() || status.is_some(), "who tops a card up may ask how it stands");
    assert!(release.is_none() || status.is_some(), "and may ask how it stands");
});

fn read<T>(parsed: Result<T, Failure>) -> Option<T> {
    parsed.inspect_err(|failure| assert!(failure.error().status().is_client_error())).ok()
}

fn is_within_bounds(texts: &[&str]) {
    for text in texts {
        assert!((1..=128).contains(&text.chars().count()) && text.trim() == *text);
    }
}
