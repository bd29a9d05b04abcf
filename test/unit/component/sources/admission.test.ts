import { describe, expect, it } from 'vitest';
import { Admission } from '../../../../component/sources/admission.ts';

describe('Admission', () => {
  it('lets in as many as the limit says, and the next one when one leaves', async () => {
    const admission = new Admission(2);
    const order: string[] = [];
    await admission.enter();
    await admission.enter();
    const third = admission.enter().then(() => order.push('third'));
    const fourth = admission.enter().then(() => order.push('fourth'));

    order.push('two are in');
    admission.leave();
    await third;
    admission.leave();
    await fourth;

    expect(order).toEqual(['two are in', 'third', 'fourth']);
    expect(admission.held).toBe(2);
  });

  it('counts down to nothing', async () => {
    const admission = new Admission(1);
    await admission.enter();

    admission.leave();

    expect(admission.held).toBe(0);
  });

  it('gives room for several at once or for none, and never past those who wait', async () => {
    const admission = new Admission(3);
    await admission.enter();

    const tooMany = admission.tryEnter(3);
    const fitting = admission.tryEnter(2);
    const waiting = admission.enter();
    admission.leave();
    await waiting;
    admission.leave();
    const after = admission.tryEnter(1);

    expect([tooMany, fitting, after]).toEqual([false, true, true]);
    expect(admission.held).toBe(3);
  });
});
