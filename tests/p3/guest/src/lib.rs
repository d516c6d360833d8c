//! A command of WASI 0.3 that uses each function of `wasi:filesystem` in the folder that it is granted, and prints what they answer.

use futures::join;
use std::fmt::{Debug, Write};
use wasip3::cli::{environment, stdout};
use wasip3::clocks::system_clock::Instant;
use wasip3::filesystem::preopens;
use wasip3::filesystem::types::{
    Advice, Descriptor, DescriptorFlags as Flags, DescriptorStat, DescriptorType, ErrorCode, NewTimestamp, OpenFlags,
    PathFlags,
};
use wasip3::wit_stream;

wasip3::cli::command::export!(Files);

struct Files;

/// The answers so far, a line each.
#[derive(Default)]
struct Answers(String);

impl Answers {
    fn note(&mut self, what: &str, answer: impl Debug) {
        let _ = writeln!(self.0, "{what}: {answer:?}");
    }
}

impl wasip3::exports::cli::run::Guest for Files {
    async fn run() -> Result<(), ()> {
        let early = environment::get_arguments().iter().any(|argument| argument == "before-1970");
        let mut answers = Answers::default();
        let mut directories = preopens::get_directories();
        answers.note("directories", directories.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>());
        let (root, _) = directories.pop().ok_or(())?;
        let done = if early { before_1970(&root, &mut answers).await } else { perform(&root, &mut answers).await };
        answers.note("done", done);
        let (mut writer, reader) = wit_stream::new();
        let (written, _) = join!(stdout::write_via_stream(reader).into_future(), async {
            writer.write_all(answers.0.into_bytes()).await;
            drop(writer);
        });
        written.map_err(drop)
    }
}

async fn perform(root: &Descriptor, answers: &mut Answers) -> Result<(), ErrorCode> {
    contents(root, answers).await?;
    attributes(root, answers).await?;
    names(root, answers).await?;
    refusals(root, answers).await;
    Ok(())
}

/// Opens a file for reading and writing.
async fn open(root: &Descriptor, path: &str, how: OpenFlags) -> Result<Descriptor, ErrorCode> {
    root.open_at(PathFlags::empty(), path.into(), how, Flags::READ | Flags::WRITE).await
}

async fn read(file: &Descriptor, offset: u64) -> (String, Result<(), ErrorCode>) {
    let (bytes, ending) = file.read_via_stream(offset);
    let bytes = bytes.collect().await;
    (String::from_utf8_lossy(&bytes).into_owned(), ending.await)
}

/// Writes at an offset, or at the end.
async fn write(file: &Descriptor, offset: Option<u64>, text: &str) -> Result<(), ErrorCode> {
    let (mut writer, reader) = wit_stream::new();
    let ending = match offset {
        Some(offset) => file.write_via_stream(reader, offset),
        None => file.append_via_stream(reader),
    };
    let (ending, ()) = join!(ending.into_future(), async {
        writer.write_all(text.into()).await;
        drop(writer);
    });
    ending
}

async fn contents(root: &Descriptor, answers: &mut Answers) -> Result<(), ErrorCode> {
    let file = open(root, "file", OpenFlags::CREATE | OpenFlags::EXCLUSIVE).await?;
    answers.note("write", write(&file, Some(0), "hello, world").await);
    answers.note("write in the middle", write(&file, Some(7), "W").await);
    answers.note("write behind the end", write(&file, Some(14), "!").await);
    answers.note("append", write(&file, None, "+").await);
    answers.note("read", read(&file, 0).await);
    answers.note("read on", read(&file, 7).await);
    answers.note("read behind the end", read(&file, 100).await);
    answers.note("set size", file.set_size(5).await);
    answers.note("read what is left", read(&file, 0).await);
    answers.note("advise", file.advise(0, 5, Advice::Sequential).await);
    answers.note("sync data", file.sync_data().await);
    answers.note("sync", file.sync().await);
    // A reader that goes leaves the writer's rest.
    let (bytes, ending) = file.read_via_stream(0);
    drop(bytes);
    answers.note("read nothing", ending.await);
    let large = open(root, "large", OpenFlags::CREATE).await?;
    let text = "0123456789".repeat(100_000);
    answers.note("write a megabyte", write(&large, Some(0), &text).await);
    let (back, ending) = read(&large, 0).await;
    answers.note("read it", (back == text, ending));
    answers.note("truncate", open(root, "large", OpenFlags::TRUNCATE).await.map(drop));
    answers.note("its size", large.stat().await.map(|stat| stat.size));
    Ok(())
}

/// The facts that are the same each time.
fn facts(stat: &DescriptorStat) -> (DescriptorType, u64, u64) {
    (stat.type_.clone(), stat.link_count, if matches!(stat.type_, DescriptorType::Directory) { 0 } else { stat.size })
}

async fn attributes(root: &Descriptor, answers: &mut Answers) -> Result<(), ErrorCode> {
    let file = open(root, "file", OpenFlags::empty()).await?;
    answers.note("flags of a file", file.get_flags().await);
    answers.note("flags of the folder", root.get_flags().await);
    answers.note("type of a file", file.get_type().await);
    answers.note("type of the folder", root.get_type().await);
    answers.note("set times", file.set_times(moment(1000), moment(2000)).await);
    let stat = file.stat().await?;
    answers.note("stat", facts(&stat));
    answers.note("times", (stat.data_access_timestamp, stat.data_modification_timestamp));
    answers.note("status is there", stat.status_change_timestamp.is_some());
    let of_path = |path: &str| root.set_times_at(PathFlags::empty(), path.into(), NewTimestamp::NoChange, moment(3000));
    answers.note("set times at a path", of_path("file").await);
    let stat = root.stat_at(PathFlags::empty(), "file".into()).await?;
    answers.note("times then", (stat.data_access_timestamp, stat.data_modification_timestamp));
    answers.note("set times of nothing", of_path("nothing").await);
    answers.note("set times to now", file.set_times(NewTimestamp::Now, NewTimestamp::NoChange).await);
    let again = open(root, "file", OpenFlags::empty()).await?;
    answers.note("the same", (file.is_same_object(&again).await, file.is_same_object(root).await));
    let hash = |hash: Result<wasip3::filesystem::types::MetadataHashValue, ErrorCode>| {
        hash.map(|hash| (hash.lower, hash.upper))
    };
    let (one, two) = (hash(file.metadata_hash().await)?, hash(again.metadata_hash().await)?);
    let three = hash(root.metadata_hash_at(PathFlags::empty(), "file".into()).await)?;
    answers.note("the same hash", (one == two, one == three, one == hash(root.metadata_hash().await)?));
    Ok(())
}

/// A moment so many seconds after the beginning of 1970, and a little.
fn moment(seconds: i64) -> NewTimestamp {
    NewTimestamp::Timestamp(Instant { seconds, nanoseconds: 5 })
}

async fn before_1970(root: &Descriptor, answers: &mut Answers) -> Result<(), ErrorCode> {
    let file = open(root, "file", OpenFlags::CREATE).await?;
    answers.note("set times", file.set_times(moment(-3), moment(-1)).await);
    let stat = file.stat().await?;
    answers.note("times", (stat.data_access_timestamp, stat.data_modification_timestamp));
    let set = root.set_times_at(PathFlags::empty(), "file".into(), moment(-3), moment(-1)).await;
    answers.note("set times at a path", set);
    let stat = file.stat().await?;
    answers.note("times then", (stat.data_access_timestamp, stat.data_modification_timestamp));
    Ok(())
}

async fn names(root: &Descriptor, answers: &mut Answers) -> Result<(), ErrorCode> {
    answers.note("create a folder", root.create_directory_at("folder".into()).await);
    let folder = root
        .open_at(PathFlags::empty(), "folder".into(), OpenFlags::DIRECTORY, Flags::READ | Flags::MUTATE_DIRECTORY)
        .await?;
    answers.note("link", root.link_at(PathFlags::empty(), "file".into(), &folder, "linked".into()).await);
    answers.note("rename", folder.rename_at("linked".into(), &folder, "renamed".into()).await);
    answers.note("symlink", folder.symlink_at("renamed".into(), "pointer".into()).await);
    answers.note("readlink", folder.readlink_at("pointer".into()).await);
    let mut stats = Vec::new();
    for flags in [PathFlags::empty(), PathFlags::SYMLINK_FOLLOW] {
        stats.push(folder.stat_at(flags, "pointer".into()).await.map(|stat| facts(&stat)));
    }
    answers.note("stat of the link and behind it", stats);
    let (entries, ending) = folder.read_directory();
    let mut entries: Vec<String> =
        entries.collect().await.into_iter().map(|entry| format!("{} {:?}", entry.name, entry.type_)).collect();
    entries.sort();
    answers.note("entries", (entries, ending.await));
    answers.note("remove a folder that isn't empty", root.remove_directory_at("folder".into()).await);
    answers.note("unlink", folder.unlink_file_at("pointer".into()).await);
    answers.note("unlink the other", folder.unlink_file_at("renamed".into()).await);
    let (entries, ending) = folder.read_directory();
    answers.note("no entries", (entries.collect().await.len(), ending.await));
    answers.note("remove the folder", root.remove_directory_at("folder".into()).await);
    Ok(())
}

async fn refusals(root: &Descriptor, answers: &mut Answers) {
    let open_at = |path: &str, how, flags| root.open_at(PathFlags::empty(), path.into(), how, flags);
    answers.note("open nothing", open_at("nothing", OpenFlags::empty(), Flags::READ).await.map(drop));
    answers.note("open above", open_at("../above", OpenFlags::empty(), Flags::READ).await.map(drop));
    answers.note(
        "open what is there",
        open_at("file", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, Flags::WRITE).await.map(drop),
    );
    answers.note("open a file as a folder", open_at("file", OpenFlags::DIRECTORY, Flags::READ).await.map(drop));
    let Ok(file) = open_at("file", OpenFlags::empty(), Flags::READ).await else { return };
    answers.note("write what is for reading", write(&file, Some(0), "x").await);
    answers.note("set its size", file.set_size(1).await);
    answers.note("read a folder", read(root, 0).await);
    answers.note("write a folder", write(root, Some(0), "x").await);
    let (entries, ending) = file.read_directory();
    answers.note("entries of a file", (entries.collect().await.len(), ending.await));
    answers.note("stat above", root.stat_at(PathFlags::empty(), "..".into()).await.map(|stat| facts(&stat)));
    answers.note("an absolute link", root.symlink_at("/etc".into(), "absolute".into()).await);
    answers.note("unlink a folder", root.unlink_file_at(".".into()).await);
    answers.note("a name with a zero", root.create_directory_at("a\0b".into()).await);
}
