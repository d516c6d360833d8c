//! Names that objects, the runtime archive and the linker agree on.

/// Version symbol. The runtime defines it and every object refers to it, so another version is a link error.
pub const VERSION: &str = "aot_abi_version_13";

/// The C entry point. The object defines it, and calls one of the runtime's `MAIN_…` functions, so that the linker
/// takes only that one.
pub const MAIN: &str = "main";
/// Main function of a program: `extern "C" fn(argc, argv, envp, version, parts) -> i32` of the runtime; `version` is
/// the address of [`VERSION`], `parts` the array of [`crate::parts`].
pub const MAIN_PROGRAM: &str = "aot_main_program";
/// Main function of a specification script, with the signature of [`MAIN_PROGRAM`].
pub const MAIN_SCRIPT: &str = "aot_main_script";
/// Main function of a component's specification script, with the signature of [`MAIN_PROGRAM`].
pub const MAIN_COMPONENT_SCRIPT: &str = "aot_main_component_script";

/// Function of the runtime behind a library's `new`: `extern "C" fn(options, imports, error, version, make_state, parts, names) ->
/// instance`, with [`crate::library::Options`] or null, null, the address for a text or null, the address of [`VERSION`]; and of
/// a program that imports host functions [`crate::library::STATE`] and the array of [`crate::parts`], else null twice;
/// and the names of its imports of the host program, each with a zero behind it, and an empty one, or null.
pub const LIBRARY_NEW: &str = "aot_library_new";
/// Function of the runtime behind each exported function of numbers, booleans and characters: `extern "C" fn(instance, function: u32, arguments) ->
/// u32`, a [`crate::library::Status`].
pub const LIBRARY_CALL: &str = "aot_library_call";
/// Function of the runtime behind each exported function with other parameters and results than numbers, booleans and
/// characters, with the signature of [`LIBRARY_CALL`].
pub const LIBRARY_CALL_VALUES: &str = "aot_library_call_values";
/// Function of the runtime behind each function of a library that frees what a value owns: `extern "C" fn(value, ty: u32)`,
/// with null or the address of a value of the type with this number at [`VALUE_TYPES`].
pub const LIBRARY_VALUE_FREE: &str = "aot_library_value_free";
/// Function of the runtime behind each function of a library that drops a resource: `extern "C" fn(instance, handle: u64,
/// resource: u32) -> u32`, with the number of the resource type at [`VALUE_RESOURCES`]; a [`crate::library::Status`].
pub const LIBRARY_RESOURCE_DROP: &str = "aot_library_resource_drop";
/// Function of the runtime behind a library's `string_set`: `extern "C" fn(string, text)`.
pub const LIBRARY_STRING_SET: &str = "aot_library_string_set";
/// Function of the runtime behind a library's `string_dup`: `extern "C" fn(string, text) -> u32`, a
/// [`crate::library::Status`].
pub const LIBRARY_STRING_DUP: &str = "aot_library_string_dup";
/// Function of the runtime behind a library's `string_dup_n`: `extern "C" fn(string, text, bytes) -> u32`, a
/// [`crate::library::Status`].
pub const LIBRARY_STRING_DUP_N: &str = "aot_library_string_dup_n";
/// Function of the runtime behind a library's `string_free`: `extern "C" fn(string)`.
pub const LIBRARY_STRING_FREE: &str = "aot_library_string_free";
/// Function of the runtime behind a library's `error`: `extern "C" fn(instance) -> text`.
pub const LIBRARY_ERROR: &str = "aot_library_error";
/// Function of the runtime behind a library's `error_free`: `extern "C" fn(text)`.
pub const LIBRARY_ERROR_FREE: &str = "aot_library_error_free";
/// Function of the runtime that calls a function of the host program: `extern "C" fn(slab, import: u32, arguments, adapter) ->
/// u64`, the code of a trap or 0. The adapter is `extern "C" fn(function, context, instance, arguments) -> text`, null for none.
pub const LIBRARY_IMPORT: &str = "aot_library_import";
/// Function of the runtime that calls a function of the host program for a component: `extern "C" fn(slab, options, import: u32,
/// arguments, adapter) -> HostReturn`, with the core parameters as arguments. The adapter is that of [`LIBRARY_IMPORT`].
pub const LIBRARY_IMPORT_VALUES: &str = "aot_library_import_values";
/// Function of the runtime behind each exported memory: `extern "C" fn(instance, base, bytes, memory: u32) -> u32`, a
/// [`crate::library::Status`].
pub const LIBRARY_MEMORY: &str = "aot_library_memory";
/// Function of the runtime that reads an exported global: `extern "C" fn(instance, value, offset: u64, bytes: u32) -> u32`, with the
/// address for the value, and the slab offset of the global; a [`crate::library::Status`].
pub const LIBRARY_GLOBAL_GET: &str = "aot_library_global_get";
/// Function of the runtime that writes an exported global, with the signature of [`LIBRARY_GLOBAL_GET`].
pub const LIBRARY_GLOBAL_SET: &str = "aot_library_global_set";
/// Function of the runtime behind a library's `exit_status`: `extern "C" fn(instance) -> u32`.
pub const LIBRARY_EXIT_STATUS: &str = "aot_library_exit_status";
/// Function of the runtime behind a library's `pool`: `extern "C" fn(instances: u32)`.
pub const LIBRARY_POOL: &str = "aot_library_pool";
/// Function of the runtime behind a library's `interrupt`: `extern "C" fn(instance) -> bool`.
pub const LIBRARY_INTERRUPT: &str = "aot_library_interrupt";
/// Function of the runtime behind a library's `free`: `extern "C" fn(instance)`.
pub const LIBRARY_FREE: &str = "aot_library_free";
/// The function that fills the module of a Node.js addon, `fn(napi_env, napi_value, version) -> napi_value`, with the address
/// of [`VERSION`].
pub const NODE_REGISTER: &str = "aot_node_register";
/// The function of an addon's object that makes an instance: [`LIBRARY_NEW`] with what only the object knows, `fn(options, imports, error) -> instance`.
pub const NODE_NEW: &str = "aot_node_new";

/// `extern "C" fn(features: u64)` of the runtime: ends the program if the CPU lacks a feature; `cpu` numbers them. Only
/// objects that use more than the baseline refer to it.
pub const REQUIRE_CPU: &str = "aot_require_cpu";

/// `*mut SlabHeader` of the runtime: the newest slab. Only debug information refers to it.
pub const SLAB: &str = "aot_slab";

/// First byte of guest code.
pub const TEXT_START: &str = "aot_text_start";
/// [`crate::program::Program`].
pub const PROGRAM: &str = "aot_program";
/// `[program::Memory]`.
pub const MEMORIES: &str = "aot_memories";
/// `[program::Table]`.
pub const TABLES: &str = "aot_tables";
/// `[program::Span]`.
pub const SPANS: &str = "aot_spans";
/// `[program::Run]`.
pub const RUNS: &str = "aot_runs";
/// First byte of the initial images.
pub const IMAGES: &str = "aot_images";
/// `[program::Segment]` of passive data segments.
pub const DATA_SEGMENTS: &str = "aot_data_segments";
/// The bytes of passive data segments.
pub const DATA: &str = "aot_data";
/// `[program::Segment]` of passive element segments.
pub const ELEMENT_SEGMENTS: &str = "aot_element_segments";
/// `[u32]`: the elements of passive element segments.
pub const ELEMENTS: &str = "aot_elements";
/// `[program::FuncRecord]`.
pub const FUNC_RECORDS: &str = "aot_func_records";
/// [`crate::profile::Section`]. Only programs that write a profile have this symbol and the next one.
pub const PROFILE: &str = "aot_profile";
/// `[u64]`: the counters of what the program executes, on pages that hold nothing else.
pub const PROFILE_COUNTERS: &str = "aot_profile_counters";
/// `[component::ResourceTable]`.
pub const RESOURCE_TABLES: &str = "aot_resource_tables";
/// [`crate::concurrency::Concurrency`]. Only programs with asynchronous components have this symbol and the next three.
pub const CONCURRENCY: &str = "aot_concurrency";
/// `[concurrency::EndType]`.
pub const END_TYPES: &str = "aot_end_types";
/// `[concurrency::EnteredReference]`.
pub const ENTERED_REFERENCES: &str = "aot_entered_references";
/// `[u32]`: the component instance in which each one was instantiated; `u32::MAX` for the outermost.
pub const COMPONENT_PARENTS: &str = "aot_component_parents";
/// `[u32]`: sorted text offsets of the instructions that can trap, without loads and stores: a fault of one of those at
/// an address in the slab is [`crate::trap::Trap::MemoryOutOfBounds`].
pub const TRAP_OFFSETS: &str = "aot_trap_offsets";
/// `[u8]`: the trap code of each offset at [`TRAP_OFFSETS`].
pub const TRAP_CODES: &str = "aot_trap_codes";
/// `[program::Function]`, sorted by text offset.
pub const FUNCTIONS: &str = "aot_functions";
/// `[program::Module]`.
pub const MODULES: &str = "aot_modules";
/// Names of functions and modules.
pub const NAMES: &str = "aot_names";
/// Address maps and line tables, for backtraces.
pub const ADDRESSES: &str = "aot_addresses";
/// [`crate::exception::Exceptions`]. Only programs with exceptions have the `EXCEPTION…` symbols.
pub const EXCEPTIONS: &str = "aot_exceptions";
/// `[exception::Site]`.
pub const EXCEPTION_SITES: &str = "aot_exception_sites";
/// `[exception::Handler]`.
pub const EXCEPTION_HANDLERS: &str = "aot_exception_handlers";
/// `[exception::Tag]`.
pub const EXCEPTION_TAGS: &str = "aot_exception_tags";
/// `[exception::Root]`.
pub const EXCEPTION_ROOTS: &str = "aot_exception_roots";
/// [`crate::program::ThreadStart`]; only in programs that import [`THREAD_SPAWN`].
pub const THREAD_START: &str = "aot_thread_start";
/// [`crate::exports::Exports`]. Only programs with [`crate::parts::CALLS`] or [`crate::parts::REACTOR`] and scripts have the `EXPORT…` symbols.
pub const EXPORTS: &str = "aot_exports";
/// `[exports::Type]`.
pub const EXPORT_TYPES: &str = "aot_export_types";
/// `[exports::Member]`.
pub const EXPORT_MEMBERS: &str = "aot_export_members";
/// `[exports::Function]`.
pub const EXPORT_FUNCTIONS: &str = "aot_export_functions";
/// The bytes of all names that [`crate::exports::Text`] refers to.
pub const EXPORT_NAMES: &str = "aot_export_names";
/// [`crate::values::Values`]. Only libraries have the `VALUE…` symbols.
pub const VALUES: &str = "aot_values";
/// `[values::Type]`.
pub const VALUE_TYPES: &str = "aot_value_types";
/// `[values::Member]`.
pub const VALUE_MEMBERS: &str = "aot_value_members";
/// `[values::Function]`.
pub const VALUE_FUNCTIONS: &str = "aot_value_functions";
/// `[values::Resource]`.
pub const VALUE_RESOURCES: &str = "aot_value_resources";
/// `[values::Import]`.
pub const VALUE_IMPORTS: &str = "aot_value_imports";
/// [`crate::javascript::Addon`]. Only addons have the `ADDON…` symbols.
pub const ADDON: &str = "aot_addon";
/// `[javascript::Type]`.
pub const ADDON_TYPES: &str = "aot_addon_types";
/// `[javascript::Function]`.
pub const ADDON_FUNCTIONS: &str = "aot_addon_functions";
/// `[javascript::Function]`, one for each of [`VALUE_IMPORTS`].
pub const ADDON_IMPORTS: &str = "aot_addon_imports";
/// `[javascript::Class]`.
pub const ADDON_CLASSES: &str = "aot_addon_classes";
/// `[javascript::Global]`.
pub const ADDON_GLOBALS: &str = "aot_addon_globals";
/// `[exports::Text]`, in [`ADDON_NAMES`].
pub const ADDON_TEXTS: &str = "aot_addon_texts";
/// The bytes of all names for JavaScript.
pub const ADDON_NAMES: &str = "aot_addon_names";
/// [`crate::gc::Heap`]. Only programs that allocate objects have the `GC_…` symbols.
pub const GC_HEAP: &str = "aot_gc_heap";
/// `[gc::Type]`.
pub const GC_TYPES: &str = "aot_gc_types";
/// `[u32]`: the offsets of references in structures and exceptions.
pub const GC_FIELDS: &str = "aot_gc_fields";
/// `[gc::Site]`.
pub const GC_SITES: &str = "aot_gc_sites";
/// `[u32]`: the distances of references below the frame pointer, in bytes.
pub const GC_SLOTS: &str = "aot_gc_slots";
/// `[gc::Root]`.
pub const GC_ROOTS: &str = "aot_gc_roots";
/// `[gc::Tag]`.
pub const GC_TAGS: &str = "aot_gc_tags";
/// Grants and limits, in the format of [`crate::policy`]: a [`crate::policy::Section`] and its items.
pub const POLICY: &str = "aot_policy";
/// The commands of a specification script; only with [`MAIN_SCRIPT`] and [`MAIN_COMPONENT_SCRIPT`].
pub const SCRIPT: &str = "aot_script";

/// Section of guest code.
pub const SECTION_TEXT: &str = ".text.aot";
/// Section of read-only tables.
pub const SECTION_RODATA: &str = ".rodata.aot";
/// Section of the initial images: writable, aligned to the largest page, free of relocations, outside RELRO.
pub const SECTION_IMAGES: &str = ".data.aot_images";
/// Section of data that begins as zeros.
pub const SECTION_ZEROS: &str = ".bss.aot";
/// Section of the ELF note that `aot inspect` reads.
pub const SECTION_NOTE: &str = ".note.aot";
/// Owner of the note in [`SECTION_NOTE`].
pub const NOTE_NAME: &str = "aot";
/// Type of the note in [`SECTION_NOTE`]: its contents are a TOML document.
pub const NOTE_TYPE: u32 = 1;

/// Symbol of the one function of wasi-threads, `[i32] -> [i32]`: the import `thread-spawn` of the module `wasi`.
pub const THREAD_SPAWN: &str = "wasi#thread-spawn";
/// The export that a new thread of wasi-threads runs.
pub const WASI_THREAD_START: &str = "wasi_thread_start";

/// Module name of preview1 imports; their symbols are `wasi_snapshot_preview1#NAME`.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";
