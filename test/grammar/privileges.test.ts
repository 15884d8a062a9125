/** What a login may not do does not exist for it: not in matching, not in completion, not in help. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GrammarNode } from '../../src/grammar/node.ts';
import { readGrammar } from '../../src/grammar/notation.ts';
import { resolve } from '../../src/grammar/resolve.ts';
import { tokenize } from '../../src/grammar/tokens.ts';
import { configurationMode, operationalMode, Terminal } from '../support/grammar.ts';
import { many } from '../support/many.ts';

const PRIVILEGES = ['p', 'q', 'r'];
const WORDS = ['a', 'ab', 'abc', 'b', 'ba', 'c'];

const privilegeOf = fc.constantFrom('', ...PRIVILEGES.map((name) => ` @${name}`));
const optionsOf = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom('', ' <n:1..9>'), privilegeOf), {
    maxLength: 2,
    selector: ([word]) => word,
  })
  .map((options) => options.map(([word, value, needed]) => `  [o${word}${value}] "O"${needed}`));

/** The lines below one line of a random grammar: few words that begin alike, privileges anywhere. */
function linesOf(depth: number): fc.Arbitrary<string[]> {
  const below = depth === 0 ? optionsOf : fc.oneof(optionsOf, linesOf(depth - 1));
  const lines = fc.tuple(fc.constantFrom(...WORDS), privilegeOf, fc.boolean(), below);
  return fc.uniqueArray(lines, { minLength: 1, maxLength: 4, selector: ([word]) => word }).map((each) =>
    each.flatMap(([word, needed, runs, children]) => {
      const isEnd = runs || !children.some((child) => child.trimStart().startsWith('w'));
      return [
        `  w${word} "W"${needed}${isEnd ? ` -> run-${word}` : ''}`,
        ...children.map((child) => `  ${child}`),
      ];
    }),
  );
}

const grammarOf = linesOf(2).map((lines) => readGrammar(lines.join('\n'), 'random.cli'));
const heldOf = fc.subarray(PRIVILEGES).map((held) => new Set(held));
const lineOf = fc.array(
  fc.constantFrom('w', 'o', ...WORDS.flatMap((word) => [`w${word}`, `w${word}`, `o${word}`]), '5', '10'),
  { maxLength: 6 },
);

const typing = (grammar: GrammarNode, held: ReadonlySet<string>) =>
  new Terminal(grammar, { can: (privilege) => held.has(privilege) });

/** The grammar as it would have been written for somebody with these privileges alone. */
function writtenFor(node: GrammarNode, held: ReadonlySet<string>): GrammarNode {
  const mayRun = node.privilege === undefined || held.has(node.privilege);
  const children = node.children
    .filter((child) => !child.option || child.privilege === undefined || held.has(child.privilege))
    .map((child) => writtenFor(child, held))
    .filter(
      (child) => child.option || child.handler !== undefined || child.children.some(({ option }) => !option),
    );
  return { ...node, privilege: undefined, handler: mayRun ? node.handler : undefined, children };
}

describe('for any grammar, line and privileges', () => {
  test('a line means, or is refused with, what it would be if hidden lines had never been written', () => {
    fc.assert(
      fc.property(grammarOf, heldOf, lineOf, (grammar, held, words) => {
        const line = words.join(' ');
        const seen = typing(grammar, held).resolve(line);
        const written = new Terminal(writtenFor(grammar, held)).resolve(line);
        if ('match' in written) expect(seen).toEqual(written);
        else {
          const { code, start, end } = written.problem;
          expect(seen).toMatchObject({ problem: { code, start, end } });
        }
      }),
      { numRuns: many(1000) },
    );
  });

  test('a line that runs was offered, word by word', () => {
    fc.assert(
      fc.property(grammarOf, heldOf, lineOf, (grammar, held, words) => {
        const terminal = typing(grammar, held);
        if ('problem' in terminal.resolve(words.join(' '))) return;
        for (const [index, word] of words.entries()) {
          const rows = terminal.candidates(
            words
              .slice(0, index)
              .map((earlier) => `${earlier} `)
              .join(''),
          ).rows;
          const offered = rows.some(({ text, literal }) =>
            literal ? text.startsWith(word) : /^\d+$/.test(word),
          );
          expect(offered).toBe(true);
        }
        expect(terminal.candidates(`${words.join(' ')} `).mayEnd).toBe(true);
      }),
      { numRuns: many(1000) },
    );
  });

  test('what is offered is taken, and a line that may end there runs', () => {
    const choices = fc.array(fc.nat(20), { maxLength: 6 });
    fc.assert(
      fc.property(grammarOf, heldOf, choices, (grammar, held, picks) => {
        const terminal = typing(grammar, held);
        let line = '';
        for (const pick of picks) {
          const { rows } = terminal.candidates(line);
          if (rows.length === 0) break;
          const row = rows[pick % rows.length]!;
          line += `${row.literal ? row.text : '5'} `;
        }
        const resolution = terminal.resolve(line);
        if (terminal.candidates(line).mayEnd) expect(resolution).toHaveProperty('match');
        else expect(resolution).toMatchObject({ problem: { code: 'incomplete' } });
      }),
      { numRuns: many(1000) },
    );
  });
});

describe('a line whose privilege is missing', () => {
  const grammar = `
show "Show" @view
  system "System" @system -> show-system
    users "Users" @view -> show-users
    [secrets] "Secrets" @secret
  version "Version" -> show-version
  release => version
`;
  const as = (...held: string[]) => new Terminal(grammar, { can: (privilege) => held.includes(privilege) });

  test('is a mere way to what may be run below it', () => {
    expect(as('view').match('show system users').handler).toBe('show-users');
    expect(as('view').problem('show system')).toMatchObject({ code: 'incomplete' });
    expect(as('view').candidates('show system ')).toMatchObject({ rows: [{ text: 'users' }], mayEnd: false });
    expect(as('view', 'system').match('show system').handler).toBe('show-system');
  });

  test('is unknown where nothing below may be run', () => {
    expect(as().problem('show version')).toMatchObject({ code: 'unknown-word', word: 'show', start: 0 });
    expect(as().offered('')).toEqual([]);
  });

  test('hides its aliases too', () => {
    expect(as('system').problem('show release')).toMatchObject({ code: 'unknown-word', word: 'release' });
  });

  test('hides an option alone', () => {
    expect(as('view', 'system').problem('show system secrets')).toMatchObject({ code: 'unknown-word' });
    expect(as('view', 'system', 'secret').match('show system secrets').args).toEqual({ secrets: true });
  });
});

test('a container that somebody may not set is a mere way to the statement that they may', () => {
  const schema = readGrammar(
    'server "Server" @view/control presence\n  port <port:1..9> "Port" @view/system',
    'schema.cli',
  );
  const trees = { schema: { node: schema, path: [] } };
  const as = (held: string) =>
    new Terminal('set "Set"\n  {schema:set} -> set', { trees, can: (privilege) => privilege === held });
  expect(as('system').match('set server port 1').handler).toBe('set');
  expect(as('system').problem('set server')).toMatchObject({ code: 'incomplete' });
  expect(as('control').match('set server').handler).toBe('set');
  expect(as('control').problem('set server port 1')).toMatchObject({ code: 'unknown-word', word: 'port' });
});

/** Statements about groups, which are for everybody. */
const inheritance = ['apply-groups', 'apply-groups-except', 'groups'];

describe('classes of the product', () => {
  test('[000/viewer] a viewer sees the sessions, and neither sees nor runs configure', () => {
    const viewer = operationalMode('viewer');
    expect(viewer.match('show services twamp sessions').handler).toBe('show-services-twamp-sessions');
    expect(viewer.offered('')).toEqual(['exit', 'help', 'set', 'show', 'unset']);
    expect(viewer.problem('configure')).toMatchObject({ code: 'unknown-word', word: 'configure' });
    expect(viewer.problem('twping 127.0.0.1')).toMatchObject({ code: 'unknown-word', word: 'twping' });
    expect(viewer.problem('show configuration')).toMatchObject({
      code: 'unknown-word',
      word: 'configuration',
    });
  });

  test('nobody without privileges sees more than the way out', () => {
    expect(operationalMode('unauthorized').offered('')).toEqual(['exit']);
  });

  test('[002/view] only with system is the server statement seen', () => {
    const readOnly = operationalMode('read-only');
    expect(readOnly.match('show configuration system').handler).toBe('show-configuration');
    expect(readOnly.offered('show configuration services ')).not.toContain('rpm');
    expect(readOnly.problem('show configuration services rpm')).toMatchObject({
      code: 'unknown-word',
      word: 'rpm',
    });
    const system = operationalMode('system');
    expect(system.match('show configuration services rpm twamp server').handler).toBe('show-configuration');
    expect(configurationMode('system').match('edit services rpm twamp server').handler).toBe('edit');
  });

  test('[002/add] only with interface-control is the server statement set or deleted', () => {
    const system = configurationMode('system');
    for (const line of [
      'set services rpm twamp server',
      'delete services rpm twamp server',
      'delete services',
    ]) {
      expect(system.problem(line)).toMatchObject({ code: 'unknown-word', word: 'services' });
    }
    expect(system.offered('set ')).toEqual([...inheritance, 'system']);
    expect(system.match('set system host-name r1').handler).toBe('set');
    const control = configurationMode('interface-control');
    expect(control.match('set services rpm twamp server port 8620').handler).toBe('set');
    expect(control.match('delete services rpm twamp server').handler).toBe('delete');
  });

  test('below an edited level, what may not be set is unknown as well', () => {
    const path = ['services', 'rpm', 'twamp', 'server'];
    expect(configurationMode('system', path).problem('set port 5')).toMatchObject({ word: 'port' });
    expect(configurationMode('interface-control', path).match('set port 5').handler).toBe('set');
  });
});

test('no line, however malformed, makes the matcher throw', () => {
  const words = fc.constantFrom(
    'set',
    'show',
    'services',
    'server',
    'c',
    '[',
    ']',
    '"',
    '\\',
    '|',
    'x'.repeat(500),
  );
  const lines = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join(' ')),
  );
  const terminals = [
    configurationMode(),
    operationalMode(),
    configurationMode('system', ['services', 'rpm']),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...terminals), lines, (terminal, line) => {
      for (const section of tokenize(line).sections) {
        resolve(terminal.root, section, line.length, terminal.context);
      }
      terminal.candidates(line);
    }),
    { numRuns: many(1000) },
  );
});
