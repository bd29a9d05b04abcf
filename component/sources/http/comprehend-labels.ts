import type { Classification } from '../../classify/classification.ts';
import type { ModelFacts } from './service.ts';

/** Whether a model speaks an operation's language, and how to translate. */
export type Fit<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** Any model with classes. */
export function fitDocument({ task, problemType }: ModelFacts): Fit<undefined> {
  if (task !== 'text-classification') return unfit('it labels tokens, not texts');
  if (problemType === 'regression') return unfit('it answers with a number, not with classes');
  return { ok: true, value: undefined };
}

const SENTIMENTS: Readonly<Record<string, 'Positive' | 'Negative' | 'Neutral' | 'Mixed'>> = {
  positive: 'Positive',
  pos: 'Positive',
  negative: 'Negative',
  neg: 'Negative',
  neutral: 'Neutral',
  neu: 'Neutral',
  mixed: 'Mixed',
};

export interface Sentiment {
  readonly Sentiment: string;
  readonly SentimentScore: Readonly<Record<'Positive' | 'Negative' | 'Neutral' | 'Mixed', number>>;
}

/** Every label must be one of the four sentiments, in any case or as pos, neg and neu; what the model lacks scores 0. */
export function fitSentiment({ task, problemType, labels }: ModelFacts): Fit<(answer: Classification) => Sentiment> {
  if (task !== 'text-classification' || problemType !== 'single_label_classification') {
    return unfit('a sentiment is one label for a text');
  }
  const strange = labels.find((label) => sentimentOf(label) === undefined);
  if (strange !== undefined) {
    return unfit(`its label ${strange.slice(0, 50)} is none of POSITIVE, NEGATIVE, NEUTRAL and MIXED`);
  }
  return { ok: true, value: describeSentiment };
}

function describeSentiment({ label, score, runnersUp, rejected }: Classification): Sentiment {
  const SentimentScore = { Positive: 0, Negative: 0, Neutral: 0, Mixed: 0 };
  const best = rejected ? [{ label: rejected.bestLabel, score: rejected.bestScore }] : [];
  for (const scored of [{ label, score }, ...runnersUp, ...best]) {
    const sentiment = sentimentOf(scored.label);
    if (sentiment) SentimentScore[sentiment] = scored.score;
  }
  return { Sentiment: (sentimentOf(label) ?? '').toUpperCase(), SentimentScore };
}

function sentimentOf(label: string): 'Positive' | 'Negative' | 'Neutral' | 'Mixed' | undefined {
  const key = label.toLowerCase();
  return Object.hasOwn(SENTIMENTS, key) ? SENTIMENTS[key] : undefined;
}

/** RFC 5646, as far as Comprehend uses it: `en`, `zh-TW`, `ceb`. */
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?$/;

export function fitLanguage({ task, problemType, labels }: ModelFacts): Fit<undefined> {
  if (task !== 'text-classification' || problemType !== 'single_label_classification') {
    return unfit('a dominant language is one label for a text');
  }
  const strange = labels.find((label) => !LANGUAGE.test(label));
  if (strange !== undefined) return unfit(`its label ${strange.slice(0, 50)} is no language code`);
  return { ok: true, value: undefined };
}

const ENTITY_TYPES: Readonly<Record<string, string>> = {
  PERSON: 'PERSON',
  PER: 'PERSON',
  LOCATION: 'LOCATION',
  LOC: 'LOCATION',
  GPE: 'LOCATION',
  ORGANIZATION: 'ORGANIZATION',
  ORG: 'ORGANIZATION',
  COMMERCIAL_ITEM: 'COMMERCIAL_ITEM',
  PRODUCT: 'COMMERCIAL_ITEM',
  EVENT: 'EVENT',
  DATE: 'DATE',
  QUANTITY: 'QUANTITY',
  TITLE: 'TITLE',
  WORK_OF_ART: 'TITLE',
  OTHER: 'OTHER',
  MISC: 'OTHER',
};

/** @param custom called by an endpoint: entities have the types of the model, as a custom recogniser's have */
export function fitEntities({ task, labels }: ModelFacts, custom: boolean): Fit<(label: string) => string> {
  if (task !== 'token-classification') return unfit('it labels texts, not the entities in them');
  const kinds = labels.filter((label) => label !== 'O').map((label) => label.replace(/^[BI]-/, ''));
  const strange = kinds.find((kind) => !Object.hasOwn(ENTITY_TYPES, kind.toUpperCase()));
  if (!custom && strange !== undefined) {
    return unfit(`its label ${strange.slice(0, 50)} is no entity type; with an EndpointArn any may be`);
  }
  return { ok: true, value: (label) => (custom ? label : (ENTITY_TYPES[label.toUpperCase()] ?? 'OTHER')) };
}

function unfit(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
