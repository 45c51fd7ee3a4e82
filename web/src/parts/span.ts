// Lengths of time in words, as long as they need to be: two of days, hours, minutes and seconds.

import { useWords } from '../words';


const UNITS = [['d', 86_400], ['h', 3_600], ['m', 60], ['s', 1]] as const;
const SHOWN = 2;

export function useSpan(): (seconds: number) => string {
  const t = useWords();
  return (seconds) => {
    let rest = Math.max(0, Math.floor(seconds));
    const told: string[] = [];
    for (const [unit, size] of UNITS) {
      const n = Math.floor(rest / size);
      rest -= n * size;
      if (n > 0 || (unit === 's' && told.length === 0)) told.push(t(`calling.units.${unit}`, { n: String(n), count: n }));
    }
    return told.slice(0, SHOWN).join(' ');
  };
}
