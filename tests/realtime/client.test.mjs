// The real client against the protocol layer: what front ends do, over each transport.
// tests/it/realtime/real_client.rs starts the server, with namespaces of its own, and names it in KARNAY_URL.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { io } from 'socket.io-client';

const url = process.env.KARNAY_URL;
const modes = {
    websocket: { transports: ['websocket'] },
    polling: { transports: ['polling'] },
    upgrade: {},
};

const once = (emitter, event) =>
    new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${event} within 10 s`)), 10_000);
        emitter.once(event, (...args) => {
            clearTimeout(timer);
            resolve(args);
        });
    });

const open = (path, options) => io(url + path, { forceNew: true, reconnectionDelay: 50, ...options });

for (const [mode, transports] of Object.entries(modes)) {
    const check = (name, body) =>
        test(`${mode}: ${name}`, async () => {
            const opened = [];
            try {
                const late = new Promise((_, reject) => {
                    setTimeout(() => reject(new Error('not over within 20 s')), 20_000).unref();
                });
                const done = body((path, options) => {
                    const socket = open(path, { ...transports, ...options });
                    opened.push(socket);
                    return socket;
                });
                await Promise.race([done, late]);
            } finally {
                for (const socket of opened) socket.disconnect();
            }
        });

    check('the query and the token arrive', async (connect) => {
        const socket = connect('/custom', { query: { organizationId: 'north' }, auth: { token: 'good' } });
        await once(socket, 'connect');
        const seen = await socket.timeout(5_000).emitWithAck('whoami');
        assert.equal(seen.organizationId, 'north');
        assert.equal(seen.auth.token, 'good');
        assert.notEqual(socket.id, socket.io.engine.id);
    });

    check('a refusal has its message and its data, and the page may try again', async (connect) => {
        const socket = connect('/', { auth: { token: 'bad' } });
        const [refusal] = await once(socket, 'connect_error');
        assert.equal(refusal.message, 'Not authorized');
        assert.deepEqual(refusal.data, { code: 'unauthorized' });
        assert.equal(socket.active, false);
        socket.auth = { token: 'good' };
        socket.connect();
        await once(socket, 'connect');
    });

    check('a namespace that does not exist is an error', async (connect) => {
        const [refusal] = await once(connect('/nowhere'), 'connect_error');
        assert.equal(refusal.message, 'Invalid namespace');
    });

    check('two namespaces share one connection', async (connect) => {
        const main = connect('/');
        await once(main, 'connect');
        const custom = main.io.socket('/custom', { auth: { token: 'good' } });
        await once(custom, 'connect');
        custom.emit('say', 1);
        main.emit('say', 2);
        const [[one], [two]] = await Promise.all([once(custom, 'echoed'), once(main, 'echoed')]);
        assert.deepEqual([one, two], [1, 2]);
        custom.disconnect();
        main.emit('say', 3);
        assert.deepEqual(await once(main, 'echoed'), [3]);
    });

    check('text, bytes and answers go both ways', async (connect) => {
        const socket = connect('/');
        await once(socket, 'connect');
        assert.deepEqual(await socket.timeout(5_000).emitWithAck('ask', 'üñí 🎧'), 'üñí 🎧');
        const bytes = Buffer.from([0, 1, 2, 255]);
        socket.emit('say', { a: [bytes] }, 'between', bytes);
        const [first, between, last] = await once(socket, 'echoed');
        assert.ok(Buffer.from(first.a[0]).equals(bytes) && Buffer.from(last).equals(bytes));
        assert.equal(between, 'between');
        assert.ok(Buffer.from(await socket.timeout(5_000).emitWithAck('ask', bytes)).equals(bytes));
    });

    check('a large message passes, and one beyond the bound costs the connection only', async (connect) => {
        const socket = connect('/');
        await once(socket, 'connect');
        const large = 'x'.repeat(800_000);
        assert.equal(await socket.timeout(10_000).emitWithAck('ask', large), large);
        socket.emit('say', 'x'.repeat(3_000_000));
        await once(socket, 'disconnect');
        await once(socket, 'connect');
        assert.equal(await socket.timeout(5_000).emitWithAck('ask', 'still here'), 'still here');
    });

    check('thousands of events come in order, whatever the transport does meanwhile', async (connect) => {
        const socket = connect('/');
        const numbers = [];
        const all = new Promise((resolve, reject) => {
            socket.on('disconnect', (reason) => reject(new Error(`${reason} after ${numbers.length}`)));
            socket.on('number', (number) => {
                numbers.push(number);
                if (numbers.length === 4_000) resolve();
            });
        });
        await once(socket, 'connect');
        for (let part = 0; part < 4; part += 1) {
            socket.emit('count', 1_000);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await all;
        assert.ok(numbers.every((number, index) => number === index % 1_000));
        if (mode === 'upgrade') assert.equal(socket.io.engine.transport.name, 'websocket');
    });

    check('heartbeats keep it, and a lost connection comes back', async (connect) => {
        const socket = connect('/');
        await once(socket, 'connect');
        const first = socket.id;
        await new Promise((resolve) => setTimeout(resolve, 1_200));
        assert.equal(socket.id, first);
        const lost = once(socket, 'disconnect');
        socket.io.engine.close();
        await lost;
        await once(socket, 'connect');
        assert.notEqual(socket.id, first);
    });

    check('who is sent away stays away', async (connect) => {
        const socket = connect('/');
        await once(socket, 'connect');
        socket.emit('leave me');
        const [reason] = await once(socket, 'disconnect');
        assert.equal(reason, 'io server disconnect');
        assert.equal(socket.active, false);
    });
}
