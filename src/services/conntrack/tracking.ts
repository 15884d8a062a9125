/**
 * Connection tracking that the router itself asks for: Linux tracks in a network namespace only where a rule looks at
 * connections. A table of nftables that is the router's alone, and the counting of packets and octets (a sysctl), both
 * undone when nobody wants them any more.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Vrf } from '../../native/routing-instance.ts';
import type { TrackingMark, TrackingMarks } from '../../store/tracking-marks.ts';
import { ProgramError, runIn, type ProgramProblemCode } from './namespace-program.ts';
import type { SourceProblem, SourceProblemCode } from '../source.ts';

const BOOT = '/proc/sys/kernel/random/boot_id';
export const ACCOUNTING = '/proc/sys/net/netfilter/nf_conntrack_acct';
const COUNTS = '1';
const COUNTS_NOT = '0';

const problemCodes: Readonly<Record<ProgramProblemCode, SourceProblemCode>> = {
  missing: 'tracking-no-program',
  'not-permitted': 'tracking-not-permitted',
  'no-namespace': 'no-namespace',
  failed: 'tracking-failed',
};

/**
 * In place of what may be there of that name, all at once. The rule decides nothing, and of the packets only those that this
 * machine sends come by it; that it is there has all connections tracked, also forwarded ones.
 */
const tableText = (table: string): string => `
add table inet ${table}
delete table inet ${table}
table inet ${table} {
  chain output {
    type filter hook output priority filter; policy accept;
    ct state new comment "dnrouter: services session-source enable-tracking"
  }
}
`;

export class Tracking {
  readonly #marks: TrackingMarks;
  readonly #program: string;
  #problems: readonly SourceProblem[] = [];

  /** `program`: nft. */
  constructor(marks: TrackingMarks, program = 'nft') {
    this.#marks = marks;
    this.#program = program;
  }

  /** What kept it from being as wanted last. */
  get problems(): readonly SourceProblem[] {
    return this.#problems;
  }

  /** From now on in these namespaces, and in no other; also what a router that was killed has left behind goes. Rejects with StoreError. */
  async keep(vrfs: readonly Vrf[]): Promise<void> {
    const problems: SourceProblem[] = [];
    const wanted = new Set(vrfs.map(namespaceOf));
    for (const mark of this.#marks.all())
      if (!wanted.has(mark.namespace)) problems.push(...(await this.#undo(mark)));
    for (const vrf of vrfs) problems.push(...(await this.#ask(vrf)));
    this.#problems = problems;
  }

  async #ask(vrf: Vrf): Promise<readonly SourceProblem[]> {
    const mark = this.#markOf(namespaceOf(vrf));
    this.#marks.put(mark);
    try {
      await runIn(vrf, this.#program, ['-f', '-'], tableText(mark.table));
    } catch (error) {
      this.#marks.remove(mark.namespace);
      return [problemOf(error, vrf)];
    }
    try {
      if ((await accountingIn(vrf)) === COUNTS_NOT) {
        this.#marks.put({ ...mark, accounting: COUNTS_NOT });
        await countIn(vrf, COUNTS);
      }
      return [];
    } catch (error) {
      return [problemOf(error, vrf)];
    }
  }

  /** That of the namespace, without what the machine has forgotten since. */
  #markOf(namespace: string): TrackingMark {
    const boot = bootNow();
    const mark = this.#marks.all().find((each) => each.namespace === namespace);
    if (mark?.boot === boot) return mark;
    return { namespace, table: `dnrouter_${randomBytes(4).toString('hex')}`, boot, accounting: null };
  }

  async #undo({ namespace, table, boot, accounting }: TrackingMark): Promise<readonly SourceProblem[]> {
    const vrf = vrfOf(namespace);
    try {
      if (boot === bootNow()) {
        await runIn(vrf, this.#program, ['-f', '-'], `add table inet ${table}\ndelete table inet ${table}\n`);
        // Whoever has changed it meanwhile knows better.
        if (accounting !== null && (await accountingIn(vrf)) === COUNTS) await countIn(vrf, accounting);
      }
    } catch (error) {
      const problem = problemOf(error, vrf);
      if (problem.code !== 'no-namespace') return [problem];
    }
    this.#marks.remove(namespace);
    return [];
  }
}

async function accountingIn(vrf: Vrf): Promise<string> {
  return (await runIn(vrf, 'cat', [ACCOUNTING])).trim();
}

async function countIn(vrf: Vrf, value: string): Promise<void> {
  await runIn(vrf, 'tee', [ACCOUNTING], value);
}

/** Empty where there is no /proc: then there is no nftables either. */
function bootNow(): string {
  try {
    return readFileSync(BOOT, 'latin1').trim();
  } catch {
    return '';
  }
}

const namespaceOf = (vrf: Vrf): string => (vrf.kind === 'namespace' ? vrf.name : '');

const vrfOf = (name: string): Vrf => (name === '' ? { kind: 'default' } : { kind: 'namespace', name });

function problemOf(error: unknown, vrf: Vrf): SourceProblem {
  if (!(error instanceof ProgramError)) throw error;
  const [first = ''] = error.said.split('\n', 1);
  const said = first === '' ? `${error.message.split(':', 1)[0]!} has failed` : first;
  const details = { namespace: namespaceOf(vrf), said };
  return { severity: 'warning', code: problemCodes[error.code], details };
}
