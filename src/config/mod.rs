//! Settings: what `/etc/gate/gate.toml`, the account's own file and the defaults make of each other.
//!
//! Pure: [`Settings`], the schema, the encoding. Effect: [`load`], which reads files, refuses those that the wrong
//! people can write, and keeps settings and policy compiled in one file, so that a run parses no TOML.

mod cache;
mod encoding;
mod load;
mod places;
mod schema;
mod settings;
mod whitelist;

pub use load::{ConfigError, Loaded, Origin, load};
pub use places::Places;
pub use schema::{KEYS, check};
pub use settings::{
    Approver, Audit, EnvironmentClasses, PolicySource, Record, RecordFrom, Settings, TerminalUse,
};
pub use whitelist::WhitelistFile;
