//! The functions of an addon, by which Node.js loads it.
//!
//! ```text
//! napi_register_module_v1(env, exports)   return aot_node_register(env, exports, &version)
//! aot_node_new(options, imports, error)   return aot_library_new(options, imports, error, ...), for the runtime
//! node_api_module_get_api_version_v1()    return NODE_API_VERSION
//! ```

use super::functions::{self, call, signature};
use super::imports;
use super::library::{LibraryFunctions, define_new};
use crate::error::Result;
use aot_abi::library::NODE_API_VERSION;
use aot_abi::symbols;
use cranelift_codegen::ir::InstBuilder;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_module::FuncId;
use cranelift_object::ObjectModule;

/// The functions that Node.js looks for.
pub const NODE_SYMBOLS: [&str; 2] = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

/// Defines both functions, and returns one of them.
pub(super) fn define(module: &mut ObjectModule, library: &LibraryFunctions<'_>) -> Result<FuncId> {
    let [register, version] = NODE_SYMBOLS;
    define_new(module, symbols::NODE_NEW, library)?;
    imports::define(module, library.interface, library.float_registers, true)?;
    functions::define(module, register, signature(&[I64, I64], Some(I64)), |module, builder, arguments| {
        let version = functions::version(module, builder)?;
        let types = signature(&[I64, I64, I64], Some(I64));
        let arguments = [arguments, &[version]].concat();
        call(module, builder, symbols::NODE_REGISTER, types, &arguments)
    })?;
    functions::define(module, version, signature(&[], Some(I32)), |_, builder, _| {
        Ok(vec![builder.ins().iconst(I32, i64::from(NODE_API_VERSION))])
    })
}
