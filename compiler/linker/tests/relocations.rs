//! Every kind of relocation that Cranelift's object files have, seen through what the linked
//! program computes.

mod support;

use aot_linker::{LinkInput, Linker, Wild};
use support::exit_programs::{function_object, main_object};
use support::{MACHINES, archive, bare, run};

#[test]
fn a_program_computes_the_same_through_every_kind_of_relocation() {
    for machine in MACHINES {
        let library = archive(&[("function.o/", function_object(machine))]);
        let inputs = vec![
            LinkInput::new("main.o", main_object(machine)),
            LinkInput::new("library.a", library),
        ];
        let executable = Wild.link(machine, inputs, &bare()).expect("it links");
        assert_eq!(
            run(machine, "relocations", &executable),
            Some(42),
            "{machine:?}"
        );
    }
}
