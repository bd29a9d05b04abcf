import type { NewMessage } from '../message-store.ts';
import { encodeRecord, KINDS } from './record.ts';

/** Before topic and payload: when it was stored (f64, milliseconds), items (u32), bytes of the topic (u16). */
const HEAD_BYTES = 14;

export interface MessageRecord {
  readonly storedAtMs: number;
  readonly itemCount: number;
  readonly topic: string;
  /** A view into the bytes that were read. */
  readonly payload: Uint8Array;
}

export function encodeMessage({ topic, payload, itemCount }: NewMessage, storedAtMs: number): Buffer {
  const topicBytes = Buffer.from(topic);
  const body = Buffer.allocUnsafe(HEAD_BYTES + topicBytes.length + payload.byteLength);
  body.writeDoubleLE(storedAtMs, 0);
  body.writeUInt32LE(itemCount, 8);
  body.writeUInt16LE(topicBytes.length, 12);
  body.set(topicBytes, HEAD_BYTES);
  body.set(payload, HEAD_BYTES + topicBytes.length);
  return encodeRecord(KINDS.message, body);
}

/** undefined where the body can't be one of ours: its checksum was right, so another version wrote it. */
export function decodeMessage(body: Buffer): MessageRecord | undefined {
  if (body.length < HEAD_BYTES) return undefined;
  const topicEnd = HEAD_BYTES + body.readUInt16LE(12);
  if (topicEnd > body.length) return undefined;
  return {
    storedAtMs: body.readDoubleLE(0),
    itemCount: body.readUInt32LE(8),
    topic: body.toString('utf8', HEAD_BYTES, topicEnd),
    payload: body.subarray(topicEnd),
  };
}

/** What a finished segment holds, as its last record, so that a start needn't read the segment through. */
export interface SegmentSummary {
  readonly messages: number;
  readonly items: number;
  readonly bytes: number;
  readonly oldestMs: number;
  readonly newestMs: number;
}

const SUMMARY_BYTES = 5 * 8;
/** Of the whole record. */
export const SUMMARY_RECORD_BYTES = 16 + SUMMARY_BYTES;

export function encodeSummary({ messages, items, bytes, oldestMs, newestMs }: SegmentSummary): Buffer {
  const body = Buffer.alloc(SUMMARY_BYTES);
  for (const [index, value] of [messages, items, bytes, oldestMs, newestMs].entries()) {
    body.writeDoubleLE(value, index * 8);
  }
  return encodeRecord(KINDS.summary, body);
}

export function decodeSummary(body: Buffer): SegmentSummary | undefined {
  if (body.length !== SUMMARY_BYTES) return undefined;
  const [messages = 0, items = 0, bytes = 0, oldestMs = 0, newestMs = 0] = Array.from({ length: 5 }, (_, index) =>
    body.readDoubleLE(index * 8),
  );
  return { messages, items, bytes, oldestMs, newestMs };
}
