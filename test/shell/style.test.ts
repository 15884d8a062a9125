/** CLI styles: whose a login has, what they have in common, and their prompts. */
import { describe, expect, it } from 'vitest';
import { effective } from '../../src/config/effective.ts';
import { Accounts } from '../../src/access/accounts.ts';
import { styles } from '../../src/shell/style.ts';
import { commandLines, statementLines } from '../../src/grammar/lines.ts';
import { treeOf } from '../support/configuration.ts';
import { configurationMode, operationalMode } from '../support/grammar.ts';
import { grammars, openShell, run, runAll, startRouter } from '../support/router.ts';
import { sampleOf } from '../support/samples.ts';
import { VirtualTime } from '../support/virtual-time.ts';

const names = Object.keys(styles) as (keyof typeof styles)[];

describe('a login', () => {
  it('begins in the style of its user, the console’s owner in that of a user so called', async () => {
    const accounts = new Accounts(grammars.classes, new VirtualTime());
    const lines = ['system login user ada cli-style junos', 'system login user bob class viewer'];
    await accounts.apply(effective(grammars.schema, treeOf(lines)));
    expect(accounts.identity('ada')?.style).toBe('junos');
    expect(accounts.identity('bob')?.style).toBe('dnos');
    expect(accounts.owner('ada').style).toBe('junos');
    expect(accounts.owner('eve').style).toBeUndefined();
  });

  it('changes its own style and nobody else’s', async () => {
    const test = await startRouter();
    const [one, other] = [await openShell(test), await openShell(test)];
    await runAll(one, 'set cli style vyos');
    expect(one.login.prompt).toBe('lab@dnRouter:~$ ');
    expect(other.login.prompt).toBe('dnRouter# ');
  });

  it.each(names)('runs the same commands in the style %s, and errors begin with text', async (style) => {
    const shell = await openShell(await startRouter(), { style });
    await runAll(
      shell,
      'configure',
      'set service sla twamp-server port 8620',
      'services rpm',
      'top',
      'commit',
    );
    expect(await runAll(shell, 'do show configuration services rpm twamp server port')).toBe('port 8620;\n');
    const { outcome } = await run(shell, 'set services rpm twamp server port 0');
    expect(outcome.status === 'failed' && outcome.text.trim()).toMatch(/0.*1\.\.65535/s);
    await runAll(shell, 'exit discard');
    expect(shell.login.editing).toBeUndefined();
  });
});

describe('prompts', () => {
  it.each(names)('of %s end in one blank and leave room, whoever is where', (style) => {
    const place = {
      hostName: 'h'.repeat(63),
      user: 'u'.repeat(32),
      schema: grammars.schema,
      rollbackMinutes: undefined,
    };
    const path = ['services', 'rpm', 'twamp', 'server', 'client-list', 'a list'];
    for (const at of [undefined, [], path]) {
      const prompt = styles[style].prompt({ ...place, path: at, wallNanos: undefined });
      const last = prompt.slice(prompt.lastIndexOf('\n') + 1);
      expect(last).toMatch(/\S $/);
      if (style !== 'dnos') expect(last.length).toBeLessThanOrEqual(63);
      if (style !== 'dnos' && at === path)
        expect(prompt).toContain('[edit services rpm twamp server client-list "a list"]\n');
    }
  });

  it('of dnos have the time in them, where it was asked for', () => {
    const place = {
      hostName: 'r1',
      user: 'ada',
      schema: grammars.schema,
      wallNanos: 1_502_212_574n * 10n ** 9n,
      rollbackMinutes: undefined,
    };
    expect(styles.dnos.prompt({ ...place, path: undefined })).toBe('r1(08-Aug-2017-17:16:14)# ');
    expect(styles.dnos.prompt({ ...place, path: [] })).toBe('r1(cfg 08-Aug-2017-17:16:14)# ');
  });
});

describe('words of other vendors', () => {
  it.each([
    ['show serv', ['services']],
    ['t', ['twping']],
    ['c', ['clear', 'configure']],
    ['set cl', ['cli']],
    ['set t', ['terminal']],
    ['stt', ['stty']],
    ['unset cli-t', ['cli-terminal-length', 'cli-timestamp']],
  ])('do not stand in the way of ours: %j', (line, offered) => {
    expect(operationalMode().offered(line)).toEqual(offered);
  });

  it.each([
    ['commands', operationalMode(), '', commandLines(grammars.operational)],
    ['statements', configurationMode(), 'set ', statementLines(grammars.schema)],
  ] as const)(
    'leave every abbreviation of our %s complete that would be without them',
    (_, mode, verb, rows) => {
      const levels = new Set<string>([verb]);
      for (const { nodes } of rows) {
        if (nodes.some(({ foreign }) => foreign)) continue;
        const words = nodes.flatMap((node) => [node.kind === 'word' ? node.name : '', sampleOf(node)]);
        words
          .filter((word) => word !== '')
          .forEach((__, index, typed) => levels.add(`${verb}${typed.slice(0, index).join(' ')} `));
      }
      const words = (line: string) =>
        mode.candidates(line).rows.flatMap(({ literal, text }) => (literal ? [text] : []));
      for (const level of levels) {
        const listed = words(level);
        for (const word of listed) {
          const isOnly = (length: number) =>
            listed.filter((other) => other.startsWith(word.slice(0, length))).length === 1;
          const length = Array.from(word, (__, index) => index + 1).find(isOnly);
          if (length === undefined) continue;
          const line = level + word.slice(0, length);
          expect(words(line), line).toEqual([word]);
        }
      }
      expect(levels.size).toBeGreaterThan(50);
    },
  );

  it.each([
    ['set cli screen-width', 100_000],
    ['set cli screen-length', 100_000],
    ['set terminal width', 100_000],
    ['terminal length', 100_000],
    ['stty cols', 100_000],
    ['set cli-terminal-length', 100_000],
  ])('%s takes up to %i, and no more', (line, maximum) => {
    expect(operationalMode('viewer').resolve(`${line} ${maximum}`)).toHaveProperty('match');
    expect(operationalMode('viewer').problem(`${line} ${maximum + 1}`)).toMatchObject({
      code: 'invalid-value',
      expected: `0..${maximum}`,
    });
  });
});
