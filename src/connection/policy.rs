//! The host's rules about which ends of a connection lead to another attempt.

/// The rules of `reconnect_on` and `reconnect_codes`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub(super) scope: Scope,
    pub(super) codes: Codes,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// Ends that may be temporary: network failures, and servers that are busy or restart.
    #[default]
    Lost,
    /// All ends that the host did not ask for.
    Any,
}

/// Close codes and HTTP statuses, whose ranges do not overlap. A negative number excludes its
/// code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes(Vec<i16>);

impl Codes {
    /// Parses a list such as "1000,401,-1012". Blanks around the commas are allowed.
    pub fn parse(list: &str) -> Result<Codes, String> {
        let mut codes: Vec<i16> = Vec::new();
        for (index, entry) in list.split(',').enumerate().filter(|_| !list.is_empty()) {
            let code = entry.trim_matches([' ', '\t']).parse::<i16>().ok();
            let known = |code: &i16| matches!(code.unsigned_abs(), 100..=599 | 1000..=4999);
            let Some(code) = code.filter(known) else {
                return Err(format!(
                    "entry {} is neither a close code (1000 to 4999) nor an HTTP status (100 to \
                     599), perhaps with a minus",
                    index + 1
                ));
            };
            if codes.iter().any(|earlier| earlier.abs() == code.abs()) {
                return Err(format!("names {} twice", code.abs()));
            }
            codes.push(code);
        }
        Ok(Codes(codes))
    }

    /// Whether the list includes or excludes this code, if it contains it.
    fn verdict(&self, code: u16) -> Option<bool> {
        let code = i16::try_from(code).ok()?;
        self.0.iter().find(|known| known.abs() == code).map(|&known| known > 0)
    }
}

impl Policy {
    /// Whether an end is worth another attempt. The HTTP status that refused the opening decides,
    /// or else the close code that on_terminate would get.
    pub fn is_worth(&self, status: Option<u16>, close_code: u16, by_default: bool) -> bool {
        let verdict = self.codes.verdict(status.unwrap_or(close_code));
        verdict.unwrap_or(by_default || self.scope == Scope::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(scope: Scope, codes: &str) -> Policy {
        Policy { scope, codes: Codes::parse(codes).unwrap() }
    }

    #[test]
    fn what_is_named_counts_before_all_else() {
        let lost = policy(Scope::Lost, "1000, 401,-1012,-503");
        assert!(lost.is_worth(None, 1000, false));
        assert!(lost.is_worth(Some(401), 1006, false));
        assert!(!lost.is_worth(None, 1012, true));
        assert!(!lost.is_worth(Some(503), 1006, true));
        assert!(lost.is_worth(None, 1006, true) && !lost.is_worth(None, 1005, false));
        let any = policy(Scope::Any, "-4000,-401");
        assert!(any.is_worth(None, 1005, false) && any.is_worth(Some(404), 1006, false));
        assert!(!any.is_worth(None, 4000, false) && !any.is_worth(Some(401), 1006, false));
    }

    #[test]
    fn a_status_is_told_before_the_close_code_that_comes_with_it() {
        let policy = policy(Scope::Lost, "-1006");
        assert!(policy.is_worth(Some(503), 1006, true));
        assert!(!policy.is_worth(None, 1006, true));
    }

    #[test]
    fn lists_that_are_none() {
        for (list, words) in [
            (",", "entry 1"),
            ("1000,", "entry 2"),
            ("1000 1001", "entry 1"),
            ("999", "entry 1"),
            ("5000", "entry 1"),
            ("600", "entry 1"),
            ("0", "entry 1"),
            ("--401", "entry 1"),
            ("lost", "entry 1"),
            ("99999", "entry 1"),
            ("401,-401", "401 twice"),
        ] {
            let refused = Codes::parse(list).expect_err(list);
            assert!(refused.contains(words), "{list}: {refused}");
        }
        assert_eq!(Codes::parse(""), Ok(Codes::default()));
    }
}
