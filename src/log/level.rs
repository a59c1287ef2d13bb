//! How much is logged.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Off = 0,
    Error = 1,
    Warning = 2,
    Info = 3,
    Debug = 4,
    Trace = 5,
}

pub const LEVELS: [Level; 6] =
    [Level::Off, Level::Error, Level::Warning, Level::Info, Level::Debug, Level::Trace];

impl Level {
    pub fn from_number(number: i32) -> Option<Level> {
        LEVELS.into_iter().find(|&level| level as i32 == number)
    }

    pub fn from_word(word: &str) -> Option<Level> {
        LEVELS.into_iter().find(|level| level.word().eq_ignore_ascii_case(word))
    }

    pub fn word(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}
