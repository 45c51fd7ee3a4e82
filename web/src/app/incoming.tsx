// Whoever rings, on whatever screen one is: a pop-up of the call that came in last, read out at once, gone when it is answered or ends;
// the others are behind it. It takes no focus away: whoever types goes on typing.

import './incoming.css';

import { useState } from 'react';

import { Icon } from '../parts/icon';
import { grouped } from '../parts/phone';
import { useWords } from '../words';
import { type LiveCall, useActiveCalls, useExchangeNews } from './exchange';
import { useLost } from './live';

export function IncomingCalls() {
  const t = useWords();
  useExchangeNews();
  const { data } = useActiveCalls();
  const [closed, close] = useState<ReadonlySet<string>>(new Set());
  const [unfolded, unfold] = useState(false);
  const ringing = (data?.value ?? []).filter((call) => call.state === 'kelyapti' && call.direction === 'kiruvchi' && call.internal !== true);
  // The newest is told first, and shown nearest to the edge.
  const waiting = ringing.filter(({ callId }) => !closed.has(callId));
  const rest = waiting.length - 1;
  const told = unfolded ? waiting.toReversed() : waiting.slice(0, 1);
  return (
    <div className="incoming" role="log" aria-live="assertive" aria-relevant="additions" aria-label={t('live.incoming.title')}>
      {rest > 0 && (
        <button type="button" className="incoming-rest" aria-expanded={unfolded} onClick={() => unfold(!unfolded)}>
          {unfolded ? t('live.incoming.fold') : t('live.incoming.rest', { count: rest })}
        </button>
      )}
      {told.map((call) => <Popup key={call.callId} call={call} close={() => close(new Set([...closed, call.callId]))} />)}
    </div>
  );
}

function Popup({ call, close }: { readonly call: LiveCall; readonly close: () => void }) {
  const t = useWords();
  const unknown = useLost() !== undefined;
  return (
    <article className={unknown ? 'incoming-call unknown' : 'incoming-call'} aria-label={`${t('live.incoming.title')} ${grouped(call.fromNumber)}`}>
      <span className="incoming-bell" aria-hidden="true"><Icon name="phone" /></span>
      <div>
        <h2>{t('live.incoming.title')}</h2>
        <p className="incoming-number">{t('live.incoming.number', { number: grouped(call.fromNumber) })}</p>
        {/* A push tells only who was called, which is the telephone inside as long as nothing else is known. */}
        <p>{t('live.incoming.extension', { extension: call.extension ?? call.toNumber })}</p>
        <p>{t('live.incoming.state', { state: unknown ? t('shell.connection.offline') : t(`live.states.${call.state}`) })}</p>
      </div>
      <button type="button" className="button quiet" aria-label={t('parts.close')} onClick={close}><Icon name="close" /></button>
    </article>
  );
}
