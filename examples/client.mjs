#!/usr/bin/env node
// A client of karnay's calls API: uploads a list, starts the calls, follows the session, prints a table.
// Usage: node client.mjs numbers.txt        (KARNAY_URL and KARNAY_TOKEN say where and as whom)
// Node 20 is enough, without any package.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export class Calls {
  constructor(url, token) {
    this.url = url.replace(/\/+$/, "");
    this.headers = token ? { authorization: `Bearer ${token}` } : {};
  }

  /** Replaces the list of numbers: a workbook or a text file. */
  async upload(path) {
    const form = new FormData();
    form.append("file", new Blob([await readFile(path)]), basename(path));
    return this.#ask("/calls/upload", { method: "POST", body: form });
  }

  /** Has the call server dial the list. The answer names the session. */
  start() {
    return this.#ask("/calls/start", { method: "POST" });
  }

  session(session) {
    return this.#ask(`/calls/session/${session}`);
  }

  results(session) {
    return this.#ask(`/calls/session/${session}/results`);
  }

  /** The session again and again, until it is over. */
  async *follow(session, everySeconds = 3) {
    for (;;) {
      const now = await this.session(session);
      yield now;
      if (now.isCompleted) return;
      await pause(everySeconds * 1000);
    }
  }

  async #ask(path, request = {}) {
    const answer = await fetch(this.url + path, { ...request, headers: this.headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status}: ${reason(text)}`);
    return JSON.parse(text);
  }
}

/** A problem document has a message for people; whatever else answers has at least a text. */
function reason(text) {
  try {
    return JSON.parse(text).message ?? text;
  } catch {
    return text;
  }
}

/** Rows in columns that are as wide as they have to be. */
function table(results) {
  const rows = results.map((result) => [
    result.phoneNumber,
    result.statusDescription,
    result.operatorName ?? "-",
    result.callDuration ? `${result.callDuration}s` : "-",
    result.createdAt,
  ]);
  rows.unshift(["Telefon", "Status", "Operator", "Davomiyligi", "Vaqt"]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

async function main(path) {
  const { KARNAY_URL = "http://127.0.0.1:3000", KARNAY_TOKEN, KARNAY_POLL_SECONDS = "3" } = process.env;
  const calls = new Calls(KARNAY_URL, KARNAY_TOKEN);
  const uploaded = await calls.upload(path);
  console.log(`${uploaded.message} ${uploaded.totalNumbers ?? "?"} numbers`);

  const started = await calls.start();
  console.log(`${started.sessionId}${started.simulated ? " (simulated: nobody is rung)" : ""}`);
  if (!started.ok) throw new Error(started.message);

  let last;
  for await (last of calls.follow(started.sessionId, Number(KARNAY_POLL_SECONDS))) {
    const counts = `${last.connectedCalls} connected, ${last.failedCalls} failed of ${last.totalNumbers}`;
    console.log(`${String(last.progressPercentage).padStart(3)}%  ${last.statusDescription}  ${counts}`);
  }
  if (last.hasError) throw new Error(last.errorMessage);
  console.log(table(await calls.results(started.sessionId)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path, ...more] = process.argv.slice(2);
  if (!path || more.length > 0) {
    console.error("usage: node client.mjs numbers.txt");
    process.exitCode = 2;
  } else {
    await main(path).catch((error) => {
      console.error(`client.mjs: ${error.cause?.message ?? error.message}`);
      process.exitCode = 1;
    });
  }
}
