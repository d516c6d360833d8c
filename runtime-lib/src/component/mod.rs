//! The component model between components: what `abi::component` describes.

mod transcode;
