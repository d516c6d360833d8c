//! Parts of the program that start up when they are first entered: whatever enters one calls a function that sees to it.
//!
//! A part is what a composition instantiates, with all within it. Nothing outside of it has its memories and tables, so that
//! all ways into it are the functions that values pass between component instances by.

use super::resolver::{Definition, Resolver};
use crate::decode::CoreInstance;
use crate::error::Result;
use crate::plan::program::{Entered, FuncKind};
use crate::plan::resolved::FuncDef;
use crate::plan::roots::Roots;
use std::collections::HashMap;

/// The parts that start up when they are entered.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The part that starts up with the program.
    main: u32,
    /// The start-up function of each other part, from 1.
    starts: HashMap<u32, u32>,
    /// The functions that enter a part, by those that they call.
    entering: HashMap<FuncDef, FuncDef>,
}

impl Resolver<'_, '_> {
    /// Notes which part starts up with the program: that of the main export.
    pub fn find_main_part(&mut self, roots: &Roots) {
        let main = roots.main.as_ref().map_or(0, |main| main.instance);
        self.parts.main = self.part_of(main);
    }

    fn part_of(&self, component: u32) -> u32 {
        self.options.parts.get(component as usize).copied().unwrap_or(0)
    }

    /// The start-up function of the next core instance; 0 for that of the program.
    pub fn start_of(&mut self, instance: &CoreInstance) -> u32 {
        let part = instance.component.map_or(0, |component| self.part_of(component));
        if part == 0 || part == self.parts.main {
            return 0;
        }
        let (next, parts) = (self.parts.starts.len() as u32 + 1, &mut self.resolved.parts);
        *self.parts.starts.entry(part).or_insert_with(|| {
            // Its outermost instance is the first.
            let first = self.options.parts.iter().position(|of| *of == part).unwrap_or(0);
            parts.push(first as u32);
            next
        })
    }

    /// The definition in whose place what passes values between component instances gets another: a function of a part that
    /// starts up when it is entered.
    pub fn entering(&mut self, definition: Definition) -> Result<Definition> {
        let Definition::Func(func @ FuncDef::Wasm(instance, index)) = definition else { return Ok(definition) };
        if let Some(entering) = self.parts.entering.get(&func) {
            return Ok(Definition::Func(*entering));
        }
        let Some(part) = self.resolved.part_of(instance) else { return Ok(definition) };
        let component = self.component()?.instances[instance.as_u32() as usize].component;
        let (start, part) = (self.resolved.starts[instance], self.instance_flags(part));
        let flags = component.map_or(part, |component| self.instance_flags(component));
        let ty = self.resolved.module(instance).functions[index];
        let entering = self.generate(FuncKind::Enter(Entered { func, start, part, flags }), ty);
        self.parts.entering.insert(func, entering);
        Ok(Definition::Func(entering))
    }
}
