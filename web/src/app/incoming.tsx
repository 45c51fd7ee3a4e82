// Whoever rings, on whatever screen one is: a pop-up for each call that comes in, read out at once, gone when it is answered or ends.
// It takes no focus away: whoever types goes on typing.

import './incoming.css';

import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import { Icon } from '../parts/icon';
import { useWords } from '../words';
import { type LiveCall, useActiveCalls, useExchangeNews } from './exchange';

const SHOWN_MAX = 3;

export function IncomingCalls() {
  const t = useWords();
  useExchangeNews();
  const { data } = useActiveCalls();
  const [closed, close] = useState<ReadonlySet<string>>(new Set());
  const ringing = (data?.value ?? []).filter((call) => call.state === 'kelyapti' && call.direction === 'kiruvchi' && call.internal !== true);
  // The one that waits longest stays where it was when others come.
  const waiting = ringing.filter(({ callId }) => !closed.has(callId)).reverse();
  const rest = waiting.length - SHOWN_MAX;
  return (
    <div className="incoming" role="log" aria-live="assertive" aria-relevant="additions" aria-label={t('live.incoming.title')}>
      {waiting.slice(0, SHOWN_MAX).map((call) => <Popup key={call.callId} call={call} close={() => close(new Set([...closed, call.callId]))} />)}
      {rest > 0 && <Link to="/live" className="incoming-rest">{t('live.incoming.rest', { count: rest })}</Link>}
    </div>
  );
}

function Popup({ call, close }: { readonly call: LiveCall; readonly close: () => void }) {
  const t = useWords();
  return (
    <article className="incoming-call" aria-label={`${t('live.incoming.title')} ${call.fromNumber}`}>
      <span className="incoming-bell" aria-hidden="true"><Icon name="phone" /></span>
      <div>
        <h2>{t('live.incoming.title')}</h2>
        <p className="incoming-number">{t('live.incoming.number', { number: call.fromNumber })}</p>
        {/* A push tells only who was called, which is the telephone inside as long as nothing else is known. */}
        <p>{t('live.incoming.extension', { extension: call.extension ?? call.toNumber })}</p>
        <p>{t('live.incoming.state', { state: t(`live.states.${call.state}`) })}</p>
      </div>
      <button type="button" className="button quiet" aria-label={t('parts.close')} onClick={close}><Icon name="close" /></button>
    </article>
  );
}
