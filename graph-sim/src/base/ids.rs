//! Ids that look like random GUIDs and are the same in every run, so that a failing run can be repeated.

/// A repeatable sequence of ids that look like random GUIDs.
#[derive(Clone, Debug)]
pub struct IdSource {
    state: u64,
}

impl IdSource {
    /// The sequence with this number; different numbers give different ids.
    #[must_use]
    pub fn new(stream: u64) -> Self {
        Self {
            state: stream.wrapping_mul(0xA076_1D64_78BD_642F),
        }
    }

    pub(crate) fn next_id(&mut self) -> String {
        let mut bytes = [0_u8; 16];
        bytes[..8].copy_from_slice(&self.next_word().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next_word().to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The next id that is not taken: a seed can bring an id of this very sequence, because it is the same in every run.
    pub(crate) fn next_unused(&mut self, taken: impl Fn(&str) -> bool) -> String {
        loop {
            let id = self.next_id();
            if !taken(&id) {
                return id;
            }
        }
    }

    /// SplitMix64: short, well distributed, and needs no dependency.
    fn next_word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }
}

/// An id that depends on its parts only, for objects that are known by something else, such as a service principal.
#[must_use]
pub fn stable_id(parts: &[&str]) -> String {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
    IdSource { state: hash }.next_id()
}

/// A GUID in the one spelling that the simulator keeps: small letters with hyphens.
pub(crate) fn guid(text: &str) -> Result<String, String> {
    uuid::Uuid::parse_str(text)
        .map(|id| id.hyphenated().to_string())
        .map_err(|_| format!("'{text}' is not a GUID"))
}

/// Whether a text is a GUID in the one spelling that Graph uses.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}
