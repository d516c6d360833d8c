//! A command of WASI 0.3 that uses each function of `wasi:sockets`, and prints what they answer. Its arguments say what it does: `tcp`, `udp`
//! and `names` among its own sockets; `connect ADDRESS`, `serve ADDRESS`, `ask ADDRESS`, `answer ADDRESS` and `look-up NAME` with others.

mod addresses;
mod dial;
mod names;
mod streams;
mod tcp;
mod udp;

use futures::join;
use std::fmt::{Debug, Write};
use wasip3::cli::{environment, stdout};
use wasip3::sockets::types::IpAddressFamily as Family;
use wasip3::wit_stream;

wasip3::cli::command::export!(Sockets);

struct Sockets;

/// The answers so far, a line each.
#[derive(Default)]
struct Answers(String);

impl Answers {
    fn note(&mut self, what: &str, answer: impl Debug) {
        let _ = writeln!(self.0, "{what}: {answer:?}");
    }

    /// Prints the answers so far.
    async fn print(&mut self) {
        let text = std::mem::take(&mut self.0);
        let (mut writer, reader) = wit_stream::new();
        let (_, ()) = join!(stdout::write_via_stream(reader).into_future(), async {
            writer.write_all(text.into_bytes()).await;
            drop(writer);
        });
    }
}

impl wasip3::exports::cli::run::Guest for Sockets {
    async fn run() -> Result<(), ()> {
        let arguments: Vec<String> = environment::get_arguments().into_iter().skip(1).collect();
        let what = arguments.first().map(String::as_str).unwrap_or_default();
        let which = arguments.get(1).map(String::as_str).unwrap_or_default();
        let mut answers = Answers::default();
        for family in [Family::Ipv4, Family::Ipv6] {
            match what {
                "tcp" => tcp::perform(family, &mut answers).await,
                "streams" => streams::perform(family, &mut answers).await,
                "udp" => udp::perform(family, &mut answers).await,
                _ => {}
            }
        }
        match what {
            "tcp" | "streams" | "udp" => {}
            "names" => names::perform(&mut answers).await,
            _ => dial::perform(what, which, &mut answers).await,
        }
        answers.print().await;
        Ok(())
    }
}
