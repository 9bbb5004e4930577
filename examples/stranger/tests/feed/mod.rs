//! A server for the source `lines`: sends one line at a time, again until it is answered for good.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// How long to wait before a line is sent again.
const PAUSE: Duration = Duration::from_millis(5);

/// Listens until it is dropped.
#[derive(Default)]
pub struct Feed {
    queue: Arc<watch::Sender<Queue>>,
    address: OnceLock<SocketAddr>,
    serving: Mutex<JoinSet<()>>,
}

/// Lines that wait, and the latest answer to each line.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<String>,
    answers: BTreeMap<String, String>,
}

impl Feed {
    /// Begins to listen, at the port that it had before.
    pub async fn open(&self) -> SocketAddr {
        let before = self.address.get().copied();
        let address = before.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("it is bound");
        let queue = Arc::clone(&self.queue);
        let serving = async move {
            loop {
                let (stream, _) = listener.accept().await.expect("it listens");
                // Whoever hangs up comes back for the rest.
                let _ = serve(BufStream::new(stream), &queue).await;
            }
        };
        self.serving.lock().expect("nobody panicked").spawn(serving);
        *self.address.get_or_init(|| address)
    }

    /// Hangs up and listens no more.
    pub async fn close(&self) {
        let mut serving = std::mem::take(&mut *self.serving.lock().expect("nobody panicked"));
        serving.shutdown().await;
    }

    /// Lets a line wait for whoever calls.
    pub fn push(&self, line: impl Into<String>) {
        let line = line.into();
        self.queue
            .send_modify(|queue| queue.waiting.push_back(line));
    }

    /// Waits until a line was answered, and returns the answer.
    pub async fn answered(&self, line: &str) -> String {
        let mut changes = self.queue.subscribe();
        let told = changes.wait_for(|queue| queue.answers.contains_key(line));
        told.await.expect("the feed lives").answers[line].clone()
    }
}

async fn serve(
    mut stream: BufStream<TcpStream>,
    queue: &watch::Sender<Queue>,
) -> std::io::Result<()> {
    loop {
        let line = next(queue).await;
        stream.write_all(format!("{line}\n").as_bytes()).await?;
        stream.flush().await?;
        let mut answer = String::new();
        if stream.read_line(&mut answer).await? == 0 {
            return Ok(());
        }
        let answer = answer.trim_end().to_owned();
        let again = answer == "later";
        queue.send_modify(|queue| {
            if !again {
                queue.waiting.pop_front();
            }
            queue.answers.insert(line, answer);
        });
        if again {
            sleep(PAUSE).await;
        }
    }
}

async fn next(queue: &watch::Sender<Queue>) -> String {
    let mut changes = queue.subscribe();
    let filled = changes.wait_for(|queue| !queue.waiting.is_empty()).await;
    filled.expect("the feed lives").waiting[0].clone()
}
