//! The other side of Node in P5: a server that knows nothing of calls. Whoever comes in names a room, and may have rooms told:
//! `tell` with a room, the first number, how many, and how many times as long as usual. `node/fan_out.mjs` is the same on npm's `socket.io`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use actix_web::{App, HttpResponse, HttpServer, web};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use karnay::adapters::system::SystemIds;
use karnay::http::Live;
use karnay::realtime;
use karnay::realtime::socket_io::{
    Admission, Ended, Event, Handshake, Namespace, Push, Refusal, Server, Socket,
};
use serde_json::{Value, json};

/// Beside a number of five digits it makes an event's object 290 bytes long.
const PAD_LEN: usize = 264;

struct Rooms {
    server: Arc<OnceLock<Server>>,
    pad: String,
}

impl Namespace for Rooms {
    fn authorize(&self, handshake: Handshake) -> BoxFuture<'_, Result<Admission, Refusal>> {
        let room = handshake.auth.get("room").and_then(Value::as_str).unwrap_or_default().to_owned();
        async { Ok(Admission { rooms: vec![room], data: Arc::new(()), lasts: None }) }.boxed()
    }

    fn connected<'a>(&'a self, _: &'a Socket) -> BoxFuture<'a, Option<u64>> {
        async { None }.boxed()
    }

    fn event(&self, _: &Socket, event: Event) {
        let Some(server) = self.server.get() else { return };
        let Some((Value::String(room), numbers)) = event.payload.args.split_first() else { return };
        let numbers: Vec<u64> = numbers.iter().filter_map(Value::as_u64).collect();
        let [first, count, times] = numbers[..] else { return };
        let text = self.pad.repeat(usize::try_from(times).unwrap_or(1));
        for number in first..first + count {
            let news = json!({ "number": number, "text": text });
            if let Ok(push) = Push::try_new("/", "news", &news.into()) {
                server.emit(room, &push);
            }
        }
    }

    fn disconnected(&self, _: &Socket, _: Ended) {}
}

async fn ready() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Serves until it is told to stop.
pub(crate) fn serve(port: u16) -> anyhow::Result<()> {
    let known = Arc::new(OnceLock::new());
    let rooms = Rooms { server: Arc::clone(&known), pad: "x".repeat(PAD_LEN) };
    let server = Server::new(Live::options(), Arc::new(SystemIds), vec![("/", Arc::new(rooms))]);
    let server = known.get_or_init(|| server).clone();
    actix_web::rt::System::new().block_on(async move {
        let sockets = server.clone();
        let app = move || {
            App::new()
                .configure(|routes| realtime::configure(routes, "/socket.io", sockets.engine(), None))
                .route("/health/ready", web::get().to(ready))
        };
        // The engine's own listener and its own way with connections; the workers are as many as the engine takes.
        let listener = karnay::http::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let http = HttpServer::new(app).h1_allow_half_closed(false).on_connect(realtime::on_connect);
        http.shutdown_timeout(1).listen(listener)?.run().await?;
        Ok(())
    })
}
