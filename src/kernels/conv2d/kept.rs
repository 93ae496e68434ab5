//! What convolutions keep on the CPU so that the next picture is faster, within bounds that a network's weights can count on.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes that the kept kernels of all convolutions have at most, together.
pub const KEPT_BYTES: usize = 256 << 20;

/// The room for all convolutions.
pub static ROOM: Room = Room(AtomicUsize::new(KEPT_BYTES));

/// Bytes that are free.
#[derive(Debug)]
pub struct Room(AtomicUsize);

/// Numbers that were kept: they give their room back when they go.
#[derive(Debug)]
pub struct Kept {
    numbers: Vec<f32>,
    room: &'static Room,
}

impl Room {
    /// So many numbers, if there is room for them.
    pub fn keep(&'static self, len: usize, numbers: impl FnOnce() -> Vec<f32>) -> Option<Kept> {
        let bytes = len.checked_mul(size_of::<f32>())?;
        self.0.fetch_update(Relaxed, Relaxed, |free| free.checked_sub(bytes)).ok()?;
        let numbers = numbers();
        debug_assert_eq!(numbers.len(), len);
        Some(Kept { numbers, room: self })
    }
}

impl Deref for Kept {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.room.0.fetch_add(size_of_val(&self.numbers[..]), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_fits_and_gives_its_room_back() {
        static ROOM: Room = Room(AtomicUsize::new(40));
        let keep = |len: usize| ROOM.keep(len, || vec![1.0; len]);
        let first = keep(6);
        assert_eq!(first.as_deref(), Some(&[1.0; 6][..]));
        assert!(keep(5).is_none() && keep(usize::MAX).is_none());
        assert!(keep(4).is_some());
        drop(first);
        assert!(keep(10).is_some());
    }
}
