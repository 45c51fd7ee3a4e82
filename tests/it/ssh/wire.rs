//! A wire between the engine and its host that breaks where one wants it to, or holds everything back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// It counts bytes towards the host, over every connection.
pub(super) struct Wire {
    pub(super) port: u16,
    pub(super) carried: Arc<AtomicU64>,
}

impl Wire {
    /// Breaks once it has carried so much towards the host.
    pub(super) async fn to(port: u16, len_max: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self { port: listener.local_addr().unwrap().port(), carried: Arc::default() };
        let carried = Arc::clone(&wire.carried);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, len_max, Arc::clone(&carried)));
            }
        });
        wire
    }
}

async fn carry(near: TcpStream, port: u16, len_max: u64, carried: Arc<AtomicU64>) {
    let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), far.into_split());
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_far, &mut to_near).await });
    let mut piece = vec![0; 4 << 10];
    while let Ok(read @ 1..) = from_near.read(&mut piece).await {
        let len = u64::try_from(read).unwrap();
        if carried.fetch_add(len, Ordering::SeqCst) + len > len_max
            || to_far.write_all(&piece[..read]).await.is_err()
        {
            break;
        }
    }
    back.abort();
}
