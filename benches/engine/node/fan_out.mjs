// What benches/engine/told.rs is, on npm's socket.io: a client names its room in `auth`, and may have rooms told.
import { createServer } from "node:http";
import { Server } from "socket.io";

const PAD = "x".repeat(264);

const http = createServer((request, response) => {
  response.writeHead(request.url === "/health/ready" ? 200 : 404, { "content-length": 0 });
  response.end();
});
const io = new Server(http);

io.on("connection", (socket) => {
  socket.join(socket.handshake.auth.room);
  socket.on("tell", (room, first, count, times) => {
    const text = PAD.repeat(times);
    for (let number = first; number < first + count; number += 1) {
      io.to(room).emit("news", { number, text });
    }
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1");
