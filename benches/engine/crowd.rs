//! P5's clients: so many for each organization, on a thread of their own, so that whoever sends reports does not keep them waiting.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::load;
use crate::socket::Socket;

/// What nobody has after this long will not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// In which what comes twice comes again.
const REST: Duration = Duration::from_millis(500);

/// A report that a client was told of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// Which of the tokens it came in with.
    pub(crate) organization: usize,
    pub(crate) client: usize,
    /// The number's last seven digits.
    pub(crate) number: u64,
    pub(crate) at: Instant,
}

#[derive(Debug)]
pub(crate) struct Crowd {
    count: Arc<AtomicUsize>,
    over: oneshot::Sender<()>,
    thread: JoinHandle<Result<Vec<Told>>>,
}

impl Crowd {
    /// `clients` for each of the tokens. Returns when all of them are in.
    pub(crate) fn enter(engine: SocketAddr, tokens: &[String], clients: usize) -> Result<Self> {
        let (count, tokens) = (Arc::new(AtomicUsize::new(0)), tokens.to_vec());
        let (over, ends) = oneshot::channel();
        let (entered, all) = mpsc::channel();
        let counted = Arc::clone(&count);
        let thread = std::thread::spawn(move || {
            load::on_one_thread(async move {
                let told = Rc::new(RefCell::new(vec![]));
                let mut watching = JoinSet::new();
                for (organization, token) in tokens.iter().enumerate() {
                    for client in organization * clients..(organization + 1) * clients {
                        let socket = Socket::enter(engine, &format!(r#"{{"token":"{token}"}}"#)).await?;
                        let ears = Ears { told: Rc::clone(&told), count: Arc::clone(&counted) };
                        watching.spawn_local(ears.listen(socket, (organization, client)));
                    }
                }
                entered.send(())?;
                tokio::select! {
                    _ = ends => {}
                    Some(ended) = watching.join_next() => ended??,
                }
                Ok(told.take())
            })
        });
        if all.recv().is_err() {
            joined(thread)?;
            bail!("not everybody is in");
        }
        Ok(Self { count, over, thread })
    }

    /// Waits until so much was told, and whether anything is told again.
    pub(crate) async fn leave(self, wanted: usize) -> Result<Vec<Told>> {
        let began = Instant::now();
        while self.count.load(Ordering::Relaxed) < wanted && began.elapsed() < PATIENCE {
            sleep(Duration::from_millis(10)).await;
        }
        sleep(REST).await;
        // A thread that is over already says why.
        let _ = self.over.send(());
        joined(self.thread)
    }
}

fn joined<T>(thread: JoinHandle<Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("the clients' thread broke"))?
}

/// Where the clients write down what they are told.
struct Ears {
    told: Rc<RefCell<Vec<Told>>>,
    count: Arc<AtomicUsize>,
}

impl Ears {
    async fn listen(self, mut socket: Socket, (organization, client): (usize, usize)) -> Result<()> {
        loop {
            let mut numbers = vec![];
            socket.read(|text| numbers.extend(reported(text))).await?;
            let at = Instant::now();
            let told = numbers.iter().map(|&number| Told { organization, client, number, at });
            self.told.borrow_mut().extend(told);
            self.count.fetch_add(numbers.len(), Ordering::Relaxed);
        }
    }
}

/// The number that a report is about. Sessions move too, and are no report.
fn reported(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text.strip_prefix(br#"42["call-result","#)?).ok()?;
    let (_, phone) = text.split_once(r#""phoneNumber":"+998"#)?;
    phone.get(2..9)?.parse().ok()
}
