import type { Sample } from '../dataset/dataset.ts';

/** A text on its way, with the label that it should get where that is known. */
export interface DemoText {
  readonly id: string;
  readonly text: string;
  readonly label: string | undefined;
}

/** Single messages one by one, as a person types them. */
export function singleTexts(samples: readonly Sample[]): DemoText[] {
  return samples.map(({ text, label }, index) => ({ id: `single-${index + 1}`, text, label }));
}

/**
 * A burst of distinct messages: pairs of the samples in an order that is the same every time, so that no answer comes
 * out of the duplicate cache.
 */
export function burstTexts(samples: readonly Sample[], count: number): DemoText[] {
  const texts: DemoText[] = [];
  for (let step = 1; step < samples.length && texts.length < count; step++) {
    for (let first = 0; first < samples.length && texts.length < count; first++) {
      const second = samples[(first + step) % samples.length];
      const text = `${samples[first]?.text}. ${second?.text}`;
      texts.push({ id: `burst-${texts.length + 1}`, text, label: undefined });
    }
  }
  return texts;
}
