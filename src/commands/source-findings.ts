/** What is wrong with a source of service sessions, as a finding beside a result. */
import type { Finding } from '../config/commit.ts';
import type { SourceProblem } from '../services/source.ts';

export function sourceFinding({ severity, code, details = {} }: SourceProblem): Finding {
  return { severity, code: `source-${code}`, path: [], details };
}
