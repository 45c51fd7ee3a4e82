// What screens share: times in the zone that was chosen, problems as they are told, words in the language of now.

import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';

import { Problem } from '../src/api/problem';
import { prefer } from '../src/app/preferences';
import { CallBadge, SessionBadge } from '../src/parts/badge';
import { grouped } from '../src/parts/phone';
import { Failed, Stale } from '../src/parts/states';
import { useSpan } from '../src/parts/span';
import { formats } from '../src/parts/time';

afterEach(() => {
  cleanup();
  prefer({ language: 'uz', theme: 'system', zone: 'Asia/Tashkent' });
});

test('a time is told in the zone that was chosen', () => {
  expect(formats('en-GB', 'Asia/Tashkent').full('2025-10-06T18:30:00.000Z')).toBe('06/10/2025, 23:30:00');
  expect(formats('en-GB', 'UTC').full('2025-10-06T18:30:00.000Z')).toBe('06/10/2025, 18:30:00');
  expect(formats('en-GB', 'Asia/Tashkent').clock('2025-10-06T19:00:05.000Z')).toBe('00:00:05');
});

test.each(['uz-UZ', 'uz-Cyrl-UZ'])('in %s days and numbers are written as in Uzbekistan, whatever the browser knows of it', (locale) => {
  expect(formats(locale, 'Asia/Tashkent').full('2025-10-06T18:30:00.000Z')).toBe('06.10.2025, 23:30:00');
  expect(formats(locale, 'UTC').number(1_819.5)).toBe('1\u00a0819,5');
});

test('one of something is told as one', () => {
  const Told = ({ seconds }: { readonly seconds: number }) => <p>{useSpan()(seconds)}</p>;
  prefer({ language: 'en' });
  const { container, rerender } = render(<Told seconds={86_400 + 3_600} />);
  expect(container.textContent).toBe('1 day 1 hour');
  rerender(<Told seconds={61} />);
  expect(container.textContent).toBe('1 minute 1 second');
  rerender(<Told seconds={2 * 60} />);
  expect(container.textContent).toBe('2 minutes');
  prefer({ language: 'ru' });
  rerender(<Told seconds={5 * 86_400} />);
  expect(container.textContent).toBe('5 дн.');
});

test('a number is told in groups where they are known', () => {
  expect(grouped('+998901234567')).toBe('+998 90 123 45 67');
  // As an exchange has it.
  expect(grouped('998901234567')).toBe('+998 90 123 45 67');
  expect(grouped('+442079460958')).toBe('+442079460958');
});

describe('a problem', () => {
  const response = (status: number, headers = {}) => new Response(null, { status, headers });

  test('is what the engine says', () => {
    const body = { type: 'x', title: 'Busy', detail: 'too many', code: 'busy', status: 503, statusCode: 503, message: 'too many' };
    const problem = Problem.of(response(503, { 'retry-after': '2' }), body);
    expect([problem.code, problem.message, problem.after, problem.passing]).toEqual(['busy', 'too many', 2, true]);
  });

  test('of a proxy is one as well', () => {
    expect(Problem.of(response(502), '<html>').code).toBe('http-502');
    expect(Problem.of(response(400), { code: 7 }).passing).toBe(false);
  });

  test('is shown with its words and its code, and can be tried again', () => {
    render(<Failed problem={new Problem('screens-unavailable', 'see the log', 503)} retry={() => undefined} />);
    expect(screen.getByRole('alert').textContent).toContain('Ma\'lumotni hozir ko\'rsatib bo\'lmayapti.');
    expect(screen.getByRole('alert').textContent).toContain('screens-unavailable');
    expect(screen.getByRole('button').textContent).toBe('Qayta urinish');
  });
});

test('a badge has the documented class and text, in the language of now', () => {
  const { rerender } = render(<SessionBadge status="RUNNING" />);
  expect(screen.getByText('Qayta ishlanmoqda...').className).toBe('badge badge-running');
  prefer({ language: 'ru' });
  rerender(<CallBadge status="NO_ANSWER" />);
  expect(screen.getByText('Нет ответа').className).toBe('badge badge-no_answer');
  expect(document.documentElement.lang).toBe('ru');
});

test('what is as it should be bears no mark', () => {
  const { container, rerender } = render(<Stale behind={0} />);
  expect(container.textContent).toBe('');
  rerender(<Stale behind={3} />);
  expect(container.textContent).toBe('Ma\'lumot 3 ta voqea orqada');
});
