import { Changes } from '../aligned-text.ts';
import { graphemeEnd } from '../unicode/graphemes.ts';
import type { CharacterMap } from './character-map.ts';
import type { Normalizer } from './normalizer.ts';

/** A cluster of fewer UTF-8 bytes than this is looked up whole. */
const CLUSTER_BYTES = 6;

/**
 * SentencePiece's own normaliser (`Precompiled`). As in the reference a short cluster becomes what its *shortest* mapped
 * beginning maps to, the rest of it lost; a longer one is mapped character by character.
 */
export function precompiledNormalizer(map: CharacterMap): Normalizer {
  const plainAscii = Array.from({ length: 128 }, (_, code) => map.lookUp(String.fromCharCode(code)) === undefined);
  return (text) => {
    const whole = text.text;
    if (isPlain(whole, plainAscii)) return;
    const changes = new Changes();
    let modified = false;
    const lookUp = (part: string): boolean => {
      const mapped = map.lookUp(part);
      if (mapped === undefined) return false;
      modified = true;
      addMapped(changes, part, mapped);
      return true;
    };
    for (let at = 0; at < whole.length && changes.steps.length < text.mostUnits; ) {
      const end = clusterEnd(whole, at);
      const cluster = whole.slice(at, end);
      if (!(isShort(cluster) && lookUp(cluster))) {
        for (const character of cluster) if (!lookUp(character)) changes.add(character, 0);
      }
      at = end;
    }
    if (modified) text.apply(changes);
  };
}

function isPlain(text: string, plainAscii: readonly boolean[]): boolean {
  for (let at = 0; at < text.length; at++) if (plainAscii[text.charCodeAt(at)] !== true) return false;
  return true;
}

/** Most characters stand alone, which is seen without asking for their kind. */
function clusterEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
  return code < 0x300 && next < 0xa9 && code !== 0x0d ? at + 1 : graphemeEnd(text, at);
}

function isShort(cluster: string): boolean {
  return cluster.length < CLUSTER_BYTES && Buffer.byteLength(cluster) < CLUSTER_BYTES;
}

function addMapped(changes: Changes, part: string, mapped: string): void {
  const old = [...part].length;
  const fresh = [...mapped];
  for (const [index, character] of fresh.entries()) changes.add(character, index < old ? 0 : 1);
  if (fresh.length < old) changes.adjustLast(fresh.length - old);
}
