//! From instances and commands of a component script to an executable.

use super::Script;
use super::compose::{Composed, component_of};
use crate::Options;
use crate::build::{driver_options, encode_trap, head};
use crate::script::{Action, Expectation};
use aot_abi::script as abi;
use aot_compiler::codegen::Code;
use aot_compiler::driver::{self, Output, Subject};
use aot_compiler::error::{Error, Result, Stage};
use aot_compiler::translate::{Context, TextItem};
use cranelift_entity::EntityRef;

/// Builds the executable of these instances and their commands.
///
/// # Errors
/// Of the compiler.
pub fn build(file: &str, script: &Script, instances: &[usize], options: &Options) -> Result<Output> {
    let called = |instance: usize| {
        script
            .commands
            .iter()
            .any(|command| command.instance == instance && matches!(command.action, Action::Call { .. }))
    };
    let composed = component_of(script, instances, called).map_err(|message| Error::defect(Stage::Decode, message))?;
    let group = Group { script, instances, composed: &composed };
    let head = head(file, options.copies);
    let commands = |context: &Context<'_>, code: &Code| group.encode(head.clone(), context, code);
    let script = driver::Script { subject: Subject::Binary(&composed.binary), commands: &commands };
    driver::compile_script(script, &driver_options(options))
}

/// Instances that are compiled together.
struct Group<'g> {
    script: &'g Script,
    instances: &'g [usize],
    composed: &'g Composed<'g>,
}

impl Group<'_> {
    fn encode(&self, mut out: Vec<u8>, context: &Context<'_>, code: &Code) -> Result<Vec<u8>> {
        let starts = self.starts(context);
        for command in &self.script.commands {
            let Ok(position) = self.instances.binary_search(&command.instance) else {
                continue;
            };
            match &command.action {
                Action::Instantiate => {
                    let entries = starts.get(position).map_or(&[][..], Vec::as_slice);
                    out.push(abi::COMMAND_INSTANTIATE);
                    out.extend(command.line.to_le_bytes());
                    out.extend((entries.len() as u16).to_le_bytes());
                    for start in entries {
                        out.extend(text_offset(code, TextItem::StartEntry(*start))?.to_le_bytes());
                    }
                    match &command.expectation {
                        Expectation::Trap(message) => encode_trap(&mut out, message),
                        _ => out.push(abi::EXPECT_RETURN),
                    }
                }
                Action::Call { export, arguments } => {
                    let interface = self.composed.export_of(command.instance);
                    let call = Call { interface, export, arguments, context };
                    call.encode(command.line, &command.expectation, &mut out)?;
                }
                Action::Invoke { .. } | Action::Get { .. } => {
                    unreachable!("these are of core modules")
                }
            }
        }
        out.push(abi::COMMAND_END);
        Ok(out)
    }

    /// The core instances of each instance of the script. Those of the module that comes first stand in front of each.
    fn starts(&self, context: &Context<'_>) -> Vec<Vec<u32>> {
        let instances = context.plan.instances.iter();
        if self.composed.is_alone {
            return vec![instances.map(|(id, _)| id.as_u32()).collect()];
        }
        let mut starts: Vec<Vec<u32>> = Vec::new();
        for (id, instance) in instances {
            match starts.last_mut() {
                _ if instance.module.index() == 0 => starts.push(Vec::new()),
                Some(last) => last.push(id.as_u32()),
                None => {}
            }
        }
        starts
    }
}

struct Call<'c> {
    /// The name of the exported instance; empty for functions at the root.
    interface: String,
    export: &'c str,
    arguments: &'c [super::value::Value],
    context: &'c Context<'c>,
}

impl Call<'_> {
    fn encode(&self, line: u32, expectation: &Expectation, out: &mut Vec<u8>) -> Result<()> {
        let wrong = |message: String| Error::defect(Stage::Object, format!("line {line}: {message}"));
        let Some(component) = &self.context.program.component else {
            return Err(wrong("no component".to_string()));
        };
        let exports = self.context.plan.exports.as_ref().map_or(&[][..], |exports| &exports.functions);
        let position =
            exports.iter().position(|export| export.interface == self.interface && export.name == self.export);
        let position = position.ok_or_else(|| wrong(format!("no function is exported as {:?}", self.export)))?;
        let ty = &exports[position].ty;
        if ty.params.len() != self.arguments.len() {
            return Err(wrong(format!("{:?} has {} parameters", self.export, ty.params.len())));
        }
        out.push(abi::COMMAND_CALL);
        out.extend(line.to_le_bytes());
        out.extend((position as u32).to_le_bytes());
        for (argument, (_, ty)) in self.arguments.iter().zip(&ty.params) {
            argument.encode(&component.types, *ty, out).map_err(wrong)?;
        }
        match (expectation, ty.result) {
            (Expectation::Trap(message), _) => encode_trap(out, message),
            (Expectation::Value(Some(value)), Some(ty)) => {
                out.push(abi::EXPECT_VALUE);
                value.encode(&component.types, ty, out).map_err(wrong)?;
            }
            (Expectation::Value(None), None) => out.push(abi::EXPECT_VALUE),
            (Expectation::Value(_), _) => return Err(wrong("the result isn't the function's".to_string())),
            _ => out.push(abi::EXPECT_RETURN),
        }
        Ok(())
    }
}

fn text_offset(code: &Code, item: TextItem) -> Result<u32> {
    let offset = code.offset(item).and_then(|offset| u32::try_from(offset).ok());
    offset.ok_or_else(|| Error::defect(Stage::Object, format!("{item:?} has no place")))
}
