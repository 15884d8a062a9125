/** Commits at which nobody is present: whose rights they have, and who hears of them. */
import type { Absence } from '../config/database.ts';
import type { Accounts } from './accounts.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Logins } from './logins.ts';

/** Who hears of what came of them. */
export interface Listeners {
  readonly logins: Logins;
  readonly audit: AuditTrail;
  /** Told why something was not done. */
  readonly report: (error: unknown) => void;
}

export function absence(accounts: Accounts, listeners: () => Listeners): Absence {
  return {
    rightsOf: (committer) => accounts.rightsOf(committer),
    over(outcome) {
      const { logins, audit, report } = listeners();
      audit.recordTimed(outcome);
      logins.announce(outcome);
      if (outcome.error !== undefined) report(outcome.error);
    },
  };
}
