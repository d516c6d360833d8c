//! Collections, strings, closures, iterators, formatting, generics and dynamic dispatch of Rust's std.
//! forms: core component wasip2

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::rc::Rc;

trait Animal {
    fn name(&self) -> String;
    fn legs(&self) -> u32 {
        4
    }
}

struct Dog;
struct Bird(u8);

impl Animal for Dog {
    fn name(&self) -> String {
        "dog".into()
    }
}

impl Animal for Bird {
    fn name(&self) -> String {
        format!("bird {}", self.0)
    }
    fn legs(&self) -> u32 {
        2
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Leaf(i32),
    Node(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn of_depth(depth: u32, seed: i32) -> Tree {
        if depth == 0 {
            return Tree::Leaf(seed);
        }
        Tree::Node(Box::new(Tree::of_depth(depth - 1, seed * 2)), Box::new(Tree::of_depth(depth - 1, seed * 2 + 1)))
    }

    fn sum(&self) -> i64 {
        match self {
            Tree::Leaf(value) => i64::from(*value),
            Tree::Node(left, right) => left.sum() + right.sum(),
        }
    }
}

struct Matrix([[f64; 2]; 2]);

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in self.0 {
            writeln!(f, "{:8.3} {:<8.3}|", row[0], row[1])?;
        }
        Ok(())
    }
}

fn maps() {
    let text = "it was the best of times, it was the worst of times, it was the age of wisdom";
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), **word));
    println!("{sorted:?}");
    let squares: HashMap<u64, u64> = (0..10_000).map(|n| (n, n * n)).collect();
    println!("{} {}", squares.len(), squares[&9_999]);
    let ordered: BTreeMap<_, _> = (0..100).map(|n| (n * 37 % 101, n)).collect();
    println!("{:?}", ordered.range(10..15).collect::<Vec<_>>());
    let set: HashSet<u32> = (0..1000).map(|n| n % 17).collect();
    println!("{} {}", set.len(), set.iter().sum::<u32>());
    println!("{:?}", [5, 3, 9].into_iter().collect::<BTreeSet<_>>());
}

fn queues() {
    let mut heap: BinaryHeap<_> = [4, 1, 8, 3].into();
    heap.push(5);
    println!("{:?} {:?}", heap.pop(), heap.into_sorted_vec());
    let mut queue: VecDeque<_> = (0..5).collect();
    queue.rotate_left(2);
    queue.push_front(9);
    println!("{queue:?}");
}

fn strings() {
    let text = "Grüße, 世界! 🦀";
    println!("{} {} {}", text.len(), text.chars().count(), text.to_uppercase());
    println!("{:?} {}", text.char_indices().nth(3), text.chars().rev().collect::<String>());
    println!("{:?} {:?}", "12x".parse::<i32>().is_err(), "3.25e2".parse::<f64>());
    println!("{:>10}|{:<10}|{:^10}|{:+}|{:#x}|{:#010b}|{:e}", "right", "left", "mid", 5, 255, 5, 1234.5);
    println!("{}", Matrix([[1.0, -2.5], [1.0 / 3.0, 1e3]]));
    println!("{:?} {:?}", f64::NAN, 0.1 + 0.2);
    println!("{:?}", String::from_utf8(vec![0xff, 0xfe]).is_err());
}

fn numbers() {
    println!("{:?} {:?}", 200u8.checked_add(100), 200u8.wrapping_add(100));
    println!("{} {}", i128::MAX, u128::MAX / 7);
    println!("{} {}", u64::MAX.leading_zeros(), (1u64 << 40).trailing_zeros());
    println!("{} {}", (3.7_f64) as i32, (-1e30_f64) as i64);
    println!("{:?}", (1..=20u64).product::<u64>());
}

fn main() {
    maps();
    queues();
    strings();
    numbers();
    let animals: Vec<Box<dyn Animal>> = vec![Box::new(Dog), Box::new(Bird(3))];
    for animal in &animals {
        println!("{} {}", animal.name(), animal.legs());
    }
    let tree = Tree::of_depth(12, 1);
    println!("{} {}", tree.sum(), tree.clone() == tree);
    let shared = Rc::new(5);
    let copies: Vec<_> = (0..4).map(|_| Rc::clone(&shared)).collect();
    println!("{} {}", Rc::strong_count(&shared), copies.len());
}
