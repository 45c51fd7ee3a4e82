// The contacts that are looked for, as a file: to be read, or to be taken in again.


import { download } from '../../api/client';
import { Icon } from '../../parts/icon';
import { Item, Menu } from '../../parts/menu';
import { notify } from '../../parts/notices';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { filters, type Wanted } from './data';

const FORMATS = ['xlsx', 'csv'] as const;

export function Export({ wanted }: { readonly wanted: Wanted }) {
  const t = useWords();
  const why = useWhy();
  const keep = (format: string) => {
    const query = new URLSearchParams(Object.entries({ ...filters(wanted), format }).map(([name, value]) => [name, String(value)]));
    download(`/auto-calling/contacts/export?${query.toString()}`, `contacts.${format}`).catch((thrown: unknown) => notify('bad', t('contacts.error', { text: why(thrown) }), thrown));
  };
  return (
    <Menu align="end" trigger={<button type="button" className="button"><Icon name="download" />{t('contacts.export')}</button>}>
      {FORMATS.map((format) => (
        <Item key={format} onSelect={() => keep(format)}>
          <span className="menu-item">{t('contacts.exportAs', { format: format.toUpperCase() })}</span>
        </Item>
      ))}
    </Menu>
  );
}
