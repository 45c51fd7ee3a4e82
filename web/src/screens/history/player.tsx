// Listening to a call, below the list, so that one can read on meanwhile. The recording is here as a whole: any place of it can be gone to.

import { useEffect, useId, useRef, useState } from 'react';

import { Problem } from '../../api/problem';
import { useFoot } from '../../parts/corner';
import { spelled } from '../../parts/duration';
import { Icon } from '../../parts/icon';
import { grouped } from '../../parts/phone';
import { Failed } from '../../parts/states';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { type Call, outside, type Recording } from './call';
import { useRecording } from './data';

const SPEEDS = [1, 1.25, 1.5, 2] as const;
/** Short recordings are gone through in small steps. */
const SHORT_SECONDS = 60;

export function Player({ call, recording, close }: { readonly call: Call; readonly recording: Recording; readonly close: () => void }) {
  const t = useWords();
  const read = useRecording(recording);
  const section = useRef<HTMLElement>(null);
  useFoot(section);
  return (
    <section ref={section} className="player" aria-label={t('history.player.title')}>
      <div className="player-whose">
        <strong className="phone">{grouped(outside(call))}</strong>
        <span className="soft"><Time at={call.at} /></span>
      </div>
      {read.data === undefined
        ? read.error === null ? <p className="soft" role="status">{t('parts.loading')}</p> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : read.data === null ? <p className="soft" role="status">{t('history.player.soon')}</p> : <Sound sound={read.data} />}
      <button type="button" className="button quiet player-close" aria-label={t('parts.close')} onClick={close}><Icon name="close" /></button>
    </section>
  );
}

interface Course {
  readonly playing: boolean;
  readonly at: number;
  readonly whole: number;
}

function Sound({ sound }: { readonly sound: Blob }) {
  const t = useWords();
  const audio = useRef<HTMLAudioElement>(null);
  const [course, move] = useState<Course>({ playing: false, at: 0, whole: 0 });
  const [broken, breaks] = useState(false);
  useEffect(() => {
    const address = URL.createObjectURL(sound);
    const player = audio.current;
    if (player !== null) player.src = address;
    return () => URL.revokeObjectURL(address);
  }, [sound]);
  const told = () => {
    const player = audio.current;
    if (player !== null) move({ playing: !player.paused, at: player.currentTime, whole: Number.isFinite(player.duration) ? player.duration : 0 });
  };
  if (broken) return <p className="wrong" role="alert">{t('history.player.broken')}</p>;
  return (
    <>
      <audio ref={audio} autoPlay onLoadedMetadata={told} onDurationChange={told} onTimeUpdate={told} onPlay={told} onPause={told} onSeeked={told} onError={() => breaks(true)} />
      <Controls
        course={course}
        turn={() => (course.playing ? audio.current?.pause() : void audio.current?.play())}
        seek={(at) => {
          if (audio.current !== null) audio.current.currentTime = at;
          // Shown at once: the next key goes on from here, and not from where the sound still is.
          move({ ...course, at });
        }}
        hasten={(speed) => {
          if (audio.current !== null) audio.current.playbackRate = speed;
        }}
      />
    </>
  );
}

interface ControlsProps {
  readonly course: Course;
  readonly turn: () => void;
  readonly seek: (at: number) => void;
  readonly hasten: (speed: number) => void;
}

function Controls({ course, turn, seek, hasten }: ControlsProps) {
  const t = useWords();
  const id = useId();
  const { playing, at, whole } = course;
  const told = t('history.player.of', { at: spelled(at), whole: spelled(whole) });
  return (
    <>
      <button type="button" className="history-play now" aria-label={playing ? t('history.pause') : t('history.resume')} onClick={turn}><Icon name={playing ? 'pause' : 'play'} /></button>
      <input
        type="range"
        aria-label={t('history.player.position')}
        aria-valuetext={told}
        min={0}
        max={whole}
        step={whole < SHORT_SECONDS ? 0.1 : 1}
        value={at}
        onChange={(event) => seek(Number(event.target.value))}
      />
      <span className="player-time">{told}</span>
      <label className="hidden" htmlFor={id}>{t('history.player.speed')}</label>
      <select id={id} className="player-speed" defaultValue={1} onChange={(event) => hasten(Number(event.target.value))}>
        {SPEEDS.map((one) => <option key={one} value={one}>{one}×</option>)}
      </select>
    </>
  );
}
