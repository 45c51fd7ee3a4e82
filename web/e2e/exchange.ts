// A simulated exchange as a program of its own, and an engine that watches it: calls ring, are answered and end as a test says.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { PROGRAM, type Settings } from './engine';
import { test as world } from './world';

const PASSWORD = 'of a simulated exchange';

/** What becomes of a call. */
type Turn = 'answer' | 'hang_up' | 'busy' | 'vanish';

export class Exchange {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #door: string;
  /** How an engine finds it. */
  readonly settings: Settings;

  private constructor(process: ChildProcess, folder: string, said: readonly string[]) {
    this.#process = process;
    this.#folder = folder;
    const [, port, tls] = /:(\d+), KERIO_TLS=(.+)$/.exec(said[0] ?? '') ?? [];
    const door = /^steered at (.+)$/.exec(said[2] ?? '')?.[1];
    if (port === undefined || tls === undefined || door === undefined) throw new Error(`the exchange said ${said.join(' / ')}`);
    this.#door = door;
    this.settings = {
      KERIO_PBX_HOST: '127.0.0.1', KERIO_PORT: port, KERIO_TLS: tls, KERIO_API_USERNAME: 'monitor', KERIO_API_PASSWORD: PASSWORD, KERIO_POLL_INTERVAL: '1',
    };
  }

  static async start(more: readonly string[] = []): Promise<Exchange> {
    const folder = mkdtempSync(join(tmpdir(), 'karnay-exchange-'));
    const how = ['sim', 'pbx', '--port', '0', '--control', '0', '--per-minute', '0', '--log-delay', '100', '--recording-delay', '100', '--unrecorded', '0', ...more];
    const child = spawn(PROGRAM, how, {
      cwd: folder, env: { PATH: process.env['PATH'] ?? '', KERIO_API_PASSWORD: PASSWORD, KARNAY_TEST_RUN: process.env['KARNAY_TEST_RUN'] ?? '' }, stdio: ['ignore', 'pipe', 'ignore'],
    });
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (said.length === 3) break;
    }
    child.stdout.resume();
    return new Exchange(child, folder, said);
  }

  async #steer<T>(path: string, order: unknown): Promise<T> {
    const answer = await fetch(`${this.#door}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', connection: 'close' }, body: JSON.stringify(order) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** Somebody rings; the answer is the call's name there. */
  async ring(from: string, to: string): Promise<string> {
    return (await this.#steer<{ id: string }>('/calls', { from, to })).id;
  }

  turn(call: string, what: Turn): Promise<unknown> {
    return this.#steer(`/calls/${call}`, { do: what });
  }

  faults(faults: string): Promise<unknown> {
    return this.#steer('/faults', { faults });
  }

  /** Made-up rows of the log, as if from before. */
  log(rows: number, overSeconds: number): Promise<unknown> {
    return this.#steer('/log', { rows, over_secs: overSeconds });
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.#process.once('exit', done));
    this.#process.kill('SIGTERM');
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** With an exchange that does as it is told, and the file's engine watching it; results of whatever session are taken. */
export const test = world.extend<object, { readonly exchange: Exchange }>({
  exchange: [
    async ({}, give) => {
      const exchange = await Exchange.start();
      await give(exchange);
      await exchange.stop();
    },
    { scope: 'worker' },
  ],
  settings: [async ({ exchange }, give) => give({ ...exchange.settings, UNKNOWN_SESSION: 'create' }), { scope: 'worker' }],
});
