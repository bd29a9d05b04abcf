import * as z from 'zod';

/** The namespace of deployments (fact D1). */
const NAMESPACE = 'namespace-aws-gg-deployment';

const messageSchema = z.looseObject({
  execution: z
    .looseObject({ jobId: z.string().min(1), versionNumber: z.number().default(1), jobDocument: z.unknown() })
    .optional(),
});

const answerSchema = z.looseObject({ clientToken: z.string() });

/** What it needs of a thing's connection. */
export interface JobLink {
  subscribe(filter: string, qos: 1, deliver: (topic: string, payload: Buffer) => void): Promise<unknown>;
  /** Says something if the connection is there. */
  tell(topic: string, message: object): void;
  /** Calls for every connection, and at once where there is one. */
  onConnect(listener: () => void): void;
}

export interface DeploymentJob {
  readonly jobId: string;
  readonly document: unknown;
}

export type JobStatus = 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED';

interface Report {
  readonly status: JobStatus;
  readonly details: Readonly<Record<string, string>>;
}

/**
 * Hears of a thing's deployment jobs and tells what became of them (fact D1). Each job is handed over once in a core's life:
 * one that an earlier life began comes again, since it is still the next. A report is repeated with every connection
 * until the cloud has answered it.
 */
export class JobListener {
  readonly #link: JobLink;
  readonly #topics: string;
  readonly #onJob: (job: DeploymentJob) => void;
  readonly #taken = new Set<string>();
  readonly #unanswered = new Map<string, Report>();

  constructor(options: {
    readonly thing: string;
    readonly link: JobLink;
    readonly onJob: (job: DeploymentJob) => void;
  }) {
    this.#link = options.link;
    this.#topics = `$aws/things/${options.thing}/jobs`;
    this.#onJob = options.onJob;
  }

  /** Resolves when it has asked for what is to be done, or will with the next connection. */
  async start(): Promise<void> {
    const hear = (_topic: string, payload: Buffer): void => this.#hear(payload);
    const answered = (topic: string, payload: Buffer): void => this.#answered(topic, payload);
    await this.#link.subscribe(`${this.#topics}/$next/${NAMESPACE}/get/accepted`, 1, hear);
    await this.#link.subscribe(`${this.#topics}/notify-next-${NAMESPACE}`, 1, hear);
    await this.#link.subscribe(`${this.#topics}/+/${NAMESPACE}/update/accepted`, 1, answered);
    await this.#link.subscribe(`${this.#topics}/+/${NAMESPACE}/update/rejected`, 1, answered);
    this.#link.onConnect(() => this.#catchUp());
  }

  report(jobId: string, status: JobStatus, details: Readonly<Record<string, string>> = {}): void {
    this.#unanswered.set(jobId, { status, details });
    this.#send(jobId);
  }

  #catchUp(): void {
    for (const jobId of this.#unanswered.keys()) this.#send(jobId);
    this.#link.tell(`${this.#topics}/$next/${NAMESPACE}/get`, { clientToken: `${Date.now()}` });
  }

  #send(jobId: string): void {
    const report = this.#unanswered.get(jobId);
    if (!report) return;
    const { status, details } = report;
    const message = { status, statusDetails: details, clientToken: tokenOf(jobId, report) };
    this.#link.tell(`${this.#topics}/${jobId}/${NAMESPACE}/update`, message);
  }

  /** Taken or refused: there is nothing more to say. The answer to an earlier report of the job is none to this one. */
  #answered(topic: string, payload: Buffer): void {
    const jobId = topic.slice(this.#topics.length + 1).split('/')[0] ?? '';
    const report = this.#unanswered.get(jobId);
    const answer = answerSchema.safeParse(parse(payload));
    if (report && answer.success && answer.data.clientToken === tokenOf(jobId, report)) this.#unanswered.delete(jobId);
  }

  #hear(payload: Buffer): void {
    const read = messageSchema.safeParse(parse(payload));
    const execution = read.success ? read.data.execution : undefined;
    if (!execution || this.#taken.has(execution.jobId)) return;
    this.#taken.add(execution.jobId);
    this.#onJob({ jobId: execution.jobId, document: execution.jobDocument });
  }
}

function tokenOf(jobId: string, { status }: Report): string {
  return `${jobId} ${status}`;
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}
