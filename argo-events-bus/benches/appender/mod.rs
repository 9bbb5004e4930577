//! What a service would write by hand: one thread that appends what waits to a file and syncs it.

use bytes::Bytes;
use std::{fs::File, io::Write as _, path::Path};
use tokio::sync::{mpsc, oneshot};

type Entry = (Bytes, oneshot::Sender<()>);

/// Appends bodies to a file, those that wait together with one sync.
#[derive(Clone, Debug)]
pub(crate) struct Appender(mpsc::Sender<Entry>);

impl Appender {
    /// Starts the thread; it ends with the last handle.
    pub(crate) fn start(path: &Path) -> Self {
        let (sender, receiver) = mpsc::channel(1024);
        let file = File::create(path).expect("the file can be made");
        std::thread::spawn(move || run(file, receiver));
        Self(sender)
    }

    /// Appends a body and returns once it is on the disk.
    pub(crate) async fn append(&self, body: Bytes) {
        let (reply, done) = oneshot::channel();
        self.0.send((body, reply)).await.expect("the thread runs");
        done.await.expect("the thread runs");
    }
}

fn run(mut file: File, mut receiver: mpsc::Receiver<Entry>) {
    let (mut entries, mut buffer) = (Vec::new(), Vec::new());
    while receiver.blocking_recv_many(&mut entries, 1024) > 0 {
        buffer.clear();
        entries
            .iter()
            .for_each(|(body, _)| buffer.extend_from_slice(body));
        file.write_all(&buffer).expect("the disk has room");
        file.sync_data().expect("the disk works");
        for (_, reply) in entries.drain(..) {
            // One that has gone does not want to know.
            let _ = reply.send(());
        }
    }
}
