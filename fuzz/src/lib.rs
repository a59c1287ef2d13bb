//! What the targets share: inputs taken apart, a decoder fed, and models of
//! what it must say.

pub mod feed;
pub mod inflate;
pub mod input;
pub mod memory;
pub mod model;
