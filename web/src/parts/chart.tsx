// Lines over time, drawn by uPlot, which comes only where there is a chart. What it shows is told in words as well.

import { useEffect, useRef } from 'react';
import type uPlot from 'uplot';

import { LOCALES, usePreferences } from '../app/preferences';
import { useMedia } from './media';
import { formats } from './time';

export interface Series {
  readonly text: string;
  /** The name of a colour in `looks/base.css`. */
  readonly colour: string;
  readonly values: readonly number[];
}

interface ChartProps {
  readonly label: string;
  /** What a screen reader says instead. */
  readonly summary: string;
  /** What is across: time. */
  readonly across: string;
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
}

const HEIGHT = 220;
const DAY_SECS = 86_400;
/** Seconds between two marks: nothing is told in smaller pieces. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, DAY_SECS, 7 * DAY_SECS, 30 * DAY_SECS];

export function Chart({ label, summary, across, times, series }: ChartProps) {
  const { language, zone, theme } = usePreferences();
  const dark = useMedia('(prefers-color-scheme: dark)');
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const data = [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  const latest = useRef(data);
  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  });
  const looks = JSON.stringify([language, zone, theme, dark, across, series.map(({ text, colour }) => [text, colour])]);
  useEffect(() => {
    const here = place.current;
    if (here === null) return;
    let gone = false;
    let watcher: ResizeObserver | undefined;
    void load().then((Plot) => {
      if (gone) return;
      const made = new Plot(options(Plot, here, series, { locale: LOCALES[language], zone, across }), latest.current, here);
      plot.current = made;
      watcher = new ResizeObserver(() => made.setSize({ width: here.clientWidth, height: HEIGHT }));
      watcher.observe(here);
    });
    return () => {
      gone = true;
      watcher?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `looks` is all of it that a chart is made of
  }, [looks]);
  return (
    <figure className="chart">
      <figcaption>{label}</figcaption>
      <p className="hidden">{summary}</p>
      <div ref={place} className="chart-place" style={{ minHeight: HEIGHT }} aria-hidden="true" />
    </figure>
  );
}

async function load(): Promise<typeof uPlot> {
  const [{ default: Plot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]);
  return Plot;
}

function options(Plot: typeof uPlot, place: HTMLElement, series: readonly Series[], how: { locale: string; zone: string; across: string }): uPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const { clock, day, full } = formats(how.locale, how.zone);
  const numbers = new Intl.NumberFormat(how.locale, { notation: 'compact' });
  const axis = { stroke: colour('soft'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1 }, font: '12px system-ui' };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1_000), how.zone),
    cursor: { points: { size: 7 } },
    legend: { live: true },
    scales: { y: { range: (_, __, max) => [0, Math.max(4, max * 1.08)] } },
    axes: [
      { ...axis, space: 80, incrs: STEPS, values: (_, splits, __, ___, step) => splits.map((at) => (step < DAY_SECS ? clock(at * 1_000) : day(at * 1_000))) },
      { ...axis, size: 48, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? numbers.format(value) : '')) },
    ],
    series: [
      { label: how.across, value: (_, at: number | null) => (at === null ? '' : full(at * 1_000)) },
      ...series.map((one): uPlot.Series => ({ label: one.text, stroke: colour(one.colour), fill: `${colour(one.colour)}22`, width: 2, points: { show: false } })),
    ],
  };
}
