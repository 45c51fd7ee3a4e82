// How long something took, or has been going on: 0:45, 12:05, 1:02:05.

import { useLost } from '../app/live';
import { useNow } from './time';

export function spelled(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
}

export function Duration({ seconds }: { readonly seconds: number | null | undefined }) {
  if (seconds == null) return <>-</>;
  return <time dateTime={`PT${seconds}S`}>{spelled(seconds)}</time>;
}

interface RunningProps {
  readonly since: string | undefined;
  /** It may have begun before: what is said of it then. */
  readonly atLeast?: string | undefined;
}

/** Goes on by itself, as long as the engine is heard. Nothing is said where nobody knows since when. */
export function Running({ since, atLeast }: RunningProps) {
  const lost = useLost() !== undefined;
  const now = useNow(since !== undefined && !lost);
  if (since === undefined) return <>-</>;
  const text = spelled((now - Date.parse(since)) / 1_000);
  return <time className="running" title={atLeast}>{atLeast === undefined ? text : `≥ ${text}`}</time>;
}
