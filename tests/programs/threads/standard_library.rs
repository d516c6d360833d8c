//! Features of Rust's standard library for threads: locks, condition variables, barriers, channels, variables of a thread's
//! own, scopes, atomics, parking, and files and standard output from several threads.
//! forms: core
//! oracle: file
//! dir: box::/box

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, AtomicI8, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, Once, RwLock, mpsc};
use std::thread;
use std::time::Duration;

fn main() {
    counts();
    queue();
    channels();
    own_variables();
    scopes();
    atomics();
    many_short_threads();
    barriers_and_once();
    readers_and_writers();
    parking();
    memory();
    files();
    output();
}

/// Eight threads, one counter under a lock.
fn counts() {
    let counter = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let counter = counter.clone();
            thread::spawn(move || (0..2000).for_each(|_| *counter.lock().unwrap() += 1))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    println!("counted {}", counter.lock().unwrap());
}

/// A queue of four places between three producers and two consumers.
fn queue() {
    struct Queue {
        items: Mutex<(VecDeque<u64>, usize)>,
        not_full: Condvar,
        not_empty: Condvar,
    }
    const ITEMS: u64 = 500;
    let state = (VecDeque::new(), 3 * ITEMS as usize);
    let queue = Queue { items: Mutex::new(state), not_full: Condvar::new(), not_empty: Condvar::new() };
    let sum = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for item in 1..=ITEMS {
                    let guard = queue.items.lock().unwrap();
                    let mut guard = queue.not_full.wait_while(guard, |(items, _)| items.len() == 4).unwrap();
                    guard.0.push_back(item);
                    queue.not_empty.notify_all();
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let guard = queue.items.lock().unwrap();
                    let wait = queue.not_empty.wait_while(guard, |(items, left)| items.is_empty() && *left > 0);
                    let mut guard = wait.unwrap();
                    let Some(item) = guard.0.pop_front() else { break };
                    guard.1 -= 1;
                    queue.not_full.notify_one();
                    queue.not_empty.notify_all();
                    sum.fetch_add(item, Ordering::Relaxed);
                }
            });
        }
    });
    println!("consumed {}", sum.load(Ordering::Relaxed));
    let lock = Mutex::new(());
    let (_guard, timeout) = Condvar::new().wait_timeout(lock.lock().unwrap(), Duration::from_millis(5)).unwrap();
    println!("nobody notified: {}", timeout.timed_out());
}

/// Channels with and without bounds: a line of threads, each of which adds one.
fn channels() {
    let (first, mut last) = mpsc::channel();
    for stage in 0..10 {
        let (sender, receiver) = mpsc::sync_channel(stage % 3);
        let previous = std::mem::replace(&mut last, receiver);
        thread::spawn(move || previous.into_iter().try_for_each(|value: u32| sender.send(value + 1)));
    }
    thread::spawn(move || (0..100).for_each(|value| first.send(value).unwrap()));
    println!("received {}", last.into_iter().sum::<u32>());
    let (sender, receiver) = mpsc::channel::<String>();
    let nothing = receiver.recv_timeout(Duration::from_millis(5));
    drop(sender);
    println!("{nothing:?}, {:?}", receiver.recv());
}

/// Each thread begins with the initial value; destructors run at its end.
fn own_variables() {
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    struct Dropped;
    impl Drop for Dropped {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    thread_local! {
        static NUMBER: Cell<u32> = const { Cell::new(7) };
        static TEXT: RefCell<String> = RefCell::new("begun".to_string());
        static DROP: Dropped = const { Dropped };
    }
    NUMBER.set(1);
    let threads: Vec<_> = (0..6)
        .map(|number| {
            thread::spawn(move || {
                DROP.with(|_| ());
                assert_eq!(NUMBER.replace(number), 7);
                TEXT.with_borrow_mut(|text| *text += &format!(" by {number}"));
                thread::yield_now();
                assert_eq!(NUMBER.get(), number);
                TEXT.take()
            })
        })
        .collect();
    let texts: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    println!("{}; {} is left, {} dropped", texts.join(", "), NUMBER.get(), DROPPED.load(Ordering::SeqCst));
}

/// Threads that borrow, and give results back.
fn scopes() {
    let numbers: Vec<u64> = (1..=1000).collect();
    let mut squares = vec![0; numbers.len()];
    let sums: Vec<u64> = thread::scope(|scope| {
        let parts = numbers.chunks(130).zip(squares.chunks_mut(130));
        let threads: Vec<_> = parts
            .map(|(part, squares)| {
                scope.spawn(move || {
                    squares.iter_mut().zip(part).for_each(|(square, number)| *square = number * number);
                    part.iter().sum()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    println!("sums {sums:?}, of squares {}", squares.iter().sum::<u64>());
}

/// Operations of all widths, by four threads at once.
fn atomics() {
    let (byte, signed, half) = (AtomicU8::new(0), AtomicI8::new(-1), AtomicU16::new(0));
    let (word, wide, spin) = (AtomicU32::new(0), AtomicU64::new(u64::MAX), AtomicBool::new(false));
    let mut unlocked = 0_u32;
    let shared = &raw mut unlocked as usize;
    thread::scope(|scope| {
        for number in 0..4u8 {
            let (byte, signed, half, word, wide, spin) = (&byte, &signed, &half, &word, &wide, &spin);
            scope.spawn(move || {
                for round in 0..500u64 {
                    byte.fetch_add(3, Ordering::Relaxed);
                    signed.fetch_xor(0x55, Ordering::AcqRel);
                    half.fetch_max(u16::from(number) * 1000 + round as u16, Ordering::SeqCst);
                    word.fetch_or(1 << (round % 32), Ordering::Release);
                    let next = |value: u64| Some(value.rotate_left(1).wrapping_sub(round));
                    let _ = wide.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |value| next(value).map(|it| it | 1));
                    while spin.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
                        thread::yield_now();
                    }
                    // SAFETY: the lock is held, and the variable outlives the scope.
                    unsafe { *(shared as *mut u32) += 1 };
                    spin.store(false, Ordering::Release);
                }
            });
        }
    });
    let odd = wide.into_inner() & 1;
    println!("{byte:?} {signed:?} {half:?} {:#x} {odd} {unlocked}", word.into_inner());
}

/// Makes many short threads; nobody waits for half of them.
fn many_short_threads() {
    static ENDED: AtomicU32 = AtomicU32::new(0);
    let mut sum = 0;
    for round in 0..10u64 {
        let waited_for: Vec<_> = (0..4).map(|number| thread::spawn(move || round * number)).collect();
        for _ in 0..4 {
            drop(thread::spawn(|| ENDED.fetch_add(1, Ordering::SeqCst)));
        }
        sum += waited_for.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>();
        while u64::from(ENDED.load(Ordering::SeqCst)) != 4 * (round + 1) {
            thread::yield_now();
        }
    }
    println!("80 threads: {sum}, {ENDED:?}");
}

fn barriers_and_once() {
    static ONCE: Once = Once::new();
    static LAZY: LazyLock<u32> = LazyLock::new(|| STARTED.fetch_add(1, Ordering::SeqCst));
    static STARTED: AtomicU32 = AtomicU32::new(40);
    let (barrier, arrived, leaders) = (Barrier::new(5), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                for round in 1..=20 {
                    arrived.fetch_add(1, Ordering::SeqCst);
                    if barrier.wait().is_leader() {
                        leaders.fetch_add(1, Ordering::SeqCst);
                    }
                    assert!(arrived.load(Ordering::SeqCst) >= 5 * round);
                    barrier.wait();
                }
                ONCE.call_once(|| {
                    STARTED.fetch_add(1, Ordering::SeqCst);
                });
                assert_eq!(*LAZY, 41);
            });
        }
    });
    println!("{leaders:?} leaders of {arrived:?}, {STARTED:?} starts");
}

/// Writers keep two numbers equal; readers look whether they are.
fn readers_and_writers() {
    let pair = RwLock::new((0, 0));
    thread::scope(|scope| {
        for number in 0..5 {
            let pair = &pair;
            scope.spawn(move || {
                for _ in 0..300 {
                    if number < 2 {
                        let mut pair = pair.write().unwrap();
                        pair.0 += 1;
                        pair.1 += 1;
                    } else {
                        let pair = pair.read().unwrap();
                        assert_eq!(pair.0, pair.1);
                    }
                }
            });
        }
    });
    println!("written {pair:?}");
}

fn parking() {
    let ready = Arc::new(AtomicBool::new(false));
    let flag = ready.clone();
    let parked = thread::Builder::new().name("parked".to_string()).spawn(move || {
        while !flag.load(Ordering::Acquire) {
            thread::park();
        }
        thread::current().name().map(str::to_string)
    });
    let parked = parked.unwrap();
    thread::sleep(Duration::from_millis(2));
    ready.store(true, Ordering::Release);
    parked.thread().unpark();
    println!("woken {:?}", parked.join().unwrap());
}

/// All threads allocate, which grows the memory, and give to each other what is freed elsewhere.
fn memory() {
    let (sender, receiver) = mpsc::channel();
    for number in 0..4u8 {
        let sender = sender.clone();
        thread::spawn(move || {
            for size in 0..200usize {
                sender.send(vec![number; size * 40]).unwrap();
            }
        });
    }
    drop(sender);
    let mut sums = [0; 4];
    for bytes in receiver {
        let Some(first) = bytes.first() else { continue };
        assert!(bytes.iter().all(|byte| byte == first));
        sums[usize::from(*first)] += bytes.len();
    }
    println!("allocated {sums:?}");
}

/// Each thread has a file of its own, and all append to one. Paths are absolute: wasi-libc makes others so in a buffer
/// that all threads share.
fn files() {
    fs::write("/box/all", "").unwrap();
    thread::scope(|scope| {
        for number in 0..4u8 {
            scope.spawn(move || {
                let (folder, path) = (format!("/box/{number}"), format!("/box/{number}/file"));
                for round in 0..10 {
                    fs::create_dir(&folder).unwrap();
                    let mut file = File::create(&path).unwrap();
                    file.write_all(&vec![number; 1000 * (round + 1)]).unwrap();
                    drop(file);
                    let mut contents = Vec::new();
                    File::open(&path).unwrap().read_to_end(&mut contents).unwrap();
                    assert_eq!(contents, vec![number; 1000 * (round + 1)]);
                    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
                    fs::rename(&path, format!("/box/moved-{number}")).unwrap();
                    fs::remove_dir(&folder).unwrap();
                    let mut all = OpenOptions::new().append(true).open("/box/all").unwrap();
                    all.write_all(&[b'a' + number; 8]).unwrap();
                }
            });
        }
    });
    let all = fs::read_to_string("/box/all").unwrap();
    let whole = all.as_bytes().chunks(8).all(|chunk| chunk.iter().all(|byte| *byte == chunk[0]));
    let mut names: Vec<_> = fs::read_dir("/box").unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("appended {} whole: {whole}, {names:?}", all.len());
}

/// A lock of standard output keeps lines together; the last line comes when all have ended.
fn output() {
    let turn = Mutex::new(0);
    let next = Condvar::new();
    thread::scope(|scope| {
        for number in (0..6).rev() {
            let (turn, next) = (&turn, &next);
            scope.spawn(move || {
                let mut turn = next.wait_while(turn.lock().unwrap(), |turn| *turn != number).unwrap();
                let mut out = std::io::stdout().lock();
                write!(out, "line ").unwrap();
                writeln!(out, "{number}").unwrap();
                *turn += 1;
                next.notify_all();
            });
        }
    });
    println!("end");
}
