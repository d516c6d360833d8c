//! Built with debug information, for tests/debug.rs, which knows its lines.

struct Point {
    x: i32,
    y: i32,
}

#[inline(never)]
fn norm(points: &[Point], scale: i32) -> i32 {
    let mut total = 0;
    for point in points {
        let part = point.x * point.x + point.y;
        total += part * scale;
    }
    total
}

fn main() {
    let points = vec![Point { x: 1, y: 2 }, Point { x: 3, y: 4 }];
    let name = String::from("norm");
    let result = norm(&points, 2);
    println!("{name}: {result}");
}
