//! The evaluation of constant expressions.

use crate::decode::{ConstOp, ElementExpr};
use crate::error::{Error, Result, Stage};
use crate::plan::program::{ConstValue, GlobalId, InstancePlan};
use crate::plan::resolved::{ElementKey, FuncDef, GlobalDef, Resolved, Value};
use cranelift_entity::PrimaryMap;

/// Evaluates a validated constant expression of an instance; `None` if there is an object in its value, which start-up
/// makes. The globals that it can read never change and come earlier, so their initial values are their values.
pub(in crate::plan) fn evaluate(
    expr: &[ConstOp],
    instance: &InstancePlan<FuncDef>,
    globals: &PrimaryMap<GlobalId, GlobalDef>,
) -> Result<Option<Value>> {
    let mut stack = Vec::new();
    for op in expr {
        let value = match *op {
            ConstOp::I32(value) => ConstValue::I32(value),
            ConstOp::I64(value) => ConstValue::I64(value),
            ConstOp::F32(value) => ConstValue::F32(value),
            ConstOp::F64(value) => ConstValue::F64(value),
            ConstOp::V128(value) => ConstValue::V128(value),
            ConstOp::RefNull => ConstValue::Null,
            ConstOp::RefFunc(func) => ConstValue::Func(instance.functions[func]),
            ConstOp::GlobalGet(global) => match globals[instance.globals[global]].init.constant() {
                Some(value) => value,
                None => return Ok(None),
            },
            ConstOp::RefI31 => match stack.pop() {
                Some(ConstValue::I32(value)) => ConstValue::I31((value as u32) << 1 | 1),
                _ => return Err(wrong("an operand of ref.i31")),
            },
            ConstOp::Convert => continue,
            ConstOp::StructNew(_)
            | ConstOp::StructNewDefault(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayNewDefault(_)
            | ConstOp::ArrayNewFixed(..) => return Ok(None),
            ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul => binary(*op, &mut stack)?,
        };
        stack.push(value);
    }
    stack.pop().map(Some).ok_or_else(|| wrong("a value"))
}

fn binary(op: ConstOp, stack: &mut Vec<Value>) -> Result<Value> {
    let (right, left) = (stack.pop(), stack.pop());
    match (left, right) {
        (Some(ConstValue::I32(left)), Some(ConstValue::I32(right))) => Ok(ConstValue::I32(match op {
            ConstOp::I32Add => left.wrapping_add(right),
            ConstOp::I32Sub => left.wrapping_sub(right),
            _ => left.wrapping_mul(right),
        })),
        (Some(ConstValue::I64(left)), Some(ConstValue::I64(right))) => Ok(ConstValue::I64(match op {
            ConstOp::I64Add => left.wrapping_add(right),
            ConstOp::I64Sub => left.wrapping_sub(right),
            _ => left.wrapping_mul(right),
        })),
        _ => Err(wrong("two operands of the same type")),
    }
}

fn wrong(what: &str) -> Error {
    Error::defect(Stage::Plan, format!("a validated constant expression lacks {what}"))
}

/// The values of an element segment; `None` for those that start-up makes.
pub(in crate::plan) fn element_values(
    resolved: &Resolved<'_, '_>,
    (instance, element): ElementKey,
) -> Result<Vec<Option<Value>>> {
    let functions = &resolved.instances[instance];
    let value = |element: &ElementExpr| match element {
        ElementExpr::Func(func) => Ok(Some(ConstValue::Func(functions.functions[*func]))),
        ElementExpr::Expr(expr) => evaluate(expr, functions, &resolved.globals),
    };
    resolved.module(instance).elements[element].elements.iter().map(value).collect()
}
