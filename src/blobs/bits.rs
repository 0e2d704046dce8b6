//! Which of many things are there.

/// One bit for each of a fixed number of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    bytes: Vec<u8>,
    len: u32,
    ones: u32,
}

impl Bits {
    /// None of `len`.
    pub fn none(len: u32) -> Self {
        let bytes = usize::try_from(len.div_ceil(8)).unwrap_or(0);
        Self {
            bytes: vec![0; bytes],
            len,
            ones: 0,
        }
    }

    /// Reads what [`Bits::bytes`] gives; `None` if it is of another number of things.
    pub fn read(len: u32, bytes: &[u8]) -> Option<Self> {
        if bytes.len() != usize::try_from(len.div_ceil(8)).ok()? {
            return None;
        }
        let beyond = bytes.last().copied().unwrap_or(0);
        if !len.is_multiple_of(8) && beyond >> (len % 8) != 0 {
            return None;
        }
        Some(Self {
            bytes: bytes.to_vec(),
            len,
            ones: bytes.iter().map(|byte| byte.count_ones()).sum(),
        })
    }

    /// A bit for each, the first in the lowest bit of the first byte.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many things it is about.
    pub fn size(&self) -> u32 {
        self.len
    }

    /// How many are there.
    pub fn count(&self) -> u32 {
        self.ones
    }

    /// Whether all are there.
    pub fn is_full(&self) -> bool {
        self.ones == self.len
    }

    /// Whether one is there.
    pub fn has(&self, at: u32) -> bool {
        let byte = usize::try_from(at / 8).ok().and_then(|i| self.bytes.get(i));
        at < self.len && byte.is_some_and(|byte| byte & (1 << (at % 8)) != 0)
    }

    /// Notes that one is there; whether that is new.
    pub fn set(&mut self, at: u32) -> bool {
        if at >= self.len || self.has(at) {
            return false;
        }
        let byte = usize::try_from(at / 8)
            .ok()
            .and_then(|i| self.bytes.get_mut(i));
        if let Some(byte) = byte {
            *byte |= 1 << (at % 8);
            self.ones += 1;
        }
        true
    }

    /// Notes that one is not there.
    pub fn clear(&mut self, at: u32) {
        if !self.has(at) {
            return;
        }
        let byte = usize::try_from(at / 8)
            .ok()
            .and_then(|i| self.bytes.get_mut(i));
        if let Some(byte) = byte {
            *byte &= !(1 << (at % 8));
            self.ones -= 1;
        }
    }

    /// Those that are there, ascending.
    pub fn ones(&self) -> impl Iterator<Item = u32> + '_ {
        let bytes = (0_u32..).step_by(8).zip(&self.bytes);
        bytes
            .filter(|(_, byte)| **byte != 0)
            .flat_map(|(base, byte)| {
                (0..8)
                    .filter(move |i| byte & (1 << i) != 0)
                    .map(move |i| base + i)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_there_counted_and_read_back() {
        let mut bits = Bits::none(19);
        for at in [0, 7, 8, 18, 18] {
            bits.set(at);
        }
        assert!(!bits.set(19), "there is no such thing");
        bits.clear(7);

        let read = Bits::read(19, bits.bytes()).unwrap();

        assert_eq!(read, bits);
        assert_eq!(read.count(), 3);
        assert_eq!(read.ones().collect::<Vec<_>>(), [0, 8, 18]);
        assert!(!read.is_full());
    }

    #[test]
    fn what_is_of_another_number_is_not_read() {
        assert_eq!(Bits::read(19, &[0, 0]), None);
        assert_eq!(Bits::read(19, &[0, 0, 8]), None);
        assert!(Bits::read(19, &[0xff, 0xff, 7]).unwrap().is_full());
    }
}
