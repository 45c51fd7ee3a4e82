// Parts of a whole, as bars with their numbers beside them. The numbers are texts, so that nobody needs the bars.

import { useTime } from './time';

interface Share {
  readonly key: string;
  readonly text: string;
  readonly count: number;
}

export function Shares({ label, shares }: { readonly label: string; readonly shares: readonly Share[] }) {
  const time = useTime();
  const most = Math.max(1, ...shares.map(({ count }) => count));
  return (
    <dl className="shares" aria-label={label}>
      {shares.map(({ key, text, count }) => (
        <div key={key}>
          <dt>{text}</dt>
          <dd>
            <span className="share-track" aria-hidden="true"><i className={`badge-${key.toLowerCase()}`} style={{ width: `${(100 * count) / most}%` }} /></span>
            <span className="share-count">{time.number(count)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
