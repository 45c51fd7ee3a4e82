// The calls that are looked for as a file, all of them, whatever was read of them here.

import { download } from '../../api/client';
import { useCommand } from '../../api/command';
import { usePreferences } from '../../app/preferences';
import { Icon } from '../../parts/icon';
import { Item, Menu } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { question } from './data';
import type { HistorySearch } from './route';

const FORMATS = ['csv', 'xlsx'] as const;
type Format = (typeof FORMATS)[number];

export function Export({ search }: { readonly search: HistorySearch }) {
  const t = useWords();
  const why = useWhy();
  const { zone, language } = usePreferences();
  const save = useCommand({
    mutationFn: (format: Format) => download(`/calls/history/export?${new URLSearchParams({ ...question(search, zone), format, lang: language }).toString()}`, `calls.${format}`),
    onError: (thrown) => notify('bad', why(thrown), thrown),
  });
  if (search.extension !== undefined) return <p className="soft">{t('history.export.extension')}</p>;
  return (
    <Menu
      align="end"
      trigger={<button type="button" className="button" disabled={save.isPending}><Icon name="download" />{save.isPending ? t('history.export.busy') : t('history.export.title')}</button>}
    >
      {FORMATS.map((format) => (
        <Item key={format} onSelect={() => save.mutate(format)}><span className="menu-item"><Icon name="file" />{t(`history.export.${format}`)}</span></Item>
      ))}
    </Menu>
  );
}
