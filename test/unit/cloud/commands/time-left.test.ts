import { expect, it } from 'vitest';
import { TimeLeft } from '../../../../cloud/commands/batch/time-left.ts';

it('reckons the time left by what this run did, not by what a former one had done', () => {
  let now = 0;
  const timeLeft = new TimeLeft(() => now);

  const first = timeLeft.describe(0.5, 0);
  now = 10_000;
  const second = timeLeft.describe(0.625, 2000);
  now = 40_000;
  const last = timeLeft.describe(1, 8000);

  expect([first, second, last]).toEqual(['50 %', '62 %, 200 texts/s, 30 s left', '100 %, 200 texts/s, 0 s left']);
});

it('says minutes and hours where seconds would be many', () => {
  let now = 0;
  const timeLeft = new TimeLeft(() => now);
  timeLeft.describe(0, 0);
  now = 60_000;

  const [minutes, hours] = [timeLeft.describe(0.25, 600), timeLeft.describe(0.01, 24)];

  expect([minutes, hours]).toEqual(['25 %, 10 texts/s, 3 min left', '1 %, 0 texts/s, 1 h 39 min left']);
});
