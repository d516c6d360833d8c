//! Servers of HTTPS: what guests and clients see, and clients that don't speak TLS.

use super::process::{Server, command, compile};
use super::support::{self, Folder, Limits, Target};
use super::wire::Connection;
use libtest_mimic::Failed;
use std::fs;
use std::process::Command;

/// The memory that clients may cost that don't speak TLS.
const MEMORY_BYTES_MAX: u64 = 32 << 20;

pub fn tls(target: &Target) -> Result<(), Failed> {
    let folder = Folder::new("serve", &format!("tls/{}", target.name));
    let identity = rcgen::generate_simple_self_signed(vec![String::from("localhost")])?;
    fs::write(folder.join("certificate.pem"), identity.cert.pem())?;
    fs::write(folder.join("key.pem"), identity.signing_key.serialize_pem())?;
    let flags = ["--tls-cert", "certificate.pem", "--tls-key", "key.pem", "--head-time", "1"];
    let executable = compile(&support::guest("serve/steps.wasm"), target, &folder, &flags)?;
    let mut program = command(target, &executable, None);
    program.current_dir(&*folder);
    let server = Server::start(program)?;
    let client = Client { server: &server, folder: &folder };
    client.requests()?;
    client.cut_responses()?;
    client.no_tls()?;
    super::same("Some(0)", &format!("{:?}", server.stop()?))?;
    folder.remove();
    Ok(())
}

struct Client<'c> {
    server: &'c Server,
    folder: &'c Folder,
}

impl Client<'_> {
    /// Asks with `curl`: the status, the body, and how the connection ended.
    fn curl(&self, arguments: &[&str]) -> String {
        let port = self.server.address().port();
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "30", "--write-out", "%{http_code} %{http_version}", "--cacert"]);
        curl.arg(self.folder.join("certificate.pem")).args(["--header", "user-agent:", "--header", "accept:"]);
        curl.args(arguments).arg(format!("https://localhost:{port}/a"));
        let outcome = support::run(&curl, Limits::default());
        format!("{} [{}]", outcome.stdout_text(), outcome.code)
    }

    fn requests(&self) -> Result<(), Failed> {
        let port = self.server.address().port();
        let seen = format!("Get https localhost:{port} /a\nbody 0\n");
        super::same(&format!("{seen}200 1.1 [0]"), &self.curl(&["--http1.1"]))?;
        super::same(&format!("{seen}200 2 [0]"), &self.curl(&["--http2"]))?;
        let absolute = |target: &str| self.curl(&["--http1.1", "--request-target", target]);
        super::same("Get https other.test /p\nbody 0\n200 1.1 [0]", &absolute("https://other.test/p"))?;
        // Who asks for plain HTTP gets nothing under TLS (RFC 9110, 7.4).
        super::same("421 1.1 [0]", &absolute("http://other.test/p"))
    }

    /// No client takes a response for complete that isn't: 18 is a partial body, 56 a failure to receive, 92 a reset stream.
    fn cut_responses(&self) -> Result<(), Failed> {
        for (version, code) in [("--http1.1", "18"), ("--http2", "92")] {
            for steps in ["set write=abc trap", "field=content-length:9 set write=abc trap"] {
                let answer = self.curl(&[version, "--header", &format!("x-do: {steps}")]);
                let is_cut = answer.ends_with(&format!("[{code}]")) || answer.ends_with("[56]");
                if !is_cut || !answer.starts_with("abc200") {
                    return Err(format!("{version} {steps}: {answer}").into());
                }
            }
        }
        Ok(())
    }

    /// Clients that don't speak TLS are cut, in time, and cost little.
    fn no_tls(&self) -> Result<(), Failed> {
        let before = self.server.resident_bytes();
        let noise: Vec<u8> = (0..4000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        // A record of the handshake that says how long it is, and isn't there; one that isn't a greeting.
        let (short, wrong) = ([22, 3, 1, 0x40, 0, 1, 0, 0x3F, 0xFC], [22, 3, 1, 0, 4, 2, 0, 0, 0]);
        let inputs: [&[u8]; 6] = [b"", b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", &noise, &[0; 4000], &short, &wrong];
        for input in inputs {
            let mut connection = Connection::new(self.server.address())?;
            // It may be closed by now.
            let _ = connection.send(input);
            let rest = connection.rest()?;
            if rest.len() > 100 || rest.starts_with(b"HTTP") {
                return Err(format!("{:?} gets {}", input.escape_ascii().to_string(), rest.escape_ascii()).into());
            }
        }
        let noisy = |_| -> Result<Connection, Failed> {
            let mut connection = Connection::new(self.server.address())?;
            let _ = connection.send(&noise);
            Ok(connection)
        };
        let noisy = (0..200).map(noisy).collect::<Result<Vec<_>, _>>()?;
        let grown = self.server.resident_bytes().saturating_sub(before);
        if grown > MEMORY_BYTES_MAX {
            return Err(format!("they cost {grown} bytes").into());
        }
        drop(noisy);
        self.requests()
    }
}
