import type {
  CancelJobCommandInput,
  DescribeJobCommandInput,
  DescribeJobExecutionCommandInput,
  ListJobExecutionsForJobCommandInput,
  ListJobExecutionsForThingCommandInput,
  ListJobsCommandInput,
} from '@aws-sdk/client-iot';
import { pageOf } from '../aws/page.ts';
import { arnOf } from '../aws/place.ts';
import type { Call, Handler } from '../aws/service.ts';
import type { Execution, ExecutionStatus, Job, Jobs } from './jobs.ts';
import { notFound, PAGES } from './refusals.ts';
import type { Registry } from './registry.ts';

/** What the control plane says of jobs. Devices have topics of their own. */
export function jobHandlers(registry: Registry, jobs: Jobs): Record<string, Handler> {
  const arn = (id: string): string => arnOf(registry.place, 'iot', `job/${id}`);
  return {
    DescribeJob({ jobId = '' }: DescribeJobCommandInput) {
      const job = jobs.job(jobId);
      return { job: { ...describe(job, arn), targets: [registry.arn(job.target)], ...countsOf(jobs, job) } };
    },
    ListJobs(input: ListJobsCommandInput) {
      const { status, namespaceId, thingGroupName: group, targetSelection } = input;
      const wanted = jobs.all().filter((job) => {
        const selection = job.continuous ? 'CONTINUOUS' : 'SNAPSHOT';
        return (
          (status ?? job.status) === job.status &&
          (namespaceId ?? job.namespace) === job.namespace &&
          (targetSelection ?? selection) === selection &&
          (group === undefined || (job.target.kind === 'group' && job.target.name === group))
        );
      });
      const { items, nextToken } = pageOf(wanted.toReversed(), ({ id }) => id, input, PAGES);
      return { jobs: items.map((job) => describe(job, arn)), nextToken };
    },
    CancelJob({ jobId = '' }: CancelJobCommandInput, call: Call) {
      jobs.cancel(jobId, call.now);
      return { jobArn: arn(jobId), jobId };
    },
    DescribeJobExecution({ jobId = '', thingName = '' }: DescribeJobExecutionCommandInput) {
      const found = jobs.executionsOf(jobId).find(({ thing }) => thing === thingName);
      if (!found) throw notFound(`Job ${jobId} has no execution on ${thingName}.`);
      const statusDetails = { detailsMap: found.statusDetails };
      const thingArn = registry.arn({ kind: 'thing', name: thingName });
      return { execution: { jobId, thingArn, ...summary(found), statusDetails, versionNumber: found.version } };
    },
    ListJobExecutionsForJob(input: ListJobExecutionsForJobCommandInput) {
      const { id } = jobs.job(input.jobId ?? '');
      const wanted = jobs.executionsOf(id).filter(({ status }) => (input.status ?? status) === status);
      const { items, nextToken } = pageOf(wanted, ({ thing }) => thing, input, PAGES);
      const executionSummaries = items.map((execution) => ({
        thingArn: registry.arn({ kind: 'thing', name: execution.thing }),
        jobExecutionSummary: summary(execution),
      }));
      return { executionSummaries, nextToken };
    },
    ListJobExecutionsForThing(input: ListJobExecutionsForThingCommandInput) {
      const { name } = registry.thing(input.thingName ?? '');
      const wanted = jobs
        .executionsFor(name)
        .filter(({ status, jobId }) => (input.status ?? status) === status && (input.jobId ?? jobId) === jobId);
      const { items, nextToken } = pageOf(wanted.toReversed(), ({ jobId }) => jobId, input, PAGES);
      const executionSummaries = items.map((execution) => ({
        jobId: execution.jobId,
        jobExecutionSummary: summary(execution),
      }));
      return { executionSummaries, nextToken };
    },
  };
}

function describe(job: Job, arn: (id: string) => string): object {
  return {
    jobId: job.id,
    jobArn: arn(job.id),
    targetSelection: job.continuous ? 'CONTINUOUS' : 'SNAPSHOT',
    status: job.status,
    namespaceId: job.namespace,
    createdAt: new Date(job.createdAt),
    lastUpdatedAt: new Date(job.updatedAt),
    ...(job.status === 'IN_PROGRESS' ? {} : { completedAt: new Date(job.updatedAt) }),
  };
}

function countsOf(jobs: Jobs, job: Job): object {
  const executions = jobs.executionsOf(job.id);
  const count = (wanted: ExecutionStatus): number => executions.filter(({ status }) => status === wanted).length;
  return {
    jobProcessDetails: {
      numberOfQueuedThings: count('QUEUED'),
      numberOfInProgressThings: count('IN_PROGRESS'),
      numberOfSucceededThings: count('SUCCEEDED'),
      numberOfFailedThings: count('FAILED'),
      numberOfRejectedThings: count('REJECTED'),
      numberOfCanceledThings: count('CANCELED'),
      numberOfTimedOutThings: count('TIMED_OUT'),
    },
  };
}

function summary({ status, queuedAt, startedAt, updatedAt, number }: Execution): object {
  return {
    status,
    queuedAt: new Date(queuedAt),
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt) }),
    lastUpdatedAt: new Date(updatedAt),
    executionNumber: number,
  };
}
