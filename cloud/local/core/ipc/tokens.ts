import { randomBytes } from 'node:crypto';

/** Says which component a connection speaks for. A component gets a new one with every start. */
export class Tokens {
  readonly #components = new Map<string, string>();

  issue(component: string): string {
    const token = randomBytes(16).toString('base64'); // as long and as spelt as an SVCUID
    this.#components.set(token, component);
    return token;
  }

  /** The component of a token, or undefined. */
  componentOf(token: unknown): string | undefined {
    return typeof token === 'string' ? this.#components.get(token) : undefined;
  }

  /** Forgets every token, as a restart of the IPC daemon does (fact L7). */
  clear(): void {
    this.#components.clear();
  }
}
