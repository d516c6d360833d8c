//! Images for containers, as Debian's tools read them and the test's own reader; and components that come from registries, real ones and
//! those that lie.

mod support;

#[path = "images/layout.rs"]
mod layout;
#[path = "images/registry.rs"]
mod registry;

use layout::{File, Layout, sha256};
use libtest_mimic::{Arguments, Failed, Trial};
use registry::{Answer, Registry, play};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use support::{Folder, Limits, Outcome, Target};

type Test = fn(&Folder) -> Result<(), Failed>;

const TESTS: &[(&str, Test)] = &[
    ("images_hold_the_executables", images_hold_the_executables),
    ("bills_are_attached", bills_are_attached),
    ("the_same_everywhere", the_same_everywhere),
    ("ports_and_volumes_follow_the_grants", ports_and_volumes_follow_the_grants),
    ("containers_run", containers_run),
    ("names_and_labels", names_and_labels),
    ("pushed_and_pulled", pushed_and_pulled),
    ("components_from_a_registry", components_from_a_registry),
    ("registries_with_users", registries_with_users),
    ("registries_that_lie", registries_that_lie),
];

const HELLO: &str = include_str!("images/hello.wat");

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trial = |&(name, test): &(&'static str, Test)| {
        Trial::test(name, move || {
            let folder = Folder::new("images", name);
            fs::write(folder.join("hello.wat"), HELLO)?;
            test(&folder)
        })
    };
    libtest_mimic::run(&arguments, TESTS.iter().map(trial).collect()).exit_code()
}

/// The command `aot` with these words in a folder.
fn aot(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(support::aot());
    command.current_dir(folder).args(words);
    command
}

/// Runs a command that has to succeed, and returns its standard output.
fn succeed(command: &Command) -> Result<String, Failed> {
    let outcome = support::run(command, Limits { seconds: 600, ..Limits::default() });
    if outcome.code == 0 { Ok(outcome.stdout_text()) } else { Err(failure(command, &outcome)) }
}

/// Runs a command that has to fail with these words on standard error.
fn fail(command: &Command, words: &str) -> Result<(), Failed> {
    let outcome = support::run(command, Limits::default());
    let is_told = outcome.code == 1 && outcome.stderr_text().contains(words);
    if is_told { Ok(()) } else { Err(failure(command, &outcome)) }
}

fn failure(command: &Command, outcome: &Outcome) -> Failed {
    format!("{command:?}: {}\n{}{}", outcome.code, outcome.stdout_text(), outcome.stderr_text()).into()
}

fn check<T: PartialEq + std::fmt::Debug>(what: &str, actual: &T, expected: &T) -> Result<(), Failed> {
    if actual == expected { Ok(()) } else { Err(format!("{what}: {actual:?} in place of {expected:?}").into()) }
}

/// The name of a target's machine in images.
fn architecture(target: &Target) -> &'static str {
    match target.name.as_str() {
        "x86_64-linux" => "amd64",
        "aarch64-linux" => "arm64",
        "riscv64-linux" => "riscv64",
        name => panic!("{name} has no name in images"),
    }
}

/// Makes an image for all targets.
fn image_of_all(folder: &Path, more: &[&str]) -> Result<Layout, Failed> {
    let mut command = aot(folder, &["hello.wat", "--emit", "oci"]);
    support::targets().iter().for_each(|target| _ = command.args(["--target", &target.name]));
    succeed(command.args(more))?;
    Layout::read(&folder.join("hello.oci"))
}

fn images_hold_the_executables(folder: &Folder) -> Result<(), Failed> {
    let layout = image_of_all(folder, &["--env", "A=b"])?;
    for target in support::targets() {
        let name = architecture(&target);
        succeed(&aot(folder, &["hello.wat", "--env", "A=b", "--target", &target.name, "-o", "hello"]))?;
        let manifest = layout.document(&layout.image(name)?)?;
        let bytes = fs::read(folder.join("hello"))?;
        let executable = File { name: "hello".into(), mode: 0o755, owner: (0, 0), time: 0, bytes };
        check("layer", &layout.files(&manifest)?, &vec![executable])?;
        let config = layout.document(&manifest["config"])?;
        check("architecture", &config["architecture"], &json!(name))?;
        check("variant", &config["variant"], &if name == "arm64" { json!("v8") } else { Value::Null })?;
        check("user", &config["config"]["User"], &json!("65532:65532"))?;
        check("entry point", &config["config"]["Entrypoint"], &json!(["/hello"]))?;
        check("time", &config["created"], &json!("1970-01-01T00:00:00Z"))?;
    }
    Ok(())
}

/// Each image has a bill, which is what `aot inspect` tells of its executable. No tool takes it for a program.
fn bills_are_attached(folder: &Folder) -> Result<(), Failed> {
    let layout = image_of_all(folder, &[])?;
    let mut bills = 0;
    let unknown = json!({"architecture": "unknown", "os": "unknown"});
    for descriptor in layout.manifests()?.iter().filter(|descriptor| descriptor["platform"] == unknown) {
        let manifest = layout.document(descriptor)?;
        check("type", &manifest["artifactType"], &json!("application/vnd.cyclonedx+json"))?;
        let image = layout.document(&manifest["subject"])?;
        fs::write(folder.join("hello"), &layout.files(&image)?[0].bytes)?;
        let told: Value = serde_json::from_str(&succeed(&aot(folder, &["inspect", "--sbom", "hello"]))?)?;
        check("bill", &layout.document(&manifest["layers"][0])?, &told)?;
        bills += 1;
    }
    check("bills", &bills, &support::targets().len())
}

/// Neither the folder nor the time nor the number of threads changes a byte, and an archive has the same files.
fn the_same_everywhere(folder: &Folder) -> Result<(), Failed> {
    let other = folder.join("other");
    fs::create_dir(&other)?;
    fs::copy(folder.join("hello.wat"), other.join("hello.wat"))?;
    let index = image_of_all(folder, &[])?.index;
    check("again", &image_of_all(folder, &["-j", "1"])?.index, &index)?;
    check("elsewhere", &image_of_all(&other, &[])?.index, &index)?;
    image_of_all(folder, &["-o", "hello.tar"])?;
    let unpacked = folder.join("unpacked");
    fs::create_dir(&unpacked)?;
    tar::Archive::new(fs::File::open(folder.join("hello.tar"))?).unpack(&unpacked)?;
    check("archive", &Layout::read(&unpacked)?.index, &index)?;
    let mut piped = aot(folder, &["hello.wat", "--emit", "oci", "-o", "-"]);
    let archive = support::run(piped.env("SOURCE_DATE_EPOCH", "1700000000"), Limits::default()).stdout;
    let time = tar::Archive::new(&archive[..]).entries()?.next().ok_or("no files")??.header().mtime()?;
    check("time of files", &time, &1_700_000_000)?;
    fail(aot(folder, &["hello.wat", "--emit", "oci"]).env("SOURCE_DATE_EPOCH", "today"), "seconds since 1970")
}

fn ports_and_volumes_follow_the_grants(folder: &Folder) -> Result<(), Failed> {
    let handler = support::guest("state/handler.wasm").display().to_string();
    let configuration = |program: &str, flags: &[&str]| -> Result<Value, Failed> {
        let words = [&[program, "--emit", "oci", "-o", "image"], flags].concat();
        succeed(&aot(folder, &words))?;
        let layout = Layout::read(&folder.join("image"))?;
        let manifest = layout.document(&layout.image(architecture(&support::host()))?)?;
        Ok(layout.document(&manifest["config"])?["config"].take())
    };
    let flags =
        ["--serve", "*:8080-8081", "--admin", "10.0.0.1:9090", "--serve", "127.0.0.1:1", "--serve", "unix:/run/s"];
    let config = configuration(&handler, &[&flags[..], &["--keyvalue", "default=memory"]].concat())?;
    check("ports", &config["ExposedPorts"], &json!({"8080/tcp": {}, "8081/tcp": {}, "9090/tcp": {}}))?;
    check("volumes", &config["Volumes"], &Value::Null)?;
    let flags = ["--listen", "udp://0.0.0.0:53", "--listen", "*:1", "--listen", "tcp://127.0.0.1:2", "--listen", "*:0"];
    let config = configuration("hello.wat", &[&flags[..], &["--dir", "/data::/", "--dir", "/more:optional"]].concat())?;
    check("ports", &config["ExposedPorts"], &json!({"1/tcp": {}, "1/udp": {}, "53/udp": {}}))?;
    check("volumes", &config["Volumes"], &json!({"/data": {}, "/more": {}}))?;
    fail(&aot(folder, &[&handler, "--emit", "oci", "--keyvalue", "default=memory"]), "give --serve '*:8080'")
}

/// An unpacked image of each target runs as the user whom it names, without anything else around it.
fn containers_run(folder: &Folder) -> Result<(), Failed> {
    for target in support::targets() {
        succeed(&aot(folder, &["hello.wat", "--emit", "oci", "--target", &target.name]))?;
        let mut inspect = Command::new("skopeo");
        let name = architecture(&target);
        inspect.args(["inspect", "--override-arch", name, "oci:hello.oci:latest"]).current_dir(&**folder);
        let told: Value = serde_json::from_str(&succeed(&inspect)?)?;
        check("skopeo", &told["Architecture"], &json!(name))?;
        let bundle = format!("bundle-{name}");
        let mut unpack = Command::new("umoci");
        unpack.args(["unpack", "--rootless", "--image", "hello.oci:latest", &bundle]).current_dir(&**folder);
        succeed(&unpack)?;
        let root = folder.join(&bundle).join("rootfs");
        let names: Vec<_> = fs::read_dir(&root)?.map(|entry| entry.unwrap().file_name()).collect();
        check("files", &names, &vec!["hello".into()])?;
        let mut container = Command::new("bwrap");
        container.args(["--unshare-all", "--uid", "65532", "--gid", "65532"]);
        match target.runner.first() {
            None => container.arg("--ro-bind").arg(&root).arg("/"),
            // The emulator is another file.
            Some(runner) => {
                container.arg("--ro-bind").arg(root.join("hello")).arg("/hello");
                container.args(["--ro-bind", &format!("/usr/bin/{runner}"), "/runner", "/runner"])
            }
        };
        check("output", &succeed(container.arg("/hello"))?, &"hello\n".to_string())?;
    }
    Ok(())
}

fn names_and_labels(folder: &Folder) -> Result<(), Failed> {
    let words = ["hello.wat", "--emit", "oci", "--image-name", "example.org/me/tool:1.0", "--label", "a=b=c"];
    succeed(&aot(folder, &words))?;
    let layout = Layout::read(&folder.join("hello.oci"))?;
    let names =
        json!({"org.opencontainers.image.ref.name": "1.0", "io.containerd.image.name": "example.org/me/tool:1.0"});
    check("names", &layout.index["manifests"][0]["annotations"], &names)?;
    let manifest = layout.document(&layout.index["manifests"][0])?;
    let labels = json!({
        "a": "b=c", "org.opencontainers.image.title": "hello", "org.opencontainers.image.created": "1970-01-01T00:00:00Z"
    });
    check("annotations", &manifest["annotations"], &labels)?;
    check("labels", &layout.document(&manifest["config"])?["config"]["Labels"], &labels)
}

fn skopeo(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("skopeo");
    command.args(["--insecure-policy", "copy", "--quiet"]).args(words).current_dir(folder);
    command
}

/// A registry takes an image of several targets, and gives the same one back, with the bills.
fn pushed_and_pulled(folder: &Folder) -> Result<(), Failed> {
    let index = image_of_all(folder, &[])?.index;
    let registry = Registry::start(folder, false)?;
    let there = format!("docker://{}/me/hello:1.0", registry.host);
    succeed(&skopeo(folder, &["--all", "--dest-tls-verify=false", "oci:hello.oci", &there]))?;
    succeed(&skopeo(folder, &["--all", "--src-tls-verify=false", &there, "oci:back:latest"]))?;
    let back = Layout::read(&folder.join("back"))?.index;
    check("digest", &back["manifests"][0]["digest"], &index["manifests"][0]["digest"])
}

/// A wasm artifact: the manifest and its two contents.
struct Artifact {
    manifest: Vec<u8>,
    config: Vec<u8>,
    component: Vec<u8>,
}

impl Artifact {
    /// The artifact of `hello.wat`.
    fn hello() -> Self {
        let component = wat::parse_str(HELLO).unwrap();
        let config = br#"{"architecture":"wasm","os":"wasip1","layerDigests":[]}"#.to_vec();
        let describe =
            |kind: &str, bytes: &[u8]| json!({"mediaType": kind, "digest": sha256(bytes), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": describe("application/vnd.wasm.config.v0+json", &config),
            "layers": [describe("application/wasm", &component)],
        });
        Self { manifest: manifest.to_string().into_bytes(), config, component }
    }

    /// Puts the artifact into a registry, as its specification says, and returns its name there.
    fn push(&self, folder: &Path, registry: &Registry, login: &[&str]) -> Result<String, Failed> {
        let base = format!("http://{}/v2/me/hello", registry.host);
        let put = |url: &str, kind: &str, bytes: &[u8]| -> Result<(), Failed> {
            fs::write(folder.join("body"), bytes)?;
            let mut curl = Command::new("curl");
            curl.args(["--silent", "--show-error", "--fail", "--request", "PUT", "--data-binary", "@body"]);
            succeed(curl.args(login).args(["--header", &format!("content-type: {kind}"), url]).current_dir(folder))?;
            Ok(())
        };
        for bytes in [&self.config, &self.component] {
            let mut begin = Command::new("curl");
            begin.args(["--silent", "--show-error", "--fail", "--request", "POST", "--dump-header", "-"]).args(login);
            let fields = succeed(begin.arg(format!("{base}/blobs/uploads/")))?;
            let location = fields.lines().find_map(|line| line.strip_prefix("Location: ")).ok_or("no location")?;
            put(&format!("{}&digest={}", location.trim(), sha256(bytes)), "application/octet-stream", bytes)?;
        }
        put(&format!("{base}/manifests/1.0"), "application/vnd.oci.image.manifest.v1+json", &self.manifest)?;
        Ok(format!("oci://{}/me/hello@{}", registry.host, sha256(&self.manifest)))
    }
}

fn components_from_a_registry(folder: &Folder) -> Result<(), Failed> {
    let registry = Registry::start(folder, false)?;
    let artifact = Artifact::hello();
    let name = artifact.push(folder, &registry, &[])?;
    succeed(&aot(folder, &[&name]))?;
    check("output", &succeed(&support::host().command(&folder.join("hello")))?, &"hello\n".to_string())?;
    check("run", &succeed(&aot(folder, &["run", "--cache", "cache", &name]))?, &"hello\n".to_string())?;
    let tag = format!("oci://{}/me/hello:1.0", registry.host);
    fail(&aot(folder, &[&tag]), &format!("1.0 is now {name}"))?;
    fail(&aot(folder, &[&name.replace("/me/hello", "/me/other")]), "doesn't have it")?;
    fail(&aot(folder, &[&format!("oci://{}/me/hello", registry.host)]), "a digest is missing")
}

/// Docker's file has a user and a password, or a program that knows them.
fn registries_with_users(folder: &Folder) -> Result<(), Failed> {
    let registry = Registry::start(folder, true)?;
    let name = Artifact::hello().push(folder, &registry, &["--user", "me:secret"])?;
    let with_file = |text: Value| -> Result<Command, Failed> {
        fs::write(folder.join("config.json"), text.to_string())?;
        let mut command = aot(folder, &[&name]);
        command.env("DOCKER_CONFIG", &**folder).env("PATH", format!("{}:{}", folder.display(), support::PATH));
        Ok(command)
    };
    fail(&with_file(json!({}))?, "log in, as with `docker login")?;
    fail(&with_file(json!({"auths": {registry.host.as_str(): {"auth": "bWU6d3Jvbmc="}}}))?, "401")?;
    succeed(&with_file(json!({"auths": {registry.host.as_str(): {"auth": "bWU6c2VjcmV0"}}}))?)?;
    let helper = folder.join("docker-credential-test");
    fs::write(&helper, "#!/bin/sh\nread host; echo '{\"Username\":\"me\",\"Secret\":\"secret\"}'\n")?;
    succeed(Command::new("chmod").arg("+x").arg(&helper))?;
    succeed(&with_file(json!({"credHelpers": {registry.host.as_str(): "test"}}))?)?;
    fail(&with_file(json!({"credsStore": "absent"}))?, "can't run docker-credential-absent")
}

/// Whatever a registry answers, a component that isn't that of the digest is an error, and nothing is written.
fn registries_that_lie(folder: &Folder) -> Result<(), Failed> {
    let artifact = Artifact::hello();
    let digest = sha256(&artifact.manifest);
    let tell = |lie: Lie, words: &str| -> Result<(), Failed> {
        let (manifest, component) = (artifact.manifest.clone(), artifact.component.clone());
        let host =
            play(move |path, authorization| lie(path.contains("/manifests/"), authorization, &manifest, &component))?;
        fail(&aot(folder, &[&format!("oci://{host}/me/hello@{digest}")]), words)
            .map_err(|error| format!("{words}: {}", error.message().unwrap_or_default()))?;
        check("result", &folder.join("hello").exists(), &false)
    };
    for (lie, words) in LIES {
        tell(*lie, words)?;
    }
    // Manifests that are what the name says, and no wasm artifacts.
    for (manifest, words) in [
        (json!({"layers": []}), "it is no wasm artifact"),
        (json!({"manifests": []}), "it is no wasm artifact"),
        (json!("text"), "malformed"),
        (json!({"layers": [{"mediaType": "application/wasm", "digest": "sha256:../x", "size": 1}]}), "wrong form"),
        (
            json!({"layers": [{"mediaType": "application/wasm", "digest": sha256(b""), "size": u64::MAX}]}),
            "are the most",
        ),
    ] {
        let bytes = manifest.to_string().into_bytes();
        let name = sha256(&bytes);
        let host = play(move |_, _| Answer::ok(bytes.clone()))?;
        fail(&aot(folder, &[&format!("oci://{host}/me/hello@{name}")]), words)?;
    }
    Ok(())
}

/// Returns the answer to a request of a manifest, or else of contents.
type Lie = fn(bool, Option<&str>, &[u8], &[u8]) -> Answer;

const LIES: &[(Lie, &str)] = &[
    (|_, _, _, component| Answer::ok(component), "another one"),
    (|of_manifest, _, manifest, _| if of_manifest { Answer::ok(manifest) } else { Answer::ok("") }, "has 0 bytes"),
    (
        |of_manifest, _, manifest, component| match of_manifest {
            true => Answer::ok(manifest),
            false => Answer::ok([component, b"more"].concat()),
        },
        "too large",
    ),
    (
        |of_manifest, _, manifest, component| match of_manifest {
            true => Answer::ok(manifest),
            false => Answer::ok(component.iter().rev().copied().collect::<Vec<_>>()),
        },
        "isn't the one of its manifest",
    ),
    (
        |of_manifest, _, manifest, component| match of_manifest {
            true => Answer::ok(manifest),
            false => Answer { promised: component.len() + 1, ..Answer::ok(component) },
        },
        "whole",
    ),
    (|_, _, _, _| Answer::ok(vec![b' '; 5 << 20]), "too large"),
    (|_, _, _, _| Answer { status: "500 Internal Server Error", ..Answer::ok("") }, "500"),
    (|_, _, _, _| Answer { status: "401 Unauthorized", ..Answer::ok("") }, "a kind of login"),
    (|_, _, _, _| challenge("Bearer service=x"), "doesn't say where it gives tokens"),
    (|_, _, _, _| challenge("Bearer realm=\"http://127.0.0.1:1/\""), "doesn't answer"),
    (
        |_, _, _, _| Answer { status: "302 Found", fields: "location: /v2/again\r\n".into(), ..Answer::ok("") },
        "doesn't answer",
    ),
];

fn challenge(asked: &str) -> Answer {
    Answer { status: "401 Unauthorized", fields: format!("www-authenticate: {asked}\r\n"), ..Answer::ok("") }
}
