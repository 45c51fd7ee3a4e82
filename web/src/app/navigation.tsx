// Where one can go: at the side on a desk, at the bottom on a phone, where what does not fit is behind "more".

import { Link, useRouterState } from '@tanstack/react-router';

import { Icon, type IconName } from '../parts/icon';
import { Item, Menu } from '../parts/menu';
import { useWords } from '../words';
import { atLeast, type Role, usePerson } from './session';

/** In the order in which they are shown; the first ones have a place on a phone's bar. */
const SCREENS = [
  { name: 'sessions', needs: 'auditor' },
  { name: 'campaigns', needs: 'auditor' },
  { name: 'contacts', needs: 'auditor' },
  { name: 'live', needs: 'auditor' },
  { name: 'history', needs: 'auditor' },
  // Auditors look at everything and operators only at what they work with: this is no ladder of roles.
  { name: 'audit', needs: 'auditor', except: 'operator' },
  { name: 'system', needs: 'admin' },
  { name: 'settings', needs: 'auditor' },
] as const satisfies readonly { name: IconName; needs: Role; except?: Role }[];

const ON_PHONES = 4;

export function Navigation() {
  const t = useWords();
  const person = usePerson();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const screens = SCREENS.filter((screen) => atLeast(person, screen.needs) && !('except' in screen && screen.except === person.role));
  const rest = screens.slice(ON_PHONES);
  const within = (name: string) => path.startsWith(`/${name}`) || path.startsWith(`/ui/${name}`);
  return (
    <nav className="navigation" aria-label={t('shell.navigation')}>
      <ul>
        {screens.map(({ name }, index) => (
          <li key={name} className={index < ON_PHONES ? undefined : 'desk-only'}>
            <Link to={`/${name}`} className="navigation-link" activeProps={{ className: 'active', 'aria-current': 'page' }}>
              <Icon name={name} />
              <span>{t(`shell.screens.${name}`)}</span>
            </Link>
          </li>
        ))}
        <li className="phone-only">
          <Menu
            side="top"
            trigger={
              <button type="button" className={`navigation-link ${rest.some(({ name }) => within(name)) ? 'active' : ''}`}>
                <Icon name="more" />
                <span>{t('shell.more')}</span>
              </button>
            }
          >
            {rest.map(({ name }) => (
              <Item key={name}>
                <Link to={`/${name}`} className="menu-item">
                  <Icon name={name} />
                  {t(`shell.screens.${name}`)}
                </Link>
              </Item>
            ))}
          </Menu>
        </li>
      </ul>
    </nav>
  );
}
