//! Numbers of what is live.

use crate::error::{Error, Result, Stage};
use crate::plan::liveness::Live;
use crate::plan::program::{ConstValue, FuncId, RecordId};
use crate::plan::resolved::{FuncDef, Value};
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// The numbers of live functions, and of the records of those whose references exist.
pub(super) struct Numbers {
    pub functions: HashMap<FuncDef, FuncId>,
    pub records: HashMap<FuncDef, RecordId>,
}

impl Numbers {
    /// Numbers in the order of the guest text. Record 0 is null.
    pub fn of(live: &Live) -> Self {
        let functions = live.functions.iter().enumerate().map(|(index, def)| (*def, FuncId::new(index))).collect();
        let records = live.referenced.iter().enumerate().map(|(index, def)| (*def, RecordId::new(index + 1))).collect();
        Self { functions, records }
    }

    /// The number of a function that has to be live.
    pub fn function(&self, def: FuncDef) -> Result<FuncId> {
        let number = self.functions.get(&def).copied();
        number.ok_or_else(|| Error::defect(Stage::Plan, format!("{def:?} is needed and isn't live")))
    }

    /// A value with records in place of functions; null for one that start-up makes.
    pub fn value(&self, value: Option<Value>) -> ConstValue {
        // A function without a record is named only by what is dropped.
        let record = |func| self.records.get(&func).copied().unwrap_or(RecordId::new(0));
        value.map_or(ConstValue::Null, |value| value.map(record))
    }
}
