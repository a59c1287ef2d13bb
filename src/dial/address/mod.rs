//! From a name to its addresses, and from the addresses to a connected socket.

mod elsewhere;
mod family;
mod given;
mod known;
mod lookup;
mod race;
mod turns;
mod unix;

pub use self::elsewhere::Elsewhere;
pub use self::family::Family;
pub use self::given::adopt;
pub use self::known::known_addresses;
pub use self::lookup::{Lookups, Waiter};
pub use self::race::{Progress, Race};
pub use self::turns::Turns;
pub use self::unix::{shown_socket, split_socket, LocalAttempt};
