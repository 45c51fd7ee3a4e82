// Badges have the documented colours, whichever theme there is, and the one that runs beats as documented.

import { expect, test } from './world';

const WHITE = 'rgb(255, 255, 255)';
/** As documented. */
const SESSIONS = { pending: 'rgb(108, 117, 125)', running: 'rgb(13, 202, 240)', completed: 'rgb(25, 135, 84)', failed: 'rgb(220, 53, 69)' } as const;
const CALLS = ['answered', 'no_answer', 'busy', 'connected_to_operator', 'rejected', 'invalid_number', 'network_error'] as const;

interface Looks {
  readonly name: string;
  readonly colour: string;
  readonly paper: string;
  readonly beat: string;
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`each badge has its documented colour, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'no-preference' });
    await page.goto('/ui/sessions');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const looks = await page.evaluate((names): readonly Looks[] => names.map((name) => {
      const badge = document.createElement('span');
      badge.className = `badge badge-${name}`;
      badge.textContent = name;
      document.querySelector('main')?.append(badge);
      const { color, backgroundColor, animationName, animationDuration, animationIterationCount } = getComputedStyle(badge);
      return { name, colour: color, paper: backgroundColor, beat: `${animationName} ${animationDuration} ${animationIterationCount}` };
    }), [...Object.keys(SESSIONS), ...CALLS]);
    for (const { name, colour, paper, beat } of looks) {
      expect(colour, name).toBe(WHITE);
      expect(beat, name).toBe(name === 'running' ? 'pulse 1.5s infinite' : 'none 0s 1');
      if (name in SESSIONS) expect(paper, name).toBe(SESSIONS[name as keyof typeof SESSIONS]);
    }
    // Whoever cannot tell two of them apart reads the word; but what was reached and what was not do not look alike.
    const papers = new Map(looks.map(({ name, paper }) => [name, paper]));
    expect(papers.get('answered')).toBe(SESSIONS.completed);
    expect(new Set(['answered', 'no_answer', 'busy', 'failed', 'rejected', 'invalid_number', 'network_error', 'connected_to_operator'].map((name) => papers.get(name))).size).toBe(8);
  });
}

test('what runs fades to seven tenths and comes back', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.goto('/ui/sessions');
  const opacities = await page.evaluate(() => {
    const badge = document.createElement('span');
    badge.className = 'badge badge-running';
    document.body.append(badge);
    const [beat] = badge.getAnimations();
    if (beat === undefined) return [];
    beat.pause();
    return [0, 375, 750, 1_125, 1_500].map((at) => {
      beat.currentTime = at;
      return Number(getComputedStyle(badge).opacity).toFixed(2);
    });
  });
  expect([opacities[0], opacities[2], opacities[4]]).toEqual(['1.00', '0.70', '1.00']);
  expect(Number(opacities[1])).toBeLessThan(1);
  expect(Number(opacities[3])).toBeLessThan(1);
});
