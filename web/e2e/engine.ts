// A real engine with a folder and a port of its own and simulated far ends, so that nobody is rung. Whoever starts one stops it.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
export const PROGRAM = process.env['KARNAY'] ?? join(resolve(ROOT, process.env['CARGO_TARGET_DIR'] ?? 'target'), 'debug/karnay');
const READY_MS = 30_000;

export type Settings = Readonly<Record<string, string>>;

export class Engine {
  #process: ChildProcess;
  readonly #folder: string;
  readonly #settings: Settings;
  readonly url: string;
  #log = '';

  private constructor(port: number, folder: string, settings: Settings) {
    this.url = `http://localhost:${port}`;
    this.#folder = folder;
    // Nothing of the machine's own settings; and no exchange, whose calls would pop up over whatever a test looks at.
    this.#settings = {
      PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', PORT: String(port), DATA_DIR: join(folder, 'data'), LOG: 'info',
      REMOTE_HOST: 'simulated', KERIO_PBX_HOST: '', TMPDIR: tmpdir(), KARNAY_TEST_RUN: process.env['KARNAY_TEST_RUN'] ?? '', ...settings,
    };
    this.#process = this.#run();
  }

  #run(): ChildProcess {
    const child = spawn(PROGRAM, ['serve'], { cwd: this.#folder, env: this.#settings, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        this.#log = (this.#log + piece.toString()).slice(-20_000);
      });
    }
    return child;
  }

  static async start(settings: Settings = {}): Promise<Engine> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: cargo build --bin karnay`);
    const engine = new Engine(await freePort(), mkdtempSync(join(tmpdir(), 'karnay-e2e-')), settings);
    try {
      await engine.#ready();
    } catch (why) {
      await engine.stop();
      throw why;
    }
    return engine;
  }

  async #ready(): Promise<void> {
    const until = Date.now() + READY_MS;
    while (Date.now() < until && this.#process.exitCode === null) {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.ok === true) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error(`the engine did not become ready:\n${this.#log}`);
  }

  /** What the engine has said last, for whoever looks for a reason. */
  get log(): string {
    return this.#log;
  }

  /** A command of the program itself, such as `token --org 1 --role admin`. */
  run(args: readonly string[], input = ''): string {
    return execFileSync(PROGRAM, [...args], { cwd: this.#folder, env: this.#settings, encoding: 'utf8', input }).trim();
  }

  /** A token of organization 1. */
  token(role = 'admin'): string {
    return this.run(['token', '--org', '1', '--role', role]);
  }

  /** The API as a program asks it; whatever is refused throws. */
  async api<T = unknown>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    const answer = await fetch(`${this.url}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** After a halt: the same engine, with what it recorded, where it was. */
  async again(): Promise<void> {
    this.#process = this.#run();
    await this.#ready();
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Without a goodbye, as when the machine goes down; or the polite way. */
  async halt(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const gone = new Promise<void>((done) => {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) done();
      else this.#process.once('exit', () => done());
    });
    this.#process.kill(signal);
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(late);
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
