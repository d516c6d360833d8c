//! Reads the sections whose order and contents the plan needs as they stand in the binary: tables' and globals'
//! initial values, element and data segments. The front end has validated them.

use super::errors::reader_error;
use super::indices::{FuncIndex, GlobalIndex};
use super::indices::{MemoryIndex, TableIndex, TagIndex};
use super::module::{ConstExpr, ConstOp, DataSegment, ElementExpr, ElementSegment, GlobalInit};
use super::module::{Module, SegmentMode};
use super::types::TypeId;
use crate::error::{Error, Result, Stage};
use wasmparser::{DataKind, ElementItems, ElementKind, KnownCustom, Name, Operator, Parser, Payload, TableInit};

/// Fills `module` from its binary.
pub(super) fn read<'a>(module: &mut Module<'a>, wasm: &'a [u8]) -> Result<()> {
    for payload in Parser::new(module.offset).parse_all(wasm) {
        match payload.map_err(|error| reader_error(&error))? {
            Payload::TableSection(section) => {
                for table in section {
                    let init = match table.map_err(|error| reader_error(&error))?.init {
                        TableInit::RefNull => None,
                        TableInit::Expr(expr) => Some(const_expr(&expr, &module.types)?),
                    };
                    module.table_inits.push(init);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global.map_err(|error| reader_error(&error))?;
                    module.global_inits.push(GlobalInit { init: const_expr(&global.init_expr, &module.types)? });
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.map_err(|error| reader_error(&error))?;
                    module.elements.push(element_segment(element, &module.types)?);
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data.map_err(|error| reader_error(&error))?;
                    module.data.push(data_segment(data, &module.types)?);
                }
                if module.tags.is_empty() {
                    // Nothing that is read here follows the data section.
                    return Ok(());
                }
            }
            Payload::CustomSection(section) if !module.tags.is_empty() => {
                if let KnownCustom::Name(names) = section.as_known() {
                    module.tag_names.extend(tag_names(names));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The names of tags. They aren't validated: what can't be read has no name.
fn tag_names<'a>(names: wasmparser::NameSectionReader<'a>) -> impl Iterator<Item = (TagIndex, &'a str)> {
    let maps = names.into_iter().map_while(std::result::Result::ok).filter_map(|subsection| match subsection {
        Name::Tag(names) => Some(names),
        _ => None,
    });
    maps.flatten().map_while(std::result::Result::ok).map(|naming| (TagIndex::from_u32(naming.index), naming.name))
}

fn element_segment(element: wasmparser::Element<'_>, types: &[TypeId]) -> Result<ElementSegment> {
    let mode = match element.kind {
        ElementKind::Active { table_index, offset_expr } => {
            SegmentMode::Active(TableIndex::from_u32(table_index.unwrap_or(0)), const_expr(&offset_expr, types)?)
        }
        ElementKind::Passive => SegmentMode::Passive,
        ElementKind::Declared => SegmentMode::Declared,
    };
    let mut elements = Vec::new();
    match element.items {
        ElementItems::Functions(section) => {
            for func in section {
                let func = func.map_err(|error| reader_error(&error))?;
                elements.push(ElementExpr::Func(FuncIndex::from_u32(func)));
            }
        }
        ElementItems::Expressions(_, section) => {
            for expr in section {
                let expr = expr.map_err(|error| reader_error(&error))?;
                elements.push(element_expr(const_expr(&expr, types)?));
            }
        }
    }
    Ok(ElementSegment { mode, elements: elements.into() })
}

fn element_expr(expr: ConstExpr) -> ElementExpr {
    match *expr {
        [ConstOp::RefFunc(func)] => ElementExpr::Func(func),
        _ => ElementExpr::Expr(expr),
    }
}

fn data_segment<'a>(data: wasmparser::Data<'a>, types: &[TypeId]) -> Result<DataSegment<'a>> {
    let mode = match data.kind {
        DataKind::Active { memory_index, offset_expr } => {
            SegmentMode::Active(MemoryIndex::from_u32(memory_index), const_expr(&offset_expr, types)?)
        }
        DataKind::Passive => SegmentMode::Passive,
    };
    Ok(DataSegment { mode, bytes: data.data })
}

fn const_expr(expr: &wasmparser::ConstExpr<'_>, types: &[TypeId]) -> Result<ConstExpr> {
    let mut ops = Vec::new();
    for item in expr.get_operators_reader().into_iter_with_offsets() {
        let (operator, offset) = item.map_err(|error| reader_error(&error))?;
        match operator {
            Operator::End => {}
            operator => ops.push(const_op(&operator, types).ok_or_else(|| {
                Error::defect(Stage::Decode, format!("{operator:?} in a constant expression isn't supported yet"))
                    .at(offset as u64)
            })?),
        }
    }
    Ok(ops.into())
}

fn const_op(operator: &Operator<'_>, types: &[TypeId]) -> Option<ConstOp> {
    let ty = |index: u32| types.get(index as usize).copied();
    Some(match operator {
        Operator::I32Const { value } => ConstOp::I32(*value),
        Operator::I64Const { value } => ConstOp::I64(*value),
        Operator::F32Const { value } => ConstOp::F32(value.bits()),
        Operator::F64Const { value } => ConstOp::F64(value.bits()),
        Operator::V128Const { value } => ConstOp::V128(u128::from_le_bytes(*value.bytes())),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(GlobalIndex::from_u32(*global_index)),
        Operator::RefNull { .. } => ConstOp::RefNull,
        Operator::RefFunc { function_index } => ConstOp::RefFunc(FuncIndex::from_u32(*function_index)),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        Operator::RefI31 => ConstOp::RefI31,
        Operator::AnyConvertExtern | Operator::ExternConvertAny => ConstOp::Convert,
        Operator::StructNew { struct_type_index } => ConstOp::StructNew(ty(*struct_type_index)?),
        Operator::StructNewDefault { struct_type_index } => ConstOp::StructNewDefault(ty(*struct_type_index)?),
        Operator::ArrayNew { array_type_index } => ConstOp::ArrayNew(ty(*array_type_index)?),
        Operator::ArrayNewDefault { array_type_index } => ConstOp::ArrayNewDefault(ty(*array_type_index)?),
        Operator::ArrayNewFixed { array_type_index, array_size } => {
            ConstOp::ArrayNewFixed(ty(*array_type_index)?, *array_size)
        }
        _ => return None,
    })
}
