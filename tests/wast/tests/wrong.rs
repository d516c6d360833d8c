//! The runner itself: what is wrong fails, each at its line, and nothing else does.

use aot_compiler::target::Target;
use aot_wast::report::LeftOutCount;
use aot_wast::{Options, Runner, corpus};
use std::path::Path;

#[test]
fn what_is_wrong_fails_and_nothing_else() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong.wast");
    let inputs = corpus::find(&[file]).unwrap();
    let report = Runner::new(Options::new(Target::host())).unwrap().run(&inputs[0]);
    let fails = |(index, line): (usize, &str)| line.ends_with(";; fails").then_some(index as u32 + 1);
    let expected: Vec<u32> = inputs[0].text.lines().enumerate().filter_map(fails).collect();
    let failed: Vec<u32> = report.failures.iter().map(|failure| failure.line).collect();
    assert_eq!(failed, expected, "{report}");
    assert_eq!(report.left_out.0["stack-switching"], LeftOutCount { assertions: 1, modules: 1 });
}
