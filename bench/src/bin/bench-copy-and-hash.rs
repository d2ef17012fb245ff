//! The floor of the local engine: one thread that reads a file, hashes it, writes it, and makes it durable. Its *get*
//! reads and hashes.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use bench::{Clock, Failure, Order, Work};
use sha2::{Digest, Sha256};

fn main() -> Result<(), Failure> {
    let order = Order::of_arguments()?;
    let copy = Path::new(&order.place).join(&order.bucket);
    let clock = Clock::start();
    match order.work {
        Work::PutFile(path) => {
            let target = File::create(copy)?;
            pass(&File::open(path)?, |chunk| (&target).write_all(chunk))?;
            target.sync_data()?;
        }
        Work::GetFile => pass(&File::open(copy)?, |_| Ok(()))?,
        _ => return Err("does large files only".into()),
    }
    clock.stop();
    Ok(())
}

fn pass(mut source: &File, sink: impl Fn(&[u8]) -> std::io::Result<()>) -> Result<(), Failure> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 128 * 1024];
    loop {
        let size = source.read(&mut chunk)?;
        if size == 0 {
            println!("# {:x}", hash.finalize());
            return Ok(());
        }
        hash.update(&chunk[..size]);
        sink(&chunk[..size])?;
    }
}
