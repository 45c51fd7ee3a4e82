// What is around every screen: navigation, connection, who is in. Whoever is not in sees the sign-in instead.

import { Outlet } from '@tanstack/react-router';
import { Suspense, useEffect, useState } from 'react';

import { Corner } from '../parts/corner';
import { Icon } from '../parts/icon';
import { Logo } from '../parts/logo';
import { Failed, Loading } from '../parts/states';
import { Notices } from '../parts/notices';
import { useWords } from '../words';
import { Account } from './account';
import { IncomingCalls } from './incoming';
import { reconnect, useConnection } from './live';
import { Navigation } from './navigation';
import { OpenDoor } from './open-door';
import { fetchAhead } from './screen';
import { session, useSession } from './session';
import { SignIn } from './sign-in';
import { Simulation } from './simulation';

/** A connection that is made anew sooner than this is nobody's business. */
const LATE_MS = 1_200;

export function Shell() {
  const now = useSession();
  switch (now.kind) {
    case 'opening':
      return <main className="alone"><Loading rows={3} /></main>;
    case 'broken':
      return <main className="alone"><Failed problem={now.problem} retry={() => void session.open()} /></main>;
    case 'out':
      return <SignIn ended={now.ended} />;
    case 'in':
      // Whoever comes after somebody else begins with nothing of theirs.
      return <House key={`${now.person.organizationId}/${now.person.username}`} />;
  }
}

function House() {
  const t = useWords();
  useEffect(fetchAhead, []);
  return (
    <div className="house">
      <a className="skip" href="#content">{t('shell.skip')}</a>
      <header className="bar">
        <a className="brand" href="/ui/"><Logo /><span>karnay</span></a>
        <div className="bar-end">
          <Connected />
          <Account />
        </div>
      </header>
      <Navigation />
      <main id="content" tabIndex={-1}>
        <Offline />
        <OpenDoor />
        <Simulation />
        <Suspense fallback={<Loading rows={6} />}>
          <Outlet />
        </Suspense>
      </main>
      <Corner>
        <IncomingCalls />
        <Notices />
      </Corner>
    </div>
  );
}

function Connected() {
  const t = useWords();
  const state = useConnection();
  return (
    <span className={`connection connection-${state}`} role="status">
      <i aria-hidden="true" />
      <span>{t(`shell.connection.${state}`)}</span>
    </span>
  );
}

function Offline() {
  const t = useWords();
  const state = useConnection();
  if (!useLate(state !== 'online')) return null;
  return (
    <div className="offline" role="alert" data-state={state}>
      <Icon name="offline" />
      <span>{t('shell.offline')}</span>
      <button type="button" className="button small" onClick={reconnect}>{t('shell.reconnect')}</button>
    </div>
  );
}

/** Whether something has been so for a while. */
function useLate(so: boolean): boolean {
  const [late, become] = useState(false);
  useEffect(() => {
    if (!so) return undefined;
    const timer = setTimeout(() => become(true), LATE_MS);
    return () => {
      clearTimeout(timer);
      become(false);
    };
  }, [so]);
  return late;
}
