// A screen whose code is fetched when somebody first goes there, or ahead of that while nothing else is to be done. One that cannot be
// fetched says why in its own place: the engine is away, or another build has taken the place of the one that this page is of.

import { type ComponentType, createElement, type ReactNode, use, useEffect, useRef, useState } from 'react';

import { Loading, Say } from '../parts/states';
import { useWords } from '../words';
import { useLost } from './live';

const KEPT = 'karnay.reloaded';
/** A page that was loaded anew this short a time ago, and fails again, would not be helped by one more time. */
const AGAIN_MS = 30_000;
/** What the first screen reads comes first. */
const AHEAD_MS = 2_000;

const all: (() => Promise<void>)[] = [];

type Fetched = (() => ReactNode) & { readonly preload: () => Promise<void> };

/** Screens ask their own route for what is in the address: to look here at what they are would lead the compiler in a circle. */
export function screen<T extends Record<string, unknown>>(fetching: () => Promise<T>, name: keyof T): Fetched {
  let shown: ComponentType | undefined;
  let failed = false;
  let coming: Promise<void> | undefined;
  const preload = () => {
    if (shown !== undefined) return Promise.resolve();
    failed = false;
    coming ??= fetching().then((module) => void (shown = module[name] as ComponentType), () => void (failed = true)).finally(() => {
      coming = undefined;
    });
    return coming;
  };
  function Screen() {
    const [tries, count] = useState(0);
    if (shown !== undefined) return createElement(shown);
    if (failed) return <Unfetched key={tries} again={() => void preload().then(() => count(tries + 1))} />;
    use(preload());
    return null;
  }
  all.push(preload);
  return Object.assign(Screen, { preload });
}

/** So that one can still go everywhere once the engine is gone. One after the other; what fails is asked for again by whoever goes there. */
export function fetchAhead(): () => void {
  const timer = setTimeout(() => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => void fetchAll());
    else void fetchAll();
  }, AHEAD_MS);
  return () => clearTimeout(timer);
}

async function fetchAll(): Promise<void> {
  for (const preload of all) await preload();
}

function Unfetched({ again }: { readonly again: () => void }) {
  const t = useWords();
  const why = useReason();
  useOnReturn(again);
  if (why === undefined) return <Loading rows={6} />;
  return (
    <div role="alert">
      <Say heading title={t('shell.unfetched.title')} text={t(why === 'away' ? 'parts.unreachable' : 'shell.unfetched.replaced')}>
        {why === 'away'
          ? <button type="button" className="button" onClick={again}>{t('parts.retry')}</button>
          : <button type="button" className="button" onClick={() => location.reload()}>{t('shell.unfetched.reload')}</button>}
      </Say>
    </div>
  );
}

/** Where the engine answers, it has another build: the page is loaded anew, which is said only where it did not help. */
function useReason(): 'away' | 'replaced' | undefined {
  const [reason, find] = useState<'away' | 'replaced' | undefined>();
  useEffect(() => {
    let here = true;
    void answers().then((there) => {
      if (!here) return;
      if (!there) find('away');
      else if (Date.now() - Number(sessionStorage.getItem(KEPT)) < AGAIN_MS) find('replaced');
      else {
        sessionStorage.setItem(KEPT, String(Date.now()));
        location.reload();
      }
    });
    return () => {
      here = false;
    };
  }, []);
  return reason;
}

async function answers(): Promise<boolean> {
  const answer = await fetch(import.meta.env.BASE_URL, { cache: 'no-store' }).catch(() => undefined);
  return answer?.ok === true;
}

function useOnReturn(again: () => void): void {
  const away = useLost() !== undefined;
  const before = useRef(away);
  useEffect(() => {
    if (before.current && !away) again();
    before.current = away;
  }, [away, again]);
}
