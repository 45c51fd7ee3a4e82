// What screens share: times in the zone that was chosen, problems as they are told, words in the language of now.

import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';

import { Problem } from '../src/api/problem';
import { prefer } from '../src/app/preferences';
import { CallBadge, SessionBadge } from '../src/parts/badge';
import { grouped } from '../src/parts/phone';
import { Failed, Stale } from '../src/parts/states';
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

  test('is shown with its text and its code, and can be tried again', () => {
    render(<Failed problem={new Problem('session-unknown', 'there is no such', 404)} retry={() => undefined} />);
    expect(screen.getByRole('alert').textContent).toContain('there is no such');
    expect(screen.getByRole('alert').textContent).toContain('session-unknown');
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
