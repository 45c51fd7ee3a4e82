// How long something has been going on, in the two largest units of it.

import { useWords } from '../../words';


const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];

export function useLasted(): (seconds: number) => string {
  const t = useWords();
  return (given) => {
    const whole = Math.max(0, Math.floor(given));
    const [days, hours, minutes, seconds] = [Math.floor(whole / DAY), Math.floor((whole % DAY) / HOUR), Math.floor((whole % HOUR) / MINUTE), whole % MINUTE];
    if (days > 0) return t('system.lasted.days', { days, hours });
    if (hours > 0) return t('system.lasted.hours', { hours, minutes });
    if (minutes > 0) return t('system.lasted.minutes', { minutes, seconds });
    return t('system.lasted.seconds', { seconds });
  };
}
