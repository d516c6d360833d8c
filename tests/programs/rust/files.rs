//! std::fs on a granted directory.
//! forms: core component wasip2
//! dir: data::/data
//! file: data/given.txt given contents

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

fn show<T: std::fmt::Debug>(what: &str, result: io::Result<T>) {
    match result {
        Ok(value) => println!("{what}: {value:?}"),
        Err(error) => println!("{what}: {:?}", error.kind()),
    }
}

fn whole_files() -> io::Result<()> {
    show("given", fs::read_to_string("/data/given.txt"));
    fs::write("/data/a.txt", "first\nsecond\nthird\n")?;
    for line in BufReader::new(File::open("/data/a.txt")?).lines() {
        println!("  {}", line?);
    }
    show("copy", fs::copy("/data/a.txt", "/data/b.txt"));
    show("rename", fs::rename("/data/b.txt", "/data/c.txt"));
    show("length", fs::metadata("/data/c.txt").map(|data| data.len()));
    show("missing", fs::read("/data/missing"));
    show("outside", fs::read("/etc/passwd"));
    show("above", fs::read("/data/../../etc/passwd"));
    show("exists", Path::new("/data/c.txt").try_exists());
    show("remove", fs::remove_file("/data/c.txt"));
    show("exists", Path::new("/data/c.txt").try_exists());
    Ok(())
}

fn positions() -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open("/data/seek")?;
    let mut writer = BufWriter::new(&mut file);
    for number in 0..50_000u32 {
        writer.write_all(&number.to_le_bytes())?;
    }
    writer.flush()?;
    drop(writer);
    show("end", file.seek(SeekFrom::End(-4)));
    let mut word = [0; 4];
    file.read_exact(&mut word)?;
    println!("{}", u32::from_le_bytes(word));
    show("beyond", file.read(&mut word));
    show("before the start", file.seek(SeekFrom::Current(-1_000_000)));
    file.seek(SeekFrom::Start(40_000))?;
    file.read_exact(&mut word)?;
    println!("{}", u32::from_le_bytes(word));
    file.set_len(10)?;
    file.rewind()?;
    let mut rest = Vec::new();
    show("rest", file.read_to_end(&mut rest));
    let mut appended = OpenOptions::new().append(true).open("/data/seek")?;
    appended.write_all(b"more")?;
    show("length", fs::metadata("/data/seek").map(|data| data.len()));
    show("exclusive", OpenOptions::new().write(true).create_new(true).open("/data/seek").map(|_| ()));
    Ok(())
}

fn directories() -> io::Result<()> {
    fs::create_dir_all("/data/one/two/three")?;
    for name in ["x", "y", "z"] {
        fs::write(format!("/data/one/two/{name}"), name)?;
    }
    let mut names: Vec<_> = fs::read_dir("/data/one/two")?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().into_string().unwrap(), entry.file_type()?.is_dir()))
        })
        .collect::<io::Result<_>>()?;
    names.sort();
    println!("{names:?}");
    show("not empty", fs::remove_dir("/data/one"));
    show("remove all", fs::remove_dir_all("/data/one"));
    show("listing what is gone", fs::read_dir("/data/one").map(|_| ()));
    Ok(())
}

fn main() -> io::Result<()> {
    whole_files()?;
    positions()?;
    directories()
}
