import { defineErrors } from '../../component/contract/error.ts';

/** What can keep a rollout from being planned, started or continued. */
export const rolloutErrors = defineErrors({
  ROLLOUT_PLAN_INVALID: { fault: 'user', next: 'Mend the plan there; `verge rollout plan --help` shows a whole one.' },
  ROLLOUT_TARGET_UNKNOWN: {
    fault: 'user',
    next: 'Check the name, the region and the account: `aws iot list-thing-groups`.',
  },
  ROLLOUT_CONFLICT: { fault: 'user', next: 'Mend what is named; `verge rollout plan` shows all of it.' },
  ROLLOUT_EXISTS: { fault: 'user', next: 'Give the plan another name, or see it with `verge rollout status`.' },
  ROLLOUT_UNKNOWN: {
    fault: 'user',
    next: 'Check the id and the bucket: `verge rollout status` without an id lists them.',
  },
  ROLLOUT_STATE_INVALID: { fault: 'user', next: 'Look at the earlier versions of that object in S3, and restore one.' },
  ROLLOUT_WISH_IDLE: { fault: 'user', next: 'See where it stands: `verge rollout status`.' },
  ROLLOUT_RACED: {
    fault: 'user',
    next: 'Others write to this rollout all the time: see who with `verge rollout journal`.',
  },
  ROLLOUT_FILE_UNREADABLE: {
    fault: 'user',
    next: 'Give a file that exists, that you may read, and that is no larger.',
  },
  ROLLOUT_NOTIFY_INVALID: { fault: 'user', next: 'Give https:// and a host, or the ARN of an SNS topic.' },
  ROLLOUT_CHALLENGER_FAILED: { fault: 'user', next: 'Mend what is named and run `verge rollout resume`.' },
});
