//! Servers as processes: compiled, started, and ended by their number.

use super::support::{self, Folder, Limits, Target};
use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// A handler that answers nothing, which clients see as status 500.
pub const HANDLER: &str = r#"(component
  (import "wasi:http/types@0.2.3" (instance $types
    (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request))
  (alias export $types "response-outparam" (type $outparam))
  (core module $m (func (export "handle") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func $handle (param "request" (own $request)) (param "response-out" (own $outparam))
    (canon lift (core func $i "handle")))
  (instance $handler (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.3" (instance $handler)))"#;

/// The flags with which every server is compiled: a port of the system's choice.
const FLAGS: &[&str] = &["--serve", "127.0.0.1:0"];
/// The time for a line of the log, or for the end of a process.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs.
pub struct Server {
    /// The place at which it serves, as it says: a URL, or the path of a socket.
    pub place: String,
    pub log: Log,
    child: Child,
}

/// The lines that a server has written to standard error.
#[derive(Clone, Default)]
pub struct Log(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Log {
    /// Adds the lines of a stream until its end.
    fn follow(&self, stream: BufReader<ChildStderr>) {
        let log = self.clone();
        thread::spawn(move || {
            for line in stream.lines().map_while(Result::ok) {
                log.0.0.lock().unwrap().push(line);
                log.0.1.notify_all();
            }
        });
    }

    /// Returns lines behind this prefix of a guest's own, once there are so many.
    pub fn of_guest(&self, tag: &str, count: usize) -> Result<Vec<String>, Failed> {
        let prefix = format!(" :: {tag}: ");
        let found = |lines: &[String]| -> Vec<String> {
            lines.iter().filter_map(|line| Some(String::from(line.split_once(&prefix)?.1))).collect()
        };
        self.wait(|lines| found(lines).len() >= count).map(|lines| found(&lines))
    }

    /// Waits for a line with this text.
    pub fn wait_for(&self, text: &str) -> Result<(), Failed> {
        self.wait(|lines| lines.iter().any(|line| line.contains(text))).map(drop)
    }

    /// Returns true if a line has this text by now.
    pub fn has(&self, text: &str) -> bool {
        self.0.0.lock().unwrap().iter().any(|line| line.contains(text))
    }

    /// Returns all lines once they are as they should be.
    pub fn wait(&self, is_right: impl Fn(&[String]) -> bool) -> Result<Vec<String>, Failed> {
        let (lines, changed) = &*self.0;
        let guard = lines.lock().unwrap();
        let (guard, result) = changed.wait_timeout_while(guard, PATIENCE, |lines| !is_right(lines)).unwrap();
        if result.timed_out() { Err(format!("the log is\n{}", guard.join("\n")).into()) } else { Ok(guard.clone()) }
    }
}

/// The command that runs a program for a target, with nothing of this process's environment, and at most so many descriptors.
pub fn command(target: &Target, executable: &Path, descriptors_max: Option<u64>) -> Command {
    let program = target.command(executable);
    let mut command = Command::new("prlimit");
    command.arg("--core=0").args(descriptors_max.map(|most| format!("--nofile={most}")));
    command.arg(program.get_program()).args(program.get_args()).env_clear().stdin(Stdio::null());
    command
}

/// Compiles a component for a target to a server in a folder.
pub fn compile(component: &Path, target: &Target, folder: &Path, flags: &[&str]) -> Result<PathBuf, Failed> {
    let mut command = compiler(target, folder);
    command.arg(component).args(flags);
    compiled(command, folder)
}

/// The command that compiles a server for a target in a folder, without its input.
pub fn compiler(target: &Target, folder: &Path) -> Command {
    let mut command = Command::new(support::aot());
    command.current_dir(folder).args(["--target", &target.name]).args(FLAGS).args(["-o", "server"]);
    command
}

/// Runs the command of [`compiler`], and returns the server.
pub fn compiled(command: Command, folder: &Path) -> Result<PathBuf, Failed> {
    let executable = folder.join("server");
    let outcome = support::run(&command, Limits { seconds: 600, ..Limits::default() });
    if outcome.code != 0 {
        return Err(outcome.stderr_text().into());
    }
    Ok(executable)
}

impl Server {
    /// Starts a server, and waits until it says where it serves. It ends with the thread that starts it.
    pub fn start(mut command: Command) -> Result<Server, Failed> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(child.stderr.take().ok_or("no standard error")?);
        let log = Log::default();
        let mut line = String::new();
        output.read_line(&mut line)?;
        let Some(place) = line.trim_end().strip_prefix("Serving HTTP on ") else {
            let _ = child.kill();
            return Err(format!("the first line is {line:?}").into());
        };
        let place = String::from(place);
        log.follow(output);
        Ok(Server { place, log, child })
    }

    /// The address at which it serves.
    ///
    /// # Panics
    /// It doesn't serve at one of the Internet.
    pub fn address(&self) -> SocketAddr {
        let url = self.place.strip_prefix("http").map(|rest| rest.trim_start_matches('s'));
        let address = url.and_then(|rest| rest.strip_prefix("://")?.strip_suffix('/'));
        address.and_then(|address| address.parse().ok()).expect("a server at an address")
    }

    /// The address at which it tells of its health, with `--admin`.
    pub fn admin(&self) -> Result<SocketAddr, Failed> {
        const PLACE: &str = "Serving /healthz, /readyz and /metrics on http://";
        let lines = self.log.wait(|lines| lines.iter().any(|line| line.starts_with(PLACE)))?;
        let address = lines.iter().find_map(|line| line.strip_prefix(PLACE)?.strip_suffix('/'));
        Ok(address.ok_or("no address")?.parse()?)
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns true if the process hasn't ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The resident memory of the process in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
    }

    /// The number of descriptors that the process has.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).map_or(0, Iterator::count)
    }

    /// Asks the process to end, and returns its status.
    pub fn stop(self) -> Result<Option<i32>, Failed> {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Waits for the end of the process, and returns its status.
    pub fn wait(mut self) -> Result<Option<i32>, Failed> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err("it doesn't end".into())
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: Signal) {
        if let Some(id) = Pid::from_raw(self.child.id() as i32) {
            let _ = kill_process(id, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already has its status taken.
        if self.is_alive() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A server that was started for a target of this name.
type OfTarget = (String, Arc<Server>);

/// Servers that tests share, one for each component and target.
pub struct Shared {
    component: fn() -> PathBuf,
    name: &'static str,
    flags: &'static [&'static str],
    servers: OnceLock<Mutex<Vec<OfTarget>>>,
}

impl Shared {
    pub const fn new(name: &'static str, component: fn() -> PathBuf, flags: &'static [&'static str]) -> Shared {
        Shared { component, name, flags, servers: OnceLock::new() }
    }

    /// Returns the server for a target, which is started when it is first asked for.
    pub fn on(&self, target: &Target) -> Result<Arc<Server>, Failed> {
        let mut servers = self.servers.get_or_init(Mutex::default).lock().unwrap();
        if let Some((_, server)) = servers.iter().find(|(name, _)| *name == target.name) {
            return Ok(server.clone());
        }
        let folder = Folder::new("serve", &format!("{}/{}", self.name, target.name));
        let executable = compile(&(self.component)(), target, &folder, self.flags)?;
        let server = Arc::new(Server::start(command(target, &executable, None))?);
        servers.push((target.name.clone(), server.clone()));
        Ok(server)
    }

    /// Ends all servers.
    pub fn stop(&self) {
        if let Some(servers) = self.servers.get() {
            servers.lock().unwrap().clear();
        }
    }
}
