// A warning where somebody opened the calls' part of the API to a network without asking anybody for a token. That is obeyed, and said.


import { Icon } from '../parts/icon';
import { useWords } from '../words';
import { useEngineSettings } from './told';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/;

export function OpenDoor() {
  const t = useWords();
  const settings = useEngineSettings().data ?? [];
  const said = (name: string) => settings.find((setting) => setting.name === name)?.value ?? '';
  if (said('CALLS_AUTH') !== 'open' || LOOPBACK.test(said('HOST'))) return null;
  return (
    <p className="simulation open-door" role="alert">
      <Icon name="warning" />
      <span>{t('settings.open', { settings: `CALLS_AUTH=open, HOST=${said('HOST')}` })}</span>
    </p>
  );
}
