//! How much memory a test's thread has: a file must not make Hearth take gigabytes before it is refused.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// Bytes that this thread has now, and the most that it has had since [`most_bytes`] began to watch.
    static BYTES: Cell<[isize; 2]> = const { Cell::new([0; 2]) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(bytes: isize) {
    // A thread that ends has no counter any more.
    let _ = BYTES.try_with(|counter| {
        let [now, most] = counter.get();
        counter.set([now + bytes, most.max(now + bytes)]);
    });
}

#[allow(clippy::cast_possible_wrap)] // a size of memory is below `isize::MAX`
// SAFETY: everything is the system's allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as isize - layout.size() as isize);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(block, layout) }
    }
}

/// The result of `work`, and the most bytes that it had at once, in this thread.
pub fn most_bytes<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let [before, _] = BYTES.get();
    BYTES.set([before; 2]);
    let result = work();
    let [_, most] = BYTES.get();
    (result, usize::try_from(most - before).unwrap_or(0))
}
