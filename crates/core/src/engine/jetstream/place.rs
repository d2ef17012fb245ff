//! The place of a message that a consumer delivered.

/// Where a message stands, as its reply subject tells:
/// `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<tries>.<sequence>.<delivered>.<nanos>.<pending>[.<token>]`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place<'r> {
    pub(super) consumer: &'r str,
    pub(super) sequence: u64,
    pub(super) delivered: u64,
    pub(super) nanos: u64,
    pub(super) pending: u64,
}

impl<'r> Place<'r> {
    /// `None` for a message that no consumer delivered.
    pub(super) fn parse(reply: &'r str) -> Option<Self> {
        let mut tokens = [""; 10];
        let told = Tokens(Some(reply.strip_prefix("$JS.ACK.")?));
        let count = tokens.iter_mut().zip(told).map(|(token, told)| *token = told).count();
        let start = if count == 7 { 0 } else { 2 };
        let number = |index: usize| tokens.get(start + index)?.parse().ok();
        Some(Self {
            consumer: tokens.get(start + 1)?,
            sequence: number(3)?,
            delivered: number(4)?,
            nanos: number(5)?,
            pending: number(6)?,
        })
    }
}

/// The tokens of a subject: faster, where they are short, than a split at any character.
struct Tokens<'s>(Option<&'s str>);

impl<'s> Iterator for Tokens<'s> {
    type Item = &'s str;

    fn next(&mut self) -> Option<&'s str> {
        let rest = self.0?;
        let dot = rest.bytes().position(|byte| byte == b'.');
        self.0 = dot.map(|dot| &rest[dot + 1..]);
        Some(&rest[..dot.unwrap_or(rest.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_message_is_read_with_and_without_a_domain() {
        let place = Place { consumer: "c", sequence: 4, delivered: 5, nanos: 6, pending: 7 };
        assert_eq!(Place::parse("$JS.ACK.s.c.1.4.5.6.7").as_ref(), Some(&place));
        assert_eq!(Place::parse("$JS.ACK.hub.acc.s.c.1.4.5.6.7.r4nd").as_ref(), Some(&place));
        assert_eq!(Place::parse("$JS.ACK.s.c"), None);
        assert_eq!(Place::parse("_INBOX.1"), None);
    }
}
