import { defineErrors } from '../../component/contract/error.ts';

/** What can keep the page from being served. */
export const dashboardErrors = defineErrors({
  DASHBOARD_PORT_TAKEN: { fault: 'user', next: 'Give another with --port, or end what listens there.' },
  DASHBOARD_HOST_OPEN: {
    fault: 'user',
    next: 'Give a token with --token-file, or leave --host out: then only this machine can open the page.',
  },
  DASHBOARD_TOKEN_WEAK: { fault: 'user', next: 'Make one: `openssl rand -hex 24`.' },
  DASHBOARD_DATABASE_UNREADABLE: {
    fault: 'user',
    next: 'Give the database that `verge sink` fills, or leave --database out: the page then begins with what comes.',
  },
  DASHBOARD_ROLLOUTS_UNKNOWN: {
    fault: 'user',
    next: 'Give the bucket that `verge rollout` writes to: s3://BUCKET.',
  },
  DASHBOARD_BUNDLE_UNREADABLE: { fault: 'user', next: 'Give the folder that `verge compile` wrote with --bundle.' },
  DASHBOARD_PAGE_MISSING: { fault: 'verge', next: 'Build it: `npm run build`.' },
});
