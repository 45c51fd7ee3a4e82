// The screen "settings": not built yet, and says so.

import { useTranslation } from 'react-i18next';

import { NotBuilt } from '../../app/missing';

export function Screen() {
  const { t } = useTranslation();
  return <NotBuilt name={t('shell.screens.settings')} />;
}
