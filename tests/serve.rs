//! Servers, talked to as clients do and as they shouldn't: by bytes of this test, and by `curl`. Each behaviour is a row.

mod support;

#[path = "serve/bad_input.rs"]
mod bad_input;
#[path = "serve/bounds.rs"]
mod bounds;
#[path = "serve/composed.rs"]
mod composed;
#[path = "serve/fuzz.rs"]
mod fuzz;
#[path = "serve/http2.rs"]
mod http2;
#[path = "serve/isolation.rs"]
mod isolation;
#[path = "serve/life.rs"]
mod life;
#[path = "serve/limits.rs"]
mod limits;
#[path = "serve/operation.rs"]
mod operation;
#[path = "serve/process.rs"]
mod process;
#[path = "serve/requests.rs"]
mod requests;
#[path = "serve/responses.rs"]
mod responses;
#[path = "serve/routes.rs"]
mod routes;
#[path = "serve/services.rs"]
mod services;
#[path = "serve/soak.rs"]
mod soak;
#[path = "serve/static_files.rs"]
mod static_files;
#[path = "serve/tls.rs"]
mod tls;
#[path = "serve/wire.rs"]
mod wire;

use libtest_mimic::{Arguments, Failed, Trial};
use process::Shared;
use routes::Route;
use std::path::PathBuf;
use std::process::ExitCode;
use support::Target;

/// The server whose guest does what a request says.
static STEPS: Shared = Shared::new("steps", || support::guest("serve/steps.wasm"), &[]);

static ISOLATION: Shared = Shared::new("isolation", || support::guest("serve/isolation.wasm"), &[]);
static RUST_APP: Shared = Shared::new("rust-app", rust_app, &["--http", "http://127.0.0.1:*/"]);
static PYTHON: Shared = Shared::new("python", python, &[]);

fn rust_app() -> PathBuf {
    routes::component("rust-app.wasm").expect("a test that runs only with it")
}

fn python() -> PathBuf {
    routes::component("python.wasm").expect("a test that runs only with it")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for target in support::targets() {
        add_rows(&mut trials, &target);
        add_routes(&mut trials, &target, "rust-app", &RUST_APP, routes::RUST_APP);
        for &(name, test) in routes::RUST_APP_TESTS.iter().filter(|_| routes::component("rust-app.wasm").is_some()) {
            add(&mut trials, &target, &format!("rust-app::{name}"), move |target| test(&*RUST_APP.on(target)?));
        }
        // Under an emulator it would take minutes.
        if target.is_host() {
            add_services(&mut trials, &target);
            add_routes(&mut trials, &target, "python", &PYTHON, routes::PYTHON);
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    [&STEPS, &ISOLATION, &RUST_APP, &PYTHON].into_iter().for_each(Shared::stop);
    conclusion.exit_code()
}

/// Adds a test on a target.
fn add(
    trials: &mut Vec<Trial>,
    target: &Target,
    name: &str,
    test: impl FnOnce(&Target) -> Result<(), Failed> + Send + 'static,
) {
    let target = target.clone();
    trials.push(Trial::test(format!("{name}::{}", target.name), move || test(&target)));
}

fn add_rows(trials: &mut Vec<Trial>, target: &Target) {
    for row in requests::ROWS {
        let name = format!("request::{}", row.name);
        add(trials, target, &name, move |target| row.check(STEPS.on(target)?.address()));
    }
    for row in responses::ROWS {
        let name = format!("response::{}", row.name);
        add(trials, target, &name, move |target| row.check(&*STEPS.on(target)?, &target.name));
    }
    for &(name, test) in life::TESTS {
        let tag = format!("{name}-{}", target.name);
        add(trials, target, &format!("life::{name}"), move |target| test(&*STEPS.on(target)?, &tag));
    }
    for test in limits::TESTS.iter().chain(bounds::TESTS).filter(|test| test.is_for_emulators || target.is_host()) {
        add(trials, target, &format!("limits::{}", test.name), |target| test.check(target));
    }
    if target.is_host() {
        add(trials, target, "soak", soak::soak);
        add(trials, target, "http2::thousands_asleep", |target| http2::thousands_asleep(&*STEPS.on(target)?));
        add(trials, target, "static_files", static_files::many);
    }
    for &(name, test) in operation::TESTS {
        add(trials, target, &format!("operation::{name}"), move |target| operation::check(name, test, target));
    }
    add(trials, target, "tls", tls::tls);
    add(trials, target, "composed::link", composed::link);
    add(trials, target, "composed::document", composed::document);
    add(trials, target, "composed::routes_start_up", composed::routes_start_up);
    add(trials, target, "composed::routes_isolation", composed::routes_isolation);
    add(trials, target, "response::rules", |target| responses::check_rules(&*STEPS.on(target)?, &target.name));
    add(trials, target, "request::surroundings", |target| requests::check_surroundings(STEPS.on(target)?.address()));
    add(trials, target, "request::bounds", |target| requests::check_bounds(STEPS.on(target)?.address()));
    for row in http2::ROWS {
        add(trials, target, &format!("http2::{}", row.name), move |target| row.check(&*STEPS.on(target)?));
    }
    add(trials, target, "http2::many_at_once", |target| http2::many_at_once(&*STEPS.on(target)?));
    add(trials, target, "http2::lines_in_order", |target| http2::lines_in_order(&*STEPS.on(target)?));
    add(trials, target, "http2::many_in_order", |target| http2::many_in_order(&*STEPS.on(target)?));
    add(trials, target, "isolation::places", |target| isolation::places(&*ISOLATION.on(target)?));
    add(trials, target, "isolation::memory", |target| isolation::memory(&*STEPS.on(target)?));
    let fuzz: [(&str, bad_input::Test); 2] = [("fuzz_http_1", fuzz::http_1), ("fuzz_http_2", fuzz::http_2)];
    for &(name, test) in bad_input::TESTS.iter().chain(&fuzz).filter(|_| target.is_host()) {
        add(trials, target, &format!("bad_input::{name}"), move |target| test(&*STEPS.on(target)?));
    }
}

/// Adds the tests of services; without their programs, they are skipped.
fn add_services(trials: &mut Vec<Trial>, target: &Target) {
    let is_ignored = services::component("rust-http.wasm").is_none() && std::env::var_os("CI").is_none();
    for &(name, test) in services::TESTS {
        let on = target.clone();
        let trial = Trial::test(format!("service::{name}::{}", target.name), move || test(&on));
        trials.push(trial.with_ignored_flag(is_ignored));
    }
}

/// Adds the routes of a handler, by each version of HTTP; without it, a test that is skipped.
fn add_routes(
    trials: &mut Vec<Trial>,
    target: &Target,
    name: &'static str,
    server: &'static Shared,
    routes: &'static [Route],
) {
    if routes::component(&format!("{name}.wasm")).is_none() {
        let missing = move |_: &Target| Err(format!("{name}.wasm of the corpora is missing").into());
        add(trials, target, name, missing);
        let skipped = trials.pop().map(|trial| trial.with_ignored_flag(std::env::var_os("CI").is_none()));
        trials.extend(skipped);
        return;
    }
    for (version, flag) in routes::VERSIONS {
        for route in routes {
            let name = format!("{name}::{}::{version}", route.name);
            add(trials, target, &name, move |target| route.check(&*server.on(target)?, flag));
        }
    }
}

fn same(expected: &str, actual: &str) -> Result<(), Failed> {
    if expected == actual { Ok(()) } else { Err(format!("expected\n{expected}\ngot\n{actual}").into()) }
}
