import { checkpointErrors } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { quote } from '../../quote.ts';
import { PickleReader } from './pickle-reader.ts';
import { callGlobal, storageFromId } from './torch-calls.ts';
import { isAllowedGlobal, type PickleValue } from './values.ts';

/**
 * Runs a pickle as far as tensors need and no further: values, containers, and calls of the few functions that rebuild
 * a tensor, which are carried out here. Nothing is imported and nothing is executed.
 * @param place name of the file, for messages.
 * @throws PICKLE_…
 * @see https://github.com/python/cpython/blob/3.12/Lib/pickletools.py for the opcodes
 */
export function runPickle(bytes: Uint8Array, place: string): PickleValue {
  return new PickleMachine(new PickleReader(bytes, place)).run();
}

class PickleMachine {
  readonly #reader: PickleReader;
  readonly #memo = new Map<number, PickleValue>();
  #stack: PickleValue[] = [];
  /** The stacks below the open marks. */
  readonly #below: PickleValue[][] = [];
  #valueCount = 0;

  constructor(reader: PickleReader) {
    this.#reader = reader;
  }

  run(): PickleValue {
    for (;;) {
      const at = this.#reader.offset;
      const opcode = this.#reader.uint8();
      if (opcode === 0x2e) return this.#stop();
      if (!this.#load(opcode) && !this.#build(opcode)) {
        const name = opcode >= 0x21 && opcode <= 0x7e ? `'${String.fromCharCode(opcode)}'` : `0x${opcode.toString(16)}`;
        throw checkpointErrors.make(
          'PICKLE_OPCODE',
          `${this.#reader.place} has the opcode ${name} at byte ${at}, which no tensor needs`,
        );
      }
    }
  }

  /** STOP: the one value that is left is the result, and nothing comes after it. */
  #stop(): PickleValue {
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#below.length > 0) throw this.#malformed('leaves values behind');
    if (this.#reader.left > 0) throw this.#malformed('goes on after its end');
    return value;
  }

  /** Opcodes that put a plain value on the stack, and those of the memo. False where the opcode is none of them. */
  #load(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case 0x80: // PROTO
        if (reader.uint8() > 5) throw this.#malformed('is of a later protocol than 5');
        return true;
      case 0x95: // FRAME: a hint for buffering
        reader.take(8);
        return true;
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4a: // BININT
        return this.#push(reader.take(4).readInt32LE(0));
      case 0x4b: // BININT1
        return this.#push(reader.uint8());
      case 0x4d: // BININT2
        return this.#push(reader.uint16());
      case 0x8a: // LONG1
        return this.#push(this.#long(reader.uint8()));
      case 0x47: // BINFLOAT
        return this.#push(reader.take(8).readDoubleBE(0));
      case 0x58: // BINUNICODE
        return this.#push(reader.take(reader.uint32()).toString('utf8'));
      case 0x8c: // SHORT_BINUNICODE
        return this.#push(reader.take(reader.uint8()).toString('utf8'));
      case 0x55: // SHORT_BINSTRING, of Python 2
        return this.#push(reader.take(reader.uint8()).toString('latin1'));
      case 0x71: // BINPUT
        return this.#remember(reader.uint8());
      case 0x72: // LONG_BINPUT
        return this.#remember(reader.uint32());
      case 0x94: // MEMOIZE
        return this.#remember(this.#memo.size);
      case 0x68: // BINGET
        return this.#recall(reader.uint8());
      case 0x6a: // LONG_BINGET
        return this.#recall(reader.uint32());
      default:
        return false;
    }
  }

  /** Opcodes that make containers and tensors out of what is on the stack. */
  #build(opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case 0x28: // MARK
        if (this.#below.length >= limits.pickleDepth) {
          throw this.#tooLarge(`opens more than ${limits.pickleDepth} containers inside each other`);
        }
        this.#below.push(this.#stack);
        this.#stack = [];
        return true;
      case 0x29: // EMPTY_TUPLE
        return this.#push({ kind: 'tuple', items: [] });
      case 0x85: // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        return this.#push({ kind: 'tuple', items: this.#popMany(opcode - 0x84) });
      case 0x74: // TUPLE
        return this.#push({ kind: 'tuple', items: this.#popToMark() });
      case 0x5d: // EMPTY_LIST
        return this.#push({ kind: 'list', items: [] });
      case 0x7d: // EMPTY_DICT
        return this.#push({ kind: 'dict', entries: new Map() });
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#popToMark());
      case 0x73: // SETITEM
        return this.#setItems(this.#popMany(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#popToMark());
      case 0x63: // GLOBAL
        return this.#global(reader.line(), reader.line());
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string') throw this.#malformed('names a global by no text');
        return this.#global(module, name);
      }
      case 0x51: // BINPERSID
        return this.#push(storageFromId(this.#pop(), reader.place));
      case 0x52: {
        // REDUCE
        const [callable, args] = this.#popMany(2);
        return this.#push(callGlobal(callable ?? null, args ?? null, reader.place));
      }
      case 0x62: {
        // BUILD: an OrderedDict's attributes (`_metadata`, the versions of modules), of no use to us
        this.#pop();
        const target = this.#stack.at(-1);
        if (typeof target !== 'object' || target?.kind !== 'dict')
          throw this.#malformed('sets attributes of no dictionary');
        return true;
      }
      default:
        return false;
    }
  }

  #push(value: PickleValue): true {
    this.#valueCount += 1;
    if (this.#valueCount > limits.pickleValues) throw this.#tooLarge(`makes more than ${limits.pickleValues} values`);
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#malformed('takes a value that is not there');
    return value;
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) throw this.#malformed('takes a value that is not there');
    return this.#stack.splice(-count);
  }

  #popToMark(): PickleValue[] {
    const items = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw this.#malformed('closes a container that it has not opened');
    this.#stack = below;
    return items;
  }

  #remember(index: number): true {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#malformed('remembers a value that is not there');
    if (this.#memo.size >= limits.pickleValues)
      throw this.#tooLarge(`remembers more than ${limits.pickleValues} values`);
    this.#memo.set(index, value);
    return true;
  }

  #recall(index: number): true {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#malformed(`recalls value ${index}, which it has not remembered`);
    return this.#push(value);
  }

  #append(items: readonly PickleValue[]): true {
    const target = this.#stack.at(-1);
    if (typeof target !== 'object' || target?.kind !== 'list') throw this.#malformed('appends to no list');
    for (const item of items) target.items.push(item);
    return true;
  }

  #setItems(items: readonly PickleValue[]): true {
    const target = this.#stack.at(-1);
    if (typeof target !== 'object' || target?.kind !== 'dict') throw this.#malformed('sets items of no dictionary');
    if (items.length % 2 !== 0) throw this.#malformed('sets a key without a value');
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index];
      if (typeof key !== 'string') throw this.#malformed('has a dictionary with a key that is no text');
      target.entries.set(key, items[index + 1] ?? null);
    }
    return true;
  }

  #global(module: string, name: string): true {
    // Python 2 and 3 and some savers give OrderedDict different homes; those are no tensors' business and are refused.
    const full = `${module}.${name}`;
    if (isAllowedGlobal(full)) return this.#push({ kind: 'global', name: full });
    throw checkpointErrors.make(
      'PICKLE_GLOBAL',
      `${this.#reader.place} asks for code: Verge refuses to run ${quote(full)}`,
    );
  }

  #long(length: number): number {
    const bytes = this.#reader.take(length);
    if (length > 8) throw this.#malformed('has an integer of more than 64 bits');
    let value = 0n;
    for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
    const signed = Number(BigInt.asIntN(Math.max(length, 1) * 8, value));
    if (!Number.isSafeInteger(signed)) throw this.#malformed('has an integer of more than 53 bits');
    return signed;
  }

  #malformed(what: string): Error {
    return checkpointErrors.make(
      'PICKLE_MALFORMED',
      `${this.#reader.place} ${what} (before byte ${this.#reader.offset})`,
    );
  }

  #tooLarge(what: string): Error {
    return checkpointErrors.make(
      'PICKLE_TOO_LARGE',
      `${this.#reader.place} ${what} (before byte ${this.#reader.offset})`,
    );
  }
}
