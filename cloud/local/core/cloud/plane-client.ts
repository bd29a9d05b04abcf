import { Agent, request } from 'node:https';
import * as z from 'zod';
import type { Credential } from '../../certificates/authority.ts';
import type { PlaneAddress } from '../../device-plane/device-plane.ts';
import { again, CloudError } from './again.ts';

/** Which component a device wants, by whom and how old (fact D3). */
export interface Candidate {
  readonly name: string;
  /** The one that the device has, if it may stay. */
  readonly version: string | undefined;
  /** Who asks → which versions. */
  readonly requirements: Readonly<Record<string, string>>;
}

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** What a device asks for over HTTPS, with its certificate. Each throws CloudError. */
export interface PlaneClient {
  thingGroups(): Promise<readonly string[]>;
  /** @returns the recipe's text */
  resolve(candidate: Candidate, platform: Readonly<Record<string, string>>): Promise<string>;
  credentials(): Promise<TemporaryCredentials>;
}

const groupsSchema = z.object({ thingGroups: z.array(z.object({ thingGroupName: z.string() })) });
const resolvedSchema = z.object({ resolvedComponentVersions: z.array(z.object({ recipe: z.string() })).min(1) });
const credentialsSchema = z.object({
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string(), sessionToken: z.string() }),
});
const errorSchema = z.object({ message: z.string() });

/** Recipes are at most 16,000 bytes (fact G3), in base64. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 4;

export type Shown = Pick<Credential, 'certificate' | 'key'>;

/** Connections to a plane with one certificate. */
export function planeAgent({ certificate, key }: Shown, { authority }: PlaneAddress): Agent {
  return new Agent({ ca: authority, cert: certificate, key, keepAlive: true, maxSockets: MAX_CONNECTIONS });
}

/** @param agent of a certificate that speaks for the thing; whoever made it closes it */
export function openPlaneClient(thing: string, address: PlaneAddress, agent: Agent): PlaneClient {
  const data = `${address.dataUrl}/greengrass/v2`;
  const ask = <T>(url: string, schema: z.ZodType<T>, body?: object): Promise<T> =>
    again(async () => readAnswer(url, schema, await exchange(url, agent, thing, body)));
  return {
    async thingGroups() {
      const url = `${data}/coreDevices/${encodeURIComponent(thing)}/thingGroups`;
      return (await ask(url, groupsSchema)).thingGroups.map(({ thingGroupName }) => thingGroupName);
    },
    async resolve({ name, version, requirements }, platform) {
      const candidate = {
        componentName: name,
        ...(version === undefined ? {} : { componentVersion: version }),
        versionRequirements: requirements,
      };
      const body = { platform: { name: 'linux', attributes: platform }, componentCandidates: [candidate] };
      const { resolvedComponentVersions } = await ask(`${data}/resolveComponentCandidates`, resolvedSchema, body);
      return Buffer.from(resolvedComponentVersions[0]?.recipe ?? '', 'base64').toString('utf8');
    },
    async credentials() {
      const url = `${address.credentialsUrl}/role-aliases/${encodeURIComponent(address.roleAlias)}/credentials`;
      return (await ask(url, credentialsSchema)).credentials;
    },
  };
}

interface Reply {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

function exchange(url: string, agent: Agent, thing: string, body: object | undefined): Promise<Reply> {
  const text = body && JSON.stringify(body);
  const headers = {
    'x-amzn-iot-thingname': thing,
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new CloudError(0, 'ConnectionError', `${new URL(url).host}: ${error.message}`, error));
    const method = text === undefined ? 'GET' : 'POST';
    const asked = request(url, { agent, method, headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) response.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes of answer`));
        chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        const code = response.headers['x-amzn-errortype'];
        resolve({
          status: response.statusCode ?? 0,
          code: typeof code === 'string' ? code : 'UnknownError',
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    asked.on('error', fail);
    asked.end(text);
  });
}

function readAnswer<T>(url: string, schema: z.ZodType<T>, { status, code, text }: Reply): T {
  const value = parse(text);
  if (status !== 200) {
    const said = errorSchema.safeParse(value);
    throw new CloudError(status, code, said.success ? said.data.message : text.slice(0, 200));
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new CloudError(status, 'UnknownAnswer', `${url} answered what is wrong at ${issue?.path.join('.')}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
