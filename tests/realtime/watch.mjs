// A front end that only listens: sockets of the real client, and a line of JSON for whatever they are told.
// tests/it/live.rs starts it, says in KARNAY_WATCH what to open, and tells it over its input what to do later.
import { createInterface } from 'node:readline';
import { io } from 'socket.io-client';

const { url, sockets } = JSON.parse(process.env.KARNAY_WATCH);
const opened = [];

const say = (socket, event, data) => process.stdout.write(`${JSON.stringify({ socket, event, data })}\n`);

// What the engine shows at the very moment when a push has come; of a list, the row that the push is about.
const look = async (path, push, token) => {
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => push[name]);
    const answer = await fetch(url + filled, { headers: { authorization: `Bearer ${token}` } });
    const body = await answer.json();
    const rows = Array.isArray(body) ? body : body.data;
    const isIt = (row) => ('contactId' in push ? row.contactId === push.contactId : row.id === push.id);
    return { push, shown: rows ? (rows.find(isIt) ?? null) : body };
};

const watch = ({ namespace, on, follows, looks = {}, auth = {}, ...options }, index) => {
    const shows = { ...auth };
    const settings = { reconnectionDelay: 20, reconnectionDelayMax: 100, auth: (done) => done(shows) };
    const socket =
        on === undefined
            ? io(url + namespace, { forceNew: true, ...options, ...settings })
            : opened[on].socket.io.socket(namespace, settings);
    opened.push({ socket, shows });
    socket.on('connect', () => say(index, 'connect', socket.io.engine.transport.name));
    socket.on('disconnect', (reason) => say(index, 'disconnect', { reason, active: socket.active }));
    socket.on('connect_error', ({ message, data = null }) =>
        say(index, 'connect_error', { message, data, active: socket.active }),
    );
    socket.io.engine?.on('upgrade', (transport) => say(index, 'upgrade', transport.name));
    socket.onAny((event, data) => {
        if (follows) shows.position = data.position;
        say(index, event, data);
        if (looks[event]) look(looks[event], data, auth.token).then((seen) => say(index, `seen ${event}`, seen));
    });
    if (on !== undefined) socket.connect();
};

sockets.forEach(watch);

createInterface({ input: process.stdin })
    .on('line', (line) => {
        const { socket: index, auth } = JSON.parse(line);
        const { socket, shows } = opened[index];
        if (auth) {
            Object.assign(shows, auth);
            socket.connect();
        } else socket.disconnect();
    })
    .on('close', () => process.exit());
