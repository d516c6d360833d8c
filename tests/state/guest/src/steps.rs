//! Steps: words that name a function, each followed by its operands.

use std::fmt::Debug;

wit_bindgen::generate!({ path: "state.wit", world: "test", generate_all });

use wasi::config0_2_0_draft_2024_09_27::store as config_draft;
use wasi::config0_2_0_rc_1::store as config;
use wasi::keyvalue0_2_0_draft as draft;
use wasi::keyvalue0_2_0_draft2::{atomics, batch, store};
use wasi::logging::logging::{Level, log};

/// A step of a bucket that all drafts have, with the interfaces of the bucket's draft, and the function that passes its cursors.
macro_rules! step_of_every_draft {
    ($steps:expr, $name:expr, $bucket:expr, $atomics:path, $batch:path, $pass:path) => {{
        use $atomics as atomics;
        use $batch as batch;
        match $name {
            "get" => show($bucket.get($steps.operand()).map(|value| value.map(text))),
            "set" => show($bucket.set($steps.operand(), $steps.operand().as_bytes())),
            "delete" => show($bucket.delete($steps.operand())),
            "exists" => show($bucket.exists($steps.operand())),
            "list" => {
                let (mut keys, mut pages, mut cursor) = (Vec::new(), 0, None);
                loop {
                    let page = match $bucket.list_keys($pass(&cursor)) {
                        Ok(page) => page,
                        Err(error) => break show::<()>(Err(error)),
                    };
                    keys.extend(page.keys);
                    pages += 1;
                    cursor = page.cursor;
                    if cursor.is_none() {
                        keys.sort();
                        break summary(keys, pages);
                    }
                }
            }
            "increment" => show(atomics::increment($bucket, $steps.operand(), $steps.number())),
            "get-many" => show(batch::get_many($bucket, &$steps.list()).map(many)),
            "set-many" => show(batch::set_many($bucket, &$steps.pairs())),
            "delete-many" => show(batch::delete_many($bucket, &$steps.list())),
            name => panic!("there is no step {name}"),
        }
    }};
}

/// The words that are left.
struct Words<'w>(&'w [String]);

/// Steps with the first draft of stores, and the bucket that is open.
struct Draft<'w> {
    words: Words<'w>,
    bucket: Option<draft::store::Bucket>,
}

/// Steps with all interfaces, and the bucket that is open.
struct Steps<'w> {
    draft: Draft<'w>,
    bucket: Option<store::Bucket>,
    cas: Option<atomics::Cas>,
}

/// Does all steps; hands out what each returns.
#[allow(dead_code, reason = "each program has its own steps")]
pub fn run(words: &[String], print: &mut dyn FnMut(String)) {
    let mut steps = Steps { draft: Draft { words: Words(words), bucket: None }, bucket: None, cas: None };
    while let Some(name) = steps.draft.words.word() {
        let shown = match name.strip_prefix("draft-") {
            Some("config") => show(config_draft::get(steps.draft.words.operand())),
            Some("config-all") => show(config_draft::get_all()),
            Some(name) => steps.draft.step(name),
            None => steps.step(name),
        };
        print(format!("{name}: {shown}"));
    }
}

/// Does all steps with interfaces that other runtimes have too: the newest of configuration, the first draft of stores.
#[allow(dead_code, reason = "each program has its own steps")]
pub fn run_shared(words: &[String], print: &mut dyn FnMut(String)) {
    let mut steps = Draft { words: Words(words), bucket: None };
    while let Some(name) = steps.words.word() {
        let shown = match name {
            "config" => show(config::get(steps.words.operand())),
            "config-all" => show(config::get_all().map(|mut values| {
                values.sort();
                values
            })),
            _ => steps.step(name),
        };
        print(format!("{name}: {shown}"));
    }
}

impl<'w> Words<'w> {
    fn word(&mut self) -> Option<&'w str> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn operand(&mut self) -> &'w str {
        self.word().expect("an operand is missing")
    }

    fn number<N: std::str::FromStr<Err: Debug>>(&mut self) -> N {
        self.operand().parse().expect("an operand isn't a number")
    }

    fn list(&mut self) -> Vec<String> {
        self.operand().split(',').filter(|word| !word.is_empty()).map(String::from).collect()
    }

    fn pairs(&mut self) -> Vec<(String, Vec<u8>)> {
        let pair = |pair: String| {
            let (key, value) = pair.split_once('=').expect("KEY=VALUE");
            (key.to_string(), value.as_bytes().to_vec())
        };
        self.list().into_iter().map(pair).collect()
    }
}

impl Steps<'_> {
    fn step(&mut self, name: &str) -> String {
        match name {
            "config" => show(config::get(self.draft.words.operand())),
            "config-all" => show(config::get_all()),
            "log" => {
                let (level, context, message) =
                    (self.draft.words.operand(), self.draft.words.operand(), self.draft.words.operand());
                log(level_of(level), context, &message.replace("\\n", "\n").replace("\\e", "\x1b"));
                String::from("written")
            }
            "open" => match store::open(self.draft.words.operand()) {
                Ok(bucket) => {
                    self.bucket = Some(bucket);
                    String::from("Ok")
                }
                Err(error) => show::<()>(Err(error)),
            },
            "trap" => panic!("a step that traps"),
            _ => self.of_bucket(name),
        }
    }

    /// The functions of a bucket.
    fn of_bucket(&mut self, name: &str) -> String {
        let opened = self.bucket.take().expect("no bucket is open");
        let bucket = &opened;
        let shown = match name {
            "set-bytes" => show(bucket.set(self.draft.words.operand(), &vec![b'x'; self.draft.words.number()])),
            "get-length" => show(bucket.get(self.draft.words.operand()).map(|value| value.map(|value| value.len()))),
            "fill" => {
                let (prefix, count, bytes): (_, u32, usize) =
                    (self.draft.words.operand(), self.draft.words.number(), self.draft.words.number());
                let value = vec![b'v'; bytes];
                show((0..count).try_for_each(|number| bucket.set(&format!("{prefix}{number}"), &value)))
            }
            "page" => {
                show(bucket.list_keys(Some(self.draft.words.operand())).map(|page| (page.keys.len(), page.cursor)))
            }
            "count" => {
                let (key, times): (_, u32) = (self.draft.words.operand(), self.draft.words.number());
                show((0..times).try_fold(0, |_, _| atomics::increment(bucket, key, 1)))
            }
            "cas" => match atomics::Cas::new(bucket, self.draft.words.operand()) {
                Ok(cas) => {
                    self.cas = Some(cas);
                    String::from("Ok")
                }
                Err(error) => show::<()>(Err(error)),
            },
            "current" => show(self.cas.as_ref().expect("no cas").current().map(|value| value.map(text))),
            "swap" => match atomics::swap(self.cas.take().expect("no cas"), self.draft.words.operand().as_bytes()) {
                Ok(()) => String::from("Ok"),
                Err(atomics::CasError::StoreError(error)) => show::<()>(Err(error)),
                Err(atomics::CasError::CasFailed(cas)) => {
                    self.cas = Some(cas);
                    String::from("failed, with a new handle")
                }
            },
            _ => step_of_every_draft!(self.draft.words, name, bucket, atomics, batch, Option::as_deref),
        };
        self.bucket = Some(opened);
        shown
    }
}

impl Draft<'_> {
    fn step(&mut self, name: &str) -> String {
        if name == "open" {
            return match draft::store::open(self.words.operand()) {
                Ok(bucket) => {
                    self.bucket = Some(bucket);
                    String::from("Ok")
                }
                Err(error) => show::<()>(Err(error)),
            };
        }
        let opened = self.bucket.take().expect("no bucket is open");
        let bucket = &opened;
        let shown = match name {
            "page" => show(bucket.list_keys(Some(self.words.number())).map(|page| (page.keys.len(), page.cursor))),
            _ => step_of_every_draft!(self.words, name, bucket, draft::atomics, draft::batch, Option::clone),
        };
        self.bucket = Some(opened);
        shown
    }
}

/// The keys of a store if they are few, their number and that of the pages otherwise.
fn summary(keys: Vec<String>, pages: u32) -> String {
    let distinct = keys.windows(2).all(|two| two[0] != two[1]);
    let twice = if distinct { "" } else { ", some twice" };
    if keys.len() <= 10 { format!("{keys:?}") } else { format!("{} keys in {pages} pages{twice}", keys.len()) }
}

fn level_of(word: &str) -> Level {
    match word {
        "trace" => Level::Trace,
        "debug" => Level::Debug,
        "info" => Level::Info,
        "warn" => Level::Warn,
        "error" => Level::Error,
        _ => Level::Critical,
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn many(pairs: Vec<Option<(String, Vec<u8>)>>) -> Vec<Option<(String, String)>> {
    pairs.into_iter().map(|pair| pair.map(|(key, value)| (key, text(value)))).collect()
}

fn show<T: Debug>(result: Result<T, impl Debug>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{error:?}"),
    }
}
