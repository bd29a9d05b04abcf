// What the package publishes as `verge/consumer`: consume(), and the types of what it gives.
export { VergeError } from '../../component/contract/error.ts';
export { consume } from './consume.ts';
export type { Consumer } from './consumer.ts';
export type { ConsumerCounts } from './intake.ts';
export type {
  Acknowledgement,
  AnsweredItem,
  ConsumerItem,
  FailedItem,
  FilledItem,
  GapItem,
  LinkItem,
  MalformedItem,
  MessageItem,
  Origin,
  ResultItem,
} from './item.ts';
export type { ConsumeOptions, TlsMaterial } from './options.ts';
