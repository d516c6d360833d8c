//! Sentences about what a program may do.

use aot_compiler::describe::{GrantLists, Grants, Server};

/// A sentence, and what it lists.
pub struct Duty {
    /// The sentence, without its full stop.
    pub text: String,
    /// The grants in the words of the flags.
    pub items: Vec<String>,
}

/// Returns everything that a program may do.
pub fn of(grants: &Grants) -> Vec<Duty> {
    let mut duties = vec![duty(
        "It may write to standard output and error, read standard input, its arguments, clocks and random numbers",
        &[],
    )];
    if let Some(server) = &grants.serve {
        serves(&mut duties, server);
    }
    lists(&mut duties, "It", &grants.rest);
    for component in &grants.components {
        lists(&mut duties, &format!("The component {}", component.name), &component.grants);
    }
    let facts = [
        (grants.inherit_sockets, "It gets the sockets that a service manager hands in"),
        (grants.runtime_grants, "Variables may grant more where it is started"),
        (grants.dumpable, "Debuggers and core files may see its memory"),
        (grants.http_authorities > 0, "It trusts more authorities of certificates than the well-known ones"),
    ];
    duties.extend(facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, text)| duty(text, &[])));
    if !grants.arguments.is_empty() {
        duties.push(duty("These arguments precede its own", &grants.arguments));
    }
    duties.push(duty("These limits are in force", &grants.limits));
    duties.push(duty(
        match grants.sandbox {
            "off" => "The kernel enforces nothing of this: it was made with --no-sandbox",
            "required" => "The kernel enforces this too; where it can't, the program doesn't start",
            _ => "The kernel enforces this too, as far as it can",
        },
        &[],
    ));
    duties.retain(|duty| !duty.items.is_empty() || duty.text != "These limits are in force");
    duties
}

fn duty(text: &str, items: &[String]) -> Duty {
    Duty { text: text.to_string(), items: items.to_vec() }
}

fn serves(duties: &mut Vec<Duty>, server: &Server) {
    duties.push(duty("It serves HTTP at", &server.addresses));
    duties.push(match server.reuse {
        1 => duty("Each request gets a fresh instance: nothing of one is left for the next", &[]),
        requests => {
            duty(&format!("An instance serves {requests} requests: what one leaves behind, the next can find"), &[])
        }
    });
    if !server.static_folders.is_empty() {
        duties.push(duty("It answers with files that are inside of it", &server.static_folders));
    }
    if let Some(admin) = &server.admin {
        duties.push(duty("It tells about its health at", std::slice::from_ref(admin)));
    }
}

/// Adds what a component, or all of them, may use.
fn lists(duties: &mut Vec<Duty>, who: &str, grants: &GrantLists) {
    let GrantLists { directories, embedded, net, listen, http, environment, stores, config } = grants;
    let lists = [
        ("may use these directories of the machine, and no others", directories),
        ("has these directories inside of it", embedded),
        ("may talk to these remote ends", net),
        ("may serve at these addresses", listen),
        ("may send these HTTP requests", http),
        ("sees these environment variables", environment),
        ("uses these stores", stores),
        ("has these configuration values", config),
    ];
    let given = lists.iter().filter(|(_, items)| !items.is_empty());
    let before = duties.len();
    duties.extend(given.map(|(text, items)| duty(&format!("{who} {text}"), items)));
    if duties.len() == before {
        duties.push(duty(&format!("{who} may use no files, no network and no environment"), &[]));
    }
}
