import { type FileHandle, open, rm } from 'node:fs/promises';
import * as z from 'zod';
import { crc32 } from '../outbox/disk/crc32.ts';

/** A command that died alone as often as this is not begun any more. */
const MAX_DEATHS_ALONE = 2;
/** Room for a hundred commands under way and several hundred suspects; made once, so that a full disk takes a mark too. */
const FILE_BYTES = 32 * 1024;

const marksSchema = z.object({
  schemaVersion: z.literal(1),
  /** Begun in this life, and not ended. */
  underWay: z.array(z.string().max(64)).max(1000),
  /** Under way when an earlier life died; and how often it was the only one. */
  suspects: z.array(z.tuple([z.string().max(64), z.number().int().min(0).max(1000)])).max(2000),
});
type Marks = z.infer<typeof marksSchema>;

/** `free`: nothing speaks against it. `suspect`: to be run alone. `doomed`: not to be run. */
export type Verdict = 'free' | 'suspect' | 'doomed';

/**
 * Which commands are under way, in a small file that is overwritten in place: whoever finds it after a death knows which
 * commands may have caused it. A mark that is not forced to the disk outlives the process, which is enough for a command
 * that kills it, and costs no sync. A file that is torn or can't be read accuses nobody.
 */
export class CommandMarks {
  readonly #file: string;
  readonly #underWay = new Set<string>();
  readonly #suspects = new Map<string, number>();
  #handle: FileHandle | undefined;
  #turns: Promise<unknown> = Promise.resolve();
  #next: Promise<boolean> | undefined;
  #force = false;
  #closed = false;

  private constructor(file: string) {
    this.#file = file;
  }

  /** Reads what the life before was about when it ended. Nobody else uses the file meanwhile. */
  static async open(file: string): Promise<CommandMarks> {
    const marks = new CommandMarks(file);
    const { underWay, suspects } = await readMarks(file);
    for (const [key, alone] of suspects) marks.#suspects.set(key, alone);
    for (const key of underWay) {
      const alone = marks.#suspects.get(key) ?? 0;
      marks.#suspects.set(key, underWay.length === 1 ? alone + 1 : alone);
    }
    return marks;
  }

  verdictOn(key: string): Verdict {
    const alone = this.#suspects.get(key);
    if (alone === undefined) return 'free';
    return alone < MAX_DEATHS_ALONE ? 'suspect' : 'doomed';
  }

  /**
   * To be awaited before the work begins.
   * @param force the mark is to outlive a power cut too
   * @returns whether it could be written
   */
  begin(key: string, force: boolean): Promise<boolean> {
    this.#underWay.add(key);
    return this.#save(force);
  }

  /** It killed nobody, but isn't done with. */
  interrupt(key: string): void {
    if (this.#underWay.delete(key)) void this.#save(false);
  }

  /** It is done with. */
  end(key: string): void {
    const wasUnderWay = this.#underWay.delete(key);
    if (this.#suspects.delete(key) || wasUnderWay) void this.#save(false);
  }

  /** The journal is empty: whatever is suspected still has gone otherwise. */
  acquitAll(): void {
    if (this.#suspects.size === 0) return;
    this.#suspects.clear();
    void this.#save(false);
  }

  /** The life ends as it should: what is under way is not to blame for it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#underWay.clear();
    if (this.#suspects.size > 0) await this.#save(true);
    this.#closed = true;
    await this.#turns;
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
    if (this.#suspects.size === 0) await rm(this.#file, { force: true }).catch(() => undefined);
  }

  /** Those that come while one is being written share the next. */
  #save(force: boolean): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    this.#force ||= force;
    this.#next ??= this.#turn();
    return this.#next;
  }

  #turn(): Promise<boolean> {
    const turn = this.#turns.then(async () => {
      this.#next = undefined;
      const force = this.#force;
      this.#force = false;
      try {
        await this.#write(force);
        return true;
      } catch {
        return false; // a full or read-only disk: who began hears it
      }
    });
    this.#turns = turn;
    return turn;
  }

  async #write(force: boolean): Promise<void> {
    const bytes = encode({ schemaVersion: 1, underWay: [...this.#underWay], suspects: [...this.#suspects] });
    this.#handle ??= await openSized(this.#file);
    await this.#handle.write(bytes, 0, bytes.length, 0);
    if (force) await this.#handle.datasync();
  }
}

async function readMarks(file: string): Promise<Omit<Marks, 'schemaVersion'>> {
  try {
    const [line = ''] = (await readStart(file)).split('\n', 1);
    const json = line.slice(9);
    if (line.slice(0, 8) === checksum(json)) return marksSchema.parse(JSON.parse(json));
  } catch {
    // there is none, or it is none of ours
  }
  return { underWay: [], suspects: [] };
}

/** What is beyond the room for marks is none of ours. */
async function readStart(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(FILE_BYTES), 0, FILE_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** One line; what follows it is left of an earlier, longer one. */
function encode(marks: Marks): Buffer {
  const json = JSON.stringify(marks);
  const bytes = Buffer.from(`${checksum(json)} ${json}\n`);
  if (bytes.length > FILE_BYTES) throw new Error('more commands are marked than there is room for');
  return bytes;
}

function checksum(json: string): string {
  return crc32(Buffer.from(json)).toString(16).padStart(8, '0');
}

async function openSized(file: string): Promise<FileHandle> {
  const there = await open(file, 'r+').catch(() => undefined);
  const handle = there ?? (await open(file, 'wx', 0o600));
  try {
    const { size } = await handle.stat();
    if (size < FILE_BYTES) {
      await handle.write(Buffer.alloc(FILE_BYTES - size, ' '), 0, FILE_BYTES - size, size);
      await handle.datasync();
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
