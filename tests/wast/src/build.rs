//! From instances and commands to an executable: the compiler's pipeline with the driver's commands encoded
//! (`aot_abi::script`).

use crate::script::{Action, Command, Expectation, Script};
use crate::value::{Objects, kind_of};
use crate::{Copies, Options};
use aot_abi::script as abi;
use aot_compiler::codegen::Code;
use aot_compiler::decode::{CoreDef, CoreInstance, Entity, ExportItem};
use aot_compiler::driver::{self, Output, Subject};
use aot_compiler::error::{Error, Result, Stage};
use aot_compiler::plan::{GlobalPlace, GlobalPlan, InstanceId};
use aot_compiler::policy::{Limit, Limits, Policy};
use aot_compiler::translate::{Context, START_VMCTX, TextItem};
use cranelift_entity::EntityRef;

/// Bytes of the guest's stack: enough for the deepest recursion of the specification's tests that has to return.
const STACK_BYTES: u64 = 8 << 20;

/// Builds the executable of these instances and their commands.
///
/// # Errors
/// Of the compiler.
pub fn build(file: &str, script: &Script, instances: &[usize], options: &Options) -> Result<Output> {
    let mut modules = Vec::new();
    let mut made = Vec::new();
    for instance in instances {
        let instance = &script.instances[*instance];
        let module = modules.iter().position(|module| *module == instance.module).unwrap_or_else(|| {
            modules.push(instance.module);
            modules.len() - 1
        });
        let arguments = instance.arguments.iter().map(|argument| CoreDef::Export {
            instance: position(instances, argument.instance),
            item: ExportItem::Name(argument.export.clone()),
        });
        made.push(CoreInstance { module: EntityRef::new(module), arguments: arguments.collect(), component: None });
    }
    let binaries: Vec<&[u8]> = modules.iter().map(|module| script.modules[*module].as_slice()).collect();
    let head = head(file, options.copies);
    let commands = |context: &Context<'_>, code: &Code| encode(head.clone(), script, instances, context, code);
    let subject = Subject::Modules { modules: &binaries, instances: made };
    driver::compile_script(driver::Script { subject, commands: &commands }, &driver_options(options))
}

/// The compiler's options.
pub fn driver_options(options: &Options) -> driver::Options {
    let mut limits = Limits::default();
    limits.set(Limit::Stack, STACK_BYTES);
    driver::Options {
        opt_level: options.opt_level,
        policy: Policy { limits, ..Policy::default() },
        deterministic: options.deterministic,
        address_space: options.address_space,
        gc_stress: options.gc_stress,
        invented_profile: options.invented_profile,
        verify: true,
        threads: 1,
        ..driver::Options::new(options.target)
    }
}

/// The place of an instance in the program.
fn position(instances: &[usize], instance: usize) -> usize {
    match instances.binary_search(&instance) {
        Ok(position) => position,
        Err(_) => unreachable!("linked instances are in one batch"),
    }
}

/// The bytes of a script before its commands.
pub fn head(file: &str, copies: Copies) -> Vec<u8> {
    let mut out = Vec::new();
    text(&mut out, file);
    out.extend(copies.slabs.to_le_bytes());
    out.extend(copies.rounds.to_le_bytes());
    out.push(copies.turns as u8);
    out.push(copies.undo as u8);
    out
}

fn encode(
    mut out: Vec<u8>,
    script: &Script,
    instances: &[usize],
    context: &Context<'_>,
    code: &Code,
) -> Result<Vec<u8>> {
    let objects = objects(context);
    for command in &script.commands {
        if instances.binary_search(&command.instance).is_ok() {
            let instance = InstanceId::new(position(instances, command.instance));
            encode_action(&mut out, command, instance, context, code)?;
            encode_expectation(&mut out, &command.expectation, &objects);
        }
    }
    out.push(abi::COMMAND_END);
    Ok(out)
}

fn encode_action(
    out: &mut Vec<u8>,
    command: &Command,
    instance: InstanceId,
    context: &Context<'_>,
    code: &Code,
) -> Result<()> {
    match &command.action {
        Action::Instantiate => {
            let entry = text_offset(code, TextItem::StartEntry(instance.as_u32()))?;
            invoke(out, command.line, entry, START_VMCTX, 0);
            out.extend(0u16.to_le_bytes());
        }
        Action::Invoke { export, arguments } => {
            let plan = context.plan;
            let func = match find(context, instance, export) {
                Some(Entity::Func(func)) => plan.instances[instance].functions[func],
                _ => None,
            };
            let func = func.ok_or_else(|| missing(export))?;
            let ty = context.program.types.func(plan.functions[func].ty);
            let slots = ty.params.len().max(ty.results.len()) as u16;
            let vmctx = plan.groups[plan.functions[func].group].vmctx;
            invoke(out, command.line, text_offset(code, TextItem::Entry(func))?, vmctx, slots);
            out.extend((arguments.len() as u16).to_le_bytes());
            arguments.iter().for_each(|argument| argument.encode(out));
        }
        Action::Get { export } => get(out, command.line, global_of(context, instance, export)?),
        Action::Call { .. } => unreachable!("this is of components"),
    }
    Ok(())
}

fn global_of<'c>(context: &Context<'c>, instance: InstanceId, export: &str) -> Result<&'c GlobalPlan> {
    match find(context, instance, export) {
        Some(Entity::Global(global)) => Ok(&context.plan.globals[context.plan.instances[instance].globals[global]]),
        _ => Err(missing(export)),
    }
}

fn get(out: &mut Vec<u8>, line: u32, global: &GlobalPlan) {
    let offset = match global.place {
        GlobalPlace::Slab { offset } | GlobalPlace::InstanceFlags { offset } => offset,
        GlobalPlace::Constant | GlobalPlace::Dropped => {
            unreachable!("a script's plan keeps all globals")
        }
    };
    out.push(abi::COMMAND_GLOBAL);
    out.extend(line.to_le_bytes());
    out.extend(offset.to_le_bytes());
    out.push(kind_of(global.ty.value));
}

/// All of an invocation but its values.
fn invoke(out: &mut Vec<u8>, line: u32, entry: u32, vmctx: u64, slots: u16) {
    out.push(abi::COMMAND_INVOKE);
    out.extend(line.to_le_bytes());
    out.extend(entry.to_le_bytes());
    out.extend(vmctx.to_le_bytes());
    out.extend(slots.to_le_bytes());
}

fn objects(context: &Context<'_>) -> Objects {
    let types = &context.program.types;
    let heap = context.plan.heap.as_ref();
    heap.map_or_else(Objects::default, |heap| Objects {
        heap: heap.base,
        structs: types.struct_numbers(),
        arrays: types.array_numbers(),
    })
}

fn encode_expectation(out: &mut Vec<u8>, expectation: &Expectation, objects: &Objects) {
    match expectation {
        Expectation::Return => out.push(abi::EXPECT_RETURN),
        Expectation::Results(patterns) => {
            out.push(abi::EXPECT_RESULTS);
            out.extend((patterns.len() as u16).to_le_bytes());
            patterns.iter().for_each(|pattern| pattern.encode(out, objects));
        }
        Expectation::Trap(message) => encode_trap(out, message),
        Expectation::Value(_) => unreachable!("this is of components"),
    }
}

/// The expectation of a trap.
pub fn encode_trap(out: &mut Vec<u8>, message: &str) {
    out.push(abi::EXPECT_TRAP);
    text(out, message);
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.as_bytes());
}

fn find(context: &Context<'_>, instance: InstanceId, export: &str) -> Option<Entity> {
    context.program.modules[context.plan.instances[instance].module].export(export)
}

fn text_offset(code: &Code, item: TextItem) -> Result<u32> {
    let offset = code.offset(item).and_then(|offset| u32::try_from(offset).ok());
    offset.ok_or_else(|| Error::defect(Stage::Object, format!("{item:?} has no place")))
}

fn missing(export: &str) -> Error {
    Error::defect(Stage::Object, format!("the export {export:?} has no place"))
}
