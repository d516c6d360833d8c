//! Stores of values by their keys that outlive a request, a process, or a crash: in memory, in files and in a Redis server
//! that the test starts; and servers that don't answer as Redis does.

mod support;

#[path = "serve/process.rs"]
#[allow(dead_code, reason = "each suite uses only some of it")]
mod process;
#[path = "state/redis.rs"]
mod redis;

use libtest_mimic::{Arguments, Failed, Trial};
use process::{Server, compile};
use redis::{Redis, impostor};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use support::{Folder, Limits, Target};

type Test = fn(&Target, &Folder) -> Result<(), Failed>;

/// Tests on each target.
const TESTS: &[(&str, Test)] = &[
    ("requests_share_memory", requests_share_memory),
    ("lines_of_the_log", lines_of_the_log),
    ("files_outlive_a_server", files_outlive_a_server),
    ("crashes_lose_nothing", crashes_lose_nothing),
    ("damaged_files", damaged_files),
    ("redis_of_a_command", redis_of_a_command),
    ("redis_of_a_server", redis_of_a_server),
    ("redis_with_passwords", redis_with_passwords),
    ("components_have_stores", components_have_stores),
    ("bad_servers", bad_servers),
    ("as_wasmtime", as_wasmtime),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for target in support::targets() {
        for &(name, test) in TESTS {
            let target = target.clone();
            let label = format!("{name}::{}", target.name);
            trials.push(Trial::test(label, move || {
                let folder = Folder::new("state", &format!("{name}/{}", target.name));
                test(&target, &folder)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn handler() -> PathBuf {
    support::guest("state/handler.wasm")
}

/// Compiles the command of the steps.
fn command(target: &Target, folder: &Path, flags: &[&str]) -> Result<PathBuf, Failed> {
    compile_command(&support::guest("state/command.wasm"), target, folder, flags)
}

fn compile_command(guest: &Path, target: &Target, folder: &Path, flags: &[&str]) -> Result<PathBuf, Failed> {
    let executable = folder.join("command");
    let mut aot = Command::new(support::aot());
    aot.arg(guest).args(["--target", &target.name]).args(flags).arg("-o").arg(&executable);
    let outcome = support::run(&aot, Limits { seconds: 600, ..Limits::default() });
    if outcome.code == 0 { Ok(executable) } else { Err(outcome.stderr_text().into()) }
}

/// Steps that wasmtime does too. A store is opened once in each, because every opening of wasmtime's starts an empty one.
const SHARED: &[&str] = &[
    "config a config b config c config '' config-all",
    "open default",
    "open '' get a exists a set a 1 get a exists a set a 2 get a list delete a delete a exists a list",
    "open '' set b 3 set '' x get '' exists '' list open other get b",
    "open '' increment n 5 increment n 0 increment n 18446744073709551615 get n increment n 18446744073709551610 increment n 1 get n",
    "open '' set n x increment n 1 set n -1 increment n 1 set n '' increment n 1 set n +1 increment n 1 set n 01 increment n 1 get n",
    "open '' set-many a=1,b=2,c=3 get-many c,x,a,c delete-many a,x list get-many '' set-many '' delete-many '' list",
    "open '' set-many a=1,a=2 get a get-many a,a delete-many a,a list",
    "open '' set-many a=1,b=2,c=3 page 0",
];

/// What wasmtime has of these interfaces (configuration, and stores of the first draft) does the same, but for the texts of errors.
fn as_wasmtime(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let guest = support::guest("state/shared.wasm");
    let values = ["a=1", "b=x=y"];
    let configured = values.map(|value| format!("--config={value}"));
    let flags: Vec<&str> = configured.iter().map(String::as_str).chain(["--keyvalue", "=memory"]).collect();
    let executable = compile_command(&guest, target, folder, &flags)?;
    for words in SHARED {
        let mut wasmtime = Command::new(support::tool("wasmtime"));
        wasmtime.args(["run", "-S", "keyvalue,config"]);
        wasmtime.args(values.iter().flat_map(|value| [String::from("-S"), format!("config-var={value}")])).arg(&guest);
        let expected = perform(wasmtime, words)?;
        let actual = perform(target.command(&executable), words)?;
        same(&without_texts(&expected), &without_texts(&actual))
            .map_err(|error| format!("{words}: {}", error.message().unwrap_or_default()))?;
    }
    Ok(())
}

/// Lines without the texts of errors.
fn without_texts(lines: &str) -> String {
    let line = |line: &str| line.split_once("Error::Other(").map_or(line, |(before, _)| before).to_string();
    lines.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Runs steps, and returns the lines that they print.
fn steps(target: &Target, executable: &Path, steps: &str) -> Result<String, Failed> {
    perform(target.command(executable), steps)
}

fn perform(mut program: Command, steps: &str) -> Result<String, Failed> {
    program.args(steps.split(' ').map(|word| if word == "''" { "" } else { word }));
    let outcome = support::run(&program, Limits::default());
    if outcome.code == 0 {
        return Ok(String::from_utf8_lossy(&outcome.stdout).into_owned());
    }
    Err(format!("{steps}: status {}: {}", outcome.code, outcome.stderr_text()).into())
}

/// Requests the steps of a path, and returns the body.
fn get(address: SocketAddr, path: &str) -> Result<String, Failed> {
    let mut connection = TcpStream::connect(address)?;
    connection.write_all(format!("GET {path} HTTP/1.0\r\nHost: h\r\n\r\n").as_bytes())?;
    let mut text = String::new();
    connection.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no head")?;
    if head.starts_with("HTTP/1.") && head.contains(" 200") { Ok(body.to_string()) } else { Err(text.into()) }
}

fn same(expected: &str, actual: &str) -> Result<(), Failed> {
    if expected == actual { Ok(()) } else { Err(format!("expected {expected:?}, and it is {actual:?}").into()) }
}

/// Requests the same steps by several clients at once.
fn at_once(address: SocketAddr, clients: usize, requests: usize, path: &str) -> Result<(), Failed> {
    let client = || (0..requests).try_for_each(|_| get(address, path).map(|_| ()));
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| Failed::from("a panic"))?)
    })
}

fn requests_share_memory(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let executable = compile(&handler(), target, folder, &["--keyvalue", "default=memory", "--workers", "2"])?;
    let server = Server::start(process::command(target, &executable, None))?;
    at_once(server.address(), 4, 25, "/open/default/increment/n/1")?;
    same("open: Ok\nget: Some(\"100\")\nexists: false\n", &get(server.address(), "/open/default/get/n/exists/m")?)?;
    // A guest that ends in the middle leaves what it has set.
    let _ = get(server.address(), "/open/default/set/a/1/trap");
    same("open: Ok\nget: Some(\"1\")\n", &get(server.address(), "/open/default/get/a")?)
}

fn lines_of_the_log(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let executable = compile(&handler(), target, folder, &["--config", "a=1"])?;
    let server = Server::start(process::command(target, &executable, None))?;
    let text = get(server.address(), "/config/a/log/warn/place/some%0Atext/log/info//more")?;
    same("config: Some(\"1\")\nlog: written\nlog: written\n", &text)?;
    let of_guest = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| line.starts_with("stderr [")).cloned().collect()
    };
    let lines = server.log.wait(|lines| of_guest(lines).len() >= 2)?;
    same("stderr [1] :: [warn] place: some%0Atext|stderr [1] :: [info] more", &of_guest(&lines).join("|"))
}

fn files_outlive_a_server(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let path = folder.join("values");
    let store = format!("default=file:{}", path.display());
    let executable = compile(&handler(), target, folder, &["--keyvalue", &store, "--workers", "2"])?;
    let server = Server::start(process::command(target, &executable, None))?;
    at_once(server.address(), 4, 5, "/open/default/increment/n/1")?;
    let second = support::run(&target.command(&executable), Limits::default());
    same("125", &second.code.to_string())?;
    let expected = format!("aot: cannot open the store `default` in `{}`: another process uses it\n", path.display());
    same(&expected, &second.stderr_text())?;
    same("Some(0)", &format!("{:?}", server.stop()?))?;
    let server = Server::start(process::command(target, &executable, None))?;
    same("open: Ok\nincrement: 21\n", &get(server.address(), "/open/default/increment/n/1")?)
}

/// Files that something cut off or altered, with fixed seeds: the program works, or ends with an error that names the file.
fn damaged_files(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let path = folder.join("values");
    let store = format!("default=file:{}", path.display());
    let executable = command(target, folder, &["--keyvalue", &store])?;
    steps(target, &executable, "open default fill k 500 100 set a 1")?;
    let whole = fs::read(&path)?;
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    for case in 0..if target.is_host() { 120 } else { 12 } {
        let mut bytes = whole.clone();
        match case % 3 {
            0 => bytes.truncate(next(whole.len())),
            1 => (0..4).for_each(|_| bytes[next(whole.len())] = next(256) as u8),
            _ => (0..2).for_each(|_| bytes[next(512)] = next(256) as u8),
        }
        fs::write(&path, bytes)?;
        let mut program = target.command(&executable);
        program.args("open default get a set b 2 list delete k5 increment n 1".split(' '));
        let outcome = support::run(&program, Limits::default());
        let said = outcome.stderr_text();
        let at = path.display();
        let expected = match outcome.code {
            0 => String::new(),
            125 if said.starts_with("aot: cannot open") => {
                format!("aot: cannot open the store `default` in `{at}`: it is no store, or is damaged\n")
            }
            125 | 134 => format!("aot: the store in `{at}` is damaged\n"),
            _ => String::from("no such status"),
        };
        same(&expected, &said)
            .map_err(|error| format!("case {case}: {} {}", outcome.code, error.message().unwrap_or_default()))?;
    }
    Ok(())
}

/// A program that counts is killed after some answers: what it was told is there afterwards.
fn crashes_lose_nothing(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let store = format!("default=file:{}", folder.join("values").display());
    let executable = command(target, folder, &["--keyvalue", &store])?;
    let mut told: u64 = 0;
    for answers in [1, 2, 3, 5, 8, 13, 21] {
        let mut program = target.command(&executable);
        program.args(["open", "default"]).args(["increment", "n", "1"].repeat(200)).stdout(Stdio::piped());
        let mut child = program.spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        for line in lines.skip(1).take(answers) {
            let line = line?;
            told = line.strip_prefix("increment: ").and_then(|number| number.parse().ok()).ok_or(line)?;
        }
        child.kill()?;
        child.wait()?;
        let text = steps(target, &executable, "open default increment n 0")?;
        let kept = text.lines().nth(1).and_then(|line| line.strip_prefix("increment: ")?.parse::<u64>().ok());
        // It went on until it was killed.
        if kept.is_none_or(|kept| kept < told) {
            return Err(format!("it was told {told}, and {text:?} is left").into());
        }
    }
    Ok(())
}

fn redis_of_a_command(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let redis = Redis::start(folder)?;
    let executable = command(target, folder, &redis.flags())?;
    let rows = [
        ("get a exists a set a 1 get a delete a delete a exists a", "None false () Some(\"1\") () () false"),
        ("set-bytes b 1000000 get-length b delete b", "() Some(1000000) ()"),
        ("increment n 5 increment n -7 get n delete n", "5 -2 Some(\"-2\") ()"),
        (
            "set-many a=1,b=2,c=3 get-many c,x,a delete-many a,x get-many '' set-many '' delete-many ''",
            "() [Some((\"c\", \"3\")), None, Some((\"a\", \"1\"))] () [] () ()",
        ),
        ("list", "[\"b\", \"c\"]"),
        (
            "cas b swap 4 get b cas b set b 5 swap 6 current swap 7 get b cas new swap 1 get new",
            "Ok Ok Some(\"4\") Ok () failed, with a new handle Some(\"5\") Ok Some(\"7\") Ok Ok Some(\"1\")",
        ),
        (
            "set x y increment x 1",
            "() Error::Other(\"the server of the store: ERR value is not an integer or out of range\")",
        ),
        ("fill k 2500 10 page x", "() Error::Other(\"the cursor is none of this store\")"),
    ];
    for (words, expected) in rows {
        let text = steps(target, &executable, &format!("open default {words}"))?;
        let results: Vec<&str> = text.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.1)).collect();
        same(expected, &results.join(" "))?;
    }
    let text = steps(target, &executable, "open default list draft-open default draft-list")?;
    if text.matches(": 2504 keys in ").count() != 2 || text.contains("some twice") {
        return Err(text.into());
    }
    let text =
        steps(target, &executable, "draft-open default draft-increment u 7 draft-increment u 18446744073709551615")?;
    let expected = "draft-open: Ok\ndraft-increment: 7\ndraft-increment: Error::Other(\"the incremented number is out of range\")\n";
    same(expected, &text)?;
    drop(redis);
    let gone = "open: Ok\nget: Error::Other(\"the server of the store can't be reached\")\n";
    same(gone, &steps(target, &executable, "open default get a")?)
}

/// Users, passwords and databases. No password is in what `aot` and the program print.
fn redis_with_passwords(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let of_user = ["--user", "alice", "on", ">p@ss:w/rd%", "~*", "+@all"];
    let redis = Redis::start_with(folder, &[&["--requirepass", "secret"], &of_user[..]].concat())?;
    let refused = "Error::Other(\"the server of the store refuses the password\")";
    let rows = [
        (":secret@", "", "set a 1 get a", "() Some(\"1\")"),
        (":secret@", "/3", "get a set a 3 get a", "None () Some(\"3\")"),
        ("alice:p%40ss%3Aw%2Frd%25@", "/", "get a", "Some(\"1\")"),
        ("default:${STORE_PASSWORD}@", "", "get a config STORE_PASSWORD", "Some(\"1\") None"),
        (":${STORE_PASSWORD}@", "/3", "get a", "Some(\"3\")"),
        (":wrong@", "", "get a", refused),
        ("alice:secret@", "", "get a", refused),
        ("", "", "get a", "Error::Other(\"the server of the store: NOAUTH Authentication required.\")"),
        (":secret@", "/99", "get a", "Error::Other(\"the server of the store: ERR DB index is out of range\")"),
    ];
    for (login, database, words, expected) in rows {
        let store = format!("default=redis://{login}127.0.0.1:{}{database}", redis.port);
        let net = format!("127.0.0.1:{}", redis.port);
        let executable = command(target, folder, &["--keyvalue", &store, "--net", &net])?;
        let mut program = target.command(&executable);
        program.args(["open", "default"]).args(words.split(' ')).env("STORE_PASSWORD", "secret");
        let outcome = support::run(&program, Limits::default());
        let text = outcome.stdout_text();
        let results: Vec<&str> = text.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.1)).collect();
        same(expected, &results.join(" "))?;
        for json in [&[][..], &["--json"]] {
            let mut inspect = Command::new(support::aot());
            inspect.arg("inspect").arg(&executable).args(json);
            let said = support::run(&inspect, Limits::default()).stdout_text() + &outcome.stderr_text() + &text;
            if ["secret", "p@ss", "wrong"].iter().any(|password| said.contains(password)) {
                return Err(format!("a password is shown: {said}").into());
            }
            let shown = format!("default=redis://{}127.0.0.1", shown_login(login));
            if !said.contains(&shown) {
                return Err(format!("{shown:?} isn't shown: {said}").into());
            }
        }
    }
    let store = format!("default=redis://:${{STORE_PASSWORD}}@127.0.0.1:{}", redis.port);
    let executable = command(target, folder, &["--keyvalue", &store, "--net", &format!("127.0.0.1:{}", redis.port)])?;
    let mut program = target.command(&executable);
    let outcome = support::run(program.arg("open").arg("default").env_remove("STORE_PASSWORD"), Limits::default());
    same(
        "125 aot: STORE_PASSWORD is not set, and a store needs its password\n",
        &format!("{} {}", outcome.code, outcome.stderr_text()),
    )?;
    program.env("AOT_KEYVALUE_DENY", "default");
    same("open: Error::AccessDenied\n", &support::run(&program, Limits::default()).stdout_text())
}

/// Returns a login as `aot inspect` shows it.
fn shown_login(login: &str) -> String {
    match login.split_once(':') {
        Some((user, password)) if !password.starts_with('$') => format!("{user}:***@"),
        _ => login.to_string(),
    }
}

/// Stores and configuration of one component are no other's; those in the same file are the same.
fn components_have_stores(target: &Target, folder: &Folder) -> Result<(), Failed> {
    for name in ["a.wasm", "b.wasm", "c.wasm"] {
        // A custom section makes them different files.
        fs::write(folder.join(name), [&fs::read(handler())?[..], &[0, 2, 1, name.as_bytes()[0]]].concat())?;
    }
    let mut aot = process::compiler(target, folder);
    aot.args(["--route", "/open/one/...=a.wasm", "--route", "/open/two/...=b.wasm", "--route", "/...=c.wasm"]);
    aot.args(["--config", "x=0", "--keyvalue", "one=memory", "--for", "a.wasm", "--config", "x=1"]);
    aot.args(["--keyvalue", "one=file:values", "--keyvalue", "own=memory", "--for", "b.wasm", "--env", "y=2"]);
    aot.args(["--keyvalue", "two=file:values", "--keyvalue", "own=memory"]);
    let executable = process::compiled(aot, folder)?;
    let mut inspect = Command::new(support::aot());
    let said = support::run(inspect.arg("inspect").arg(&executable), Limits::default()).stdout_text();
    if !said.contains("a.wasm has of its own:\n  config x=1\n  keyvalue one=file:values\n  keyvalue own=memory\n") {
        return Err(said.into());
    }
    let mut program = process::command(target, &executable, None);
    program.current_dir(&**folder);
    let server = Server::start(program)?;
    let rows = [
        ("/open/one/set/k/1/config/x/config/y", "open: Ok\nset: ()\nconfig: Some(\"1\")\nconfig: None\n"),
        ("/open/two/get/k/config/x/config/y", "open: Ok\nget: Some(\"1\")\nconfig: None\nconfig: Some(\"2\")\n"),
        ("/open/one/open/two", "open: Ok\nopen: Error::NoSuchStore\n"),
        ("/open/one/open/own/set/k/2", "open: Ok\nopen: Ok\nset: ()\n"),
        ("/open/two/open/own/get/k", "open: Ok\nopen: Ok\nget: None\n"),
        ("/config/x/open/one/get/k", "config: Some(\"0\")\nopen: Ok\nget: None\n"),
        ("/config/y/open/own", "config: None\nopen: Error::NoSuchStore\n"),
    ];
    for (path, expected) in rows {
        same(expected, &get(server.address(), path)?)?;
    }
    same("Some(0)", &format!("{:?}", server.stop()?))
}

fn redis_of_a_server(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let redis = Redis::start(folder)?;
    let executable = compile(&handler(), target, folder, &[&redis.flags()[..], &["--workers", "2"]].concat())?;
    let server = Server::start(process::command(target, &executable, None))?;
    at_once(server.address(), 4, 25, "/open/default/increment/n/1")?;
    same("open: Ok\nget: Some(\"100\")\n", &get(server.address(), "/open/default/get/n")?)?;
    // Connections that it kept are gone with the server of the store; a new one is made.
    let port = redis.port;
    drop(redis);
    let gone = get(server.address(), "/open/default/get/n")?;
    same("open: Ok\nget: Error::Other(\"the server of the store can't be reached\")\n", &gone)?;
    let _redis = Redis::start_at(folder, port, &[])?;
    same("open: Ok\nget: None\n", &get(server.address(), "/open/default/get/n")?)
}

fn bad_servers(target: &Target, folder: &Folder) -> Result<(), Failed> {
    let garbage = "the server of the store doesn't answer as Redis does";
    let closed = "the server of the store has closed the connection";
    let rows: [(&[u8], &str); 12] = [
        (b"hello\r\n", garbage),
        (b"\r\n", garbage),
        (b"$-2\r\n", garbage),
        (b"$x\r\n", garbage),
        (b"$3\r\nabcd\r\n", garbage),
        (b"+OK\r\n", garbage),
        (b"*1\r\n*1\r\n*1\r\n*1\r\n", garbage),
        (b"$99999999999999999\r\n", "the answer of the store's server is too long"),
        (b"-ERR \x1b[2J\r\n", "the server of the store: ERR \\\\u{1b}[2J"),
        (b"$5\r\nab", closed),
        (b"", closed),
        (b"ENDLESS", garbage),
    ];
    for (answer, expected) in rows {
        let port = impostor(answer)?;
        let (store, net) = (format!("default=redis://127.0.0.1:{port}"), format!("127.0.0.1:{port}"));
        let executable = command(target, folder, &["--keyvalue", &store, "--net", &net, "--max-host-bytes", "1M"])?;
        let text = steps(target, &executable, "open default get a")?;
        same(&format!("open: Ok\nget: Error::Other(\"{expected}\")\n"), &text)?;
    }
    let port = impostor(b"SILENCE")?;
    let (store, net) = (format!("default=redis://127.0.0.1:{port}"), format!("127.0.0.1:{port}"));
    let executable = command(target, folder, &["--keyvalue", &store, "--net", &net, "--keyvalue-timeout", "300ms"])?;
    let late = "open: Ok\nget: Error::Other(\"the server of the store doesn't answer in time\")\n";
    same(late, &steps(target, &executable, "open default get a")?)
}
