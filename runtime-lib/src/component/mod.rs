//! The component model between components: what `abi::component` describes.

mod resources;
mod transcode;
