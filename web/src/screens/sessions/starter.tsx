// From a file to calls: choose it, upload it, see what became of its rows, start.

import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ask, client, form, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { useLive } from '../../app/live';
import { atLeast, usePerson } from '../../app/session';
import { Simulated } from '../../parts/badge';
import { Drop } from '../../parts/drop';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useTime } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { changed } from './data';
import { Report } from './report';

export type Uploaded = Schemas['Uploaded'];

const ACCEPTED = '.xlsx,.xls,.xlsb,.ods,.txt,.csv';

export function Starter() {
  const t = useWords();
  const time = useTime();
  const may = atLeast(usePerson(), 'operator');
  const [file, choose] = useState<File | undefined>();
  const [rows, count] = useRowsRead();
  const upload = useCommand({
    mutationFn: (chosen: File) => {
      count(0);
      return ask(() => client.POST('/calls/upload', { body: { file: '' }, bodySerializer: () => form({ file: chosen }) }));
    },
    onSuccess: ({ value }) => notify('good', value.placement === 'placed' ? t('sessions.uploadedNotice') : t('sessions.stored')),
  });
  const start = useStart();
  const list = upload.data?.value;
  const latest = useLatest(may && file === undefined);
  const ready = list ?? latest;
  const wrong = upload.error ?? start.error;
  const take = (chosen: File) => {
    choose(chosen);
    upload.reset();
    start.reset();
  };
  if (!may) return <p className="soft">{t('sessions.looksOnly')}</p>;
  return (
    <section className="card stack" aria-label={t('sessions.intro')}>
      <p>{t('sessions.intro')}</p>
      <Drop label={t('sessions.file')} hint={t('sessions.dropHint')} accept={ACCEPTED} disabled={upload.isPending} take={take} />
      <div className="row">
        <button type="button" className={list === undefined ? 'button primary' : 'button'} disabled={file === undefined || upload.isPending} onClick={() => file !== undefined && upload.mutate(file)}>
          {upload.isPending ? t('sessions.uploading') : t('sessions.upload')}
        </button>
        <button type="button" className="button primary" disabled={ready === undefined || ready.totalNumbers === 0 || start.isPending} onClick={() => ready !== undefined && start.mutate(ready.uploadId)}>
          <Icon name="play" />
          {start.isPending ? t('sessions.starting') : t('sessions.start')}
        </button>
        {file !== undefined && <Chosen file={file} rows={upload.isPending ? rows : 0} />}
        {latest !== undefined && <span className="soft">{t('sessions.latest', { total: time.number(latest.totalNumbers), time: time.full(latest.createdAt) })}</span>}
        {list?.simulated === true && <Simulated />}
      </div>
      {wrong !== null && <Wrong thrown={wrong} say={(text) => t('sessions.error', { text })} />}
      {list !== undefined && <Report list={list} />}
    </section>
  );
}

type Stored = Extract<Schemas['Upload'], { readonly origin: string }>;

/** Beside uploads there are lists of numbers that were tried again, and uploads that failed. */
const LATEST_AMONG = 20;

/** What was uploaded last, be it before the page was loaded: it can be started as well. */
function useLatest(wanted: boolean) {
  const read = useQuery({
    queryKey: ['sessions', 'latest upload'],
    queryFn: ({ signal }) => ask(() => client.GET('/calls/uploads', { signal, params: { query: { limit: LATEST_AMONG } } })),
    enabled: wanted,
  });
  const stored = (upload: Schemas['Upload']): upload is Stored => upload.status === 'stored' && 'origin' in upload && upload.origin !== 'retry';
  return wanted ? read.data?.value.find(stored) : undefined;
}

function Chosen({ file, rows }: { readonly file: File; readonly rows: number }) {
  const t = useWords();
  const time = useTime();
  return (
    <span className="soft">
      {file.name} · {time.number(Math.ceil(file.size / 1_024))} KiB
      {rows > 0 && ` · ${t('parts.rows', { shown: time.number(rows) })}`}
    </span>
  );
}

function useStart() {
  const navigate = useNavigate();
  const t = useWords();
  return useCommand({
    mutationFn: (uploadId: string) => ask(() => client.POST('/calls/start', { body: { uploadId } })),
    onSuccess: async ({ value }) => {
      changed();
      if (!value.ok) notify('bad', t('sessions.error', { text: value.stderr || value.message }));
      await navigate({ to: '/sessions/$id', params: { id: value.sessionId } });
    },
  });
}

/** Rows that the engine has read of what is being uploaded. */
function useRowsRead(): [number, (rows: number) => void] {
  const [rows, count] = useState(0);
  useLive<{ kind: string; rows: number }>('/', 'upload-progress', (pushes) => {
    const last = pushes.findLast(({ kind }) => kind === 'numbers');
    if (last !== undefined) count(last.rows);
  });
  return [rows, count];
}
