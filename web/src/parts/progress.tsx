// How much of something is done, in percent.

interface ProgressProps {
  readonly percent: number;
  readonly label: string;
  /** Of the documented statuses; it decides the colour. */
  readonly status?: string;
  readonly small?: boolean;
}

export function Progress({ percent, label, status = 'running', small = false }: ProgressProps) {
  const whole = Math.max(0, Math.min(100, Math.round(percent)));
  return (
    <div className={`progress ${small ? 'small' : ''}`}>
      <div className="progress-track" role="progressbar" aria-label={label} aria-valuenow={whole} aria-valuemin={0} aria-valuemax={100}>
        <div className={`progress-done progress-${status.toLowerCase()}`} style={{ width: `${whole}%` }} />
      </div>
      <span className="progress-text">{whole}%</span>
    </div>
  );
}
