// What happens, as it happens: one Socket.IO connection for both namespaces, each told from where it left off.
// Pushes are handed on in batches, a few a second at most, however many come.

import { useEffect, useRef, useSyncExternalStore } from 'react';
import { Manager, type Socket } from 'socket.io-client';

import { queries } from '../api/queries';
import { session } from './session';

export type Space = '/' | '/auto-calling';
export type Connection = 'connecting' | 'online' | 'offline';

/** Between two batches; a screen need not change more often than people can read. */
const BATCH_MS = 250;

type Hear = (pushes: readonly unknown[]) => void;

interface Channel {
  readonly socket: Socket;
  readonly ears: Map<string, Set<Hear>>;
  readonly waiting: Map<string, unknown[]>;
  position: number | undefined;
}

const channels = new Map<Space, Channel>();
let manager: Manager | undefined;
let state: Connection = 'connecting';
/** Since when nothing is heard, where something was to be. */
let lost: number | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const watching = new Set<() => void>();

function move(next: Connection): void {
  if (state === next) return;
  const missed = next === 'online' && lost !== undefined;
  if (next === 'online') lost = undefined;
  else if (next === 'offline') lost ??= Date.now();
  state = next;
  // Whatever was told meanwhile was told to nobody.
  if (missed) void queries.invalidateQueries();
  for (const told of watching) told();
}

function connect(space: Space): Channel {
  const known = channels.get(space);
  if (known !== undefined) return known;
  manager ??= open();
  const channel: Channel = {
    // Asked at once where the connection is there already: before this channel is.
    socket: manager.socket(space, { auth: (tell) => tell({ token: session.token(), position: channels.get(space)?.position }) }),
    ears: new Map(),
    waiting: new Map(),
    position: undefined,
  };
  channels.set(space, channel);
  channel.socket.on('connect', () => move('online'));
  channel.socket.on('disconnect', (why) => {
    move('offline');
    // The engine let go of it: the token may have ended, and a new one may be had.
    if (why === 'io server disconnect') void comeBack(channel);
  });
  channel.socket.on('connect_error', () => {
    move('offline');
    if (!channel.socket.active) void comeBack(channel);
  });
  channel.socket.onAny((event: string, push: unknown) => hear(channel, event, push));
  return channel;
}

function open(): Manager {
  const made = new Manager(location.origin, { path: '/socket.io/', transports: ['websocket', 'polling'], reconnectionDelayMax: 5_000 });
  made.on('reconnect_attempt', () => move('connecting'));
  return made;
}

async function comeBack(channel: Channel): Promise<void> {
  await session.open();
  if (session.state().kind === 'in') setTimeout(() => channel.socket.connect(), 1_000);
}

function hear(channel: Channel, event: string, push: unknown): void {
  const position = typeof push === 'object' && push !== null && 'position' in push ? Number(push.position) : undefined;
  if (position !== undefined) channel.position = Math.max(channel.position ?? 0, position);
  // More was missed than is told: whatever is shown is read anew.
  if (event === 'resync') void queries.invalidateQueries();
  const waiting = channel.waiting.get(event);
  if (waiting !== undefined) waiting.push(push);
  else if (channel.ears.has(event)) channel.waiting.set(event, [push]);
  timer ??= setTimeout(tell, BATCH_MS);
}

function tell(): void {
  timer = undefined;
  for (const { waiting, ears } of channels.values()) {
    const batch = [...waiting];
    waiting.clear();
    for (const [event, pushes] of batch) for (const ear of ears.get(event) ?? []) ear(pushes);
  }
}

/** Hears of an event for as long as a component is shown. What is heard may change from one rendering to the next. */
export function useLive<T>(space: Space, event: string, heard: (pushes: readonly T[]) => void): void {
  const latest = useRef(heard);
  useEffect(() => {
    latest.current = heard;
  });
  useEffect(() => {
    const { ears } = connect(space);
    const ear: Hear = (pushes) => latest.current(pushes as readonly T[]);
    const all = ears.get(event) ?? new Set();
    ears.set(event, all.add(ear));
    return () => {
      all.delete(ear);
      if (all.size === 0) ears.delete(event);
    };
  }, [space, event]);
}

/** Does not wait until it would be tried again. */
export function reconnect(): void {
  for (const { socket } of channels.values()) socket.disconnect().connect();
}

/** Whoever is in now hears, as long as what comes back is not called. */
export function join(): () => void {
  lost = undefined;
  move('connecting');
  // One that is made for the first time connects by itself.
  for (const { socket } of channels.values()) if (!socket.active) socket.connect();
  return () => {
    for (const { socket } of channels.values()) socket.disconnect();
  };
}

function watch(told: () => void): () => void {
  watching.add(told);
  return () => watching.delete(told);
}

export function useConnection(): Connection {
  useEffect(() => void connect('/'), []);
  return useSyncExternalStore(watch, () => state);
}

/** Since when the engine is not heard; nothing where it is. What is shown may have changed since then. */
export function useLost(): number | undefined {
  return useSyncExternalStore(watch, () => lost);
}
