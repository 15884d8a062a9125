/** The grammar files of the product: every line can be typed, and every handler is there. */
import { describe, expect, test } from 'vitest';
import { commands } from '../../src/commands/commands.ts';
import { live } from '../../src/commands/live.ts';
import { descendants, isLeaf, type GrammarNode } from '../../src/grammar/node.ts';
import type { Output } from '../../src/commands/command.ts';
import { isMeant, pipesFor, pipingOf } from '../../src/shell/pipes.ts';
import { styles } from '../../src/shell/style.ts';
import { configurationMode, grammars, operationalMode, Terminal } from '../support/grammar.ts';
import { sampleOf } from '../support/samples.ts';

const { operational, configuration, schema, pipes } = grammars;

interface Line {
  readonly text: string;
  readonly node: GrammarNode;
  /** The line whose option or alias `node` is, or `node` itself. */
  readonly command: GrammarNode;
}

/** Every line of a grammar, typed out from its beginning. */
function* linesOf(node: GrammarNode, before = ''): IterableIterator<Line> {
  for (const child of node.children) {
    // Lines of dialects have a test of their own.
    if (child.kind === 'tree' || child.meaning) continue;
    const meant = child.aliasOf ?? child;
    const words = [child.kind === 'word' ? child.name : '', sampleOf(meant)].filter((word) => word !== '');
    const text = [before, ...words].filter((word) => word !== '').join(' ');
    yield { text, node: child, command: meant.option ? node : meant };
    if (!child.aliasOf) yield* linesOf(child, text);
  }
}

describe.each([
  ['operational', operationalMode(), [...linesOf(operational)]],
  ['configuration', configurationMode(), [...linesOf(configuration)]],
  ['pipes', new Terminal(pipes), [...linesOf(pipes)]],
] as const)('%s.cli', (_, terminal, lines) => {
  test.each(lines.map((line) => [line.text, line] as const))('%s', (text, { command }) => {
    const resolution = terminal.resolve(text);
    if (command.handler === undefined) expect(resolution).toMatchObject({ problem: { code: 'incomplete' } });
    else expect(resolution).toMatchObject({ match: { handler: command.handler } });
  });

  test('leads to a command from every line', () => {
    const deadEnds = lines.filter(
      ({ command, node }) => !node.aliasOf && command.handler === undefined && command.children.length === 0,
    );
    expect(deadEnds.map(({ text }) => text)).toEqual([]);
  });
});

describe('schema.cli', () => {
  const terminal = configurationMode();
  test.each([...linesOf(schema)].map((line) => [line.text, line.command] as const))('%s', (text, node) => {
    const saysSomething = isLeaf(node) || node.presence || node.value?.arity === 'key';
    if (saysSomething) expect(terminal.match(`set ${text}`).handler).toBe('set');
    else expect(terminal.problem(`set ${text}`).code).toBe('incomplete');
    expect(terminal.match(`delete ${text}`).handler).toBe('delete');
    const named = isLeaf(node) && node.value ? text.slice(0, -` ${sampleOf(node)}`.length) : text;
    expect(terminal.match(`show ${named}`).handler).toBe('show-candidate');
    expect(operationalMode().match(`show configuration ${named}`).handler).toBe('show-configuration');
    if (!isLeaf(node)) expect(terminal.match(`edit ${named}`).handler).toBe('edit');
  });

  test('every statement says what changing it does to what runs', () => {
    const silent = [...linesOf(schema)].filter(({ node }) => node.effect === undefined && !node.aliasOf);
    expect(silent.map(({ text }) => text)).toEqual([]);
  });
});

test('every operational line can be run from configuration mode', () => {
  for (const { text } of linesOf(operational)) {
    const [there, here] = [configurationMode().resolve(`run ${text}`), operationalMode().resolve(text)];
    if ('match' in here) expect(there).toEqual(here);
    else expect(there).toMatchObject({ problem: { code: here.problem.code } });
  }
});

describe('handlers', () => {
  const named = (...roots: GrammarNode[]) =>
    [
      ...new Set(roots.flatMap((root) => [...descendants(root)].flatMap(({ handler }) => handler ?? []))),
    ].sort();

  test('those of the grammar and those of the program are the same', () => {
    expect(Object.keys(commands).sort()).toEqual(named(operational, configuration));
  });

  test('every pipe of the grammar works on an output that has all forms', () => {
    const output: Output = {
      text: () => ['text\n'],
      json: () => ['json\n'],
      xml: () => ['xml\n'],
      set: () => ['set\n'],
      inheritance: () => ['inherited\n'],
      compare: () => ['compare\n'],
    };
    const terminal = new Terminal(pipes);
    for (const { text, command } of linesOf(pipes)) {
      if (command.handler === undefined) continue;
      expect(() =>
        pipingOf([terminal.match(text)], { style: styles.dnos, screenful: 24 }).form?.(output),
      ).not.toThrow();
    }
  });

  test('a pipe names only handlers that exist', () => {
    for (const { onlyFor } of descendants(pipes)) {
      for (const limit of onlyFor)
        expect(
          Object.keys(commands).some((handler) => isMeant(limit, handler)),
          limit,
        ).toBe(true);
    }
  });

  test('a pipe is offered behind the commands it is for alone', () => {
    const offered = (handler: string) => new Terminal(pipesFor(pipes, handler)).offered('');
    expect(offered('show-candidate')).toContain('compare');
    expect(offered('set-cli-timestamp')).not.toContain('monitor');
    expect(offered('show-version')).toEqual([
      ...['append', 'count', 'display', 'except', 'find', 'hold', 'include', 'last', 'match'],
      ...['monitor', 'no-more', 'refresh', 'save', 'tail', 'tee', 'trim'],
    ]);
  });

  test('values complete from sources that exist, each of which is used', () => {
    const sources = [operational, configuration, schema, pipes].flatMap((root) =>
      [...descendants(root)].flatMap(({ value }) => value?.source ?? []),
    );
    expect([...new Set(sources)].sort()).toEqual(Object.keys(live).sort());
  });
});

describe('show services twamp sessions', () => {
  const words = 'show services twamp sessions';

  test('[000/help] has the help line of the document', () => {
    const { rows } = operationalMode('viewer').candidates('show services twamp ');
    const row = rows.find(({ text }) => text === 'sessions');
    expect(row).toMatchObject({ help: 'Displays active TWAMP sessions in system' });
  });

  test('[000/mode] is a command of operational mode', () => {
    expect(operationalMode('viewer').match('sh serv tw sess').handler).toBe('show-services-twamp-sessions');
    expect(configurationMode().problem(`${words} `).code).toBe('unknown-word');
  });

  test('takes its filters in any order', () => {
    const filters = [
      ['type data', { type: 'data' }],
      ['vrf blue', { vrf: 'blue' }],
      ['connection-id 100', { 'connection-id': 100 }],
      ['session-id 806', { 'session-id': 806 }],
      ['local-address 1.2.3.4:1000', { 'local-address': '1.2.3.4:1000' }],
      ['remote-address 1.1.1.1', { 'remote-address': '1.1.1.1' }],
    ] as const;
    const all = Object.assign({}, ...filters.map(([, args]) => args)) as object;
    for (const first of filters.keys()) {
      const order = [...filters.slice(first), ...filters.slice(0, first)].map(([text]) => text);
      expect(operationalMode().match(`${words} ${order.join(' ')}`).args).toEqual(all);
      expect(operationalMode().match(`${words} ${order.toReversed().join(' ')}`).args).toEqual(all);
    }
  });
});

test('twping is given what was typed, and its defaults for the rest, in its units', () => {
  expect(operationalMode().match('twping 127.0.0.1 count 20 interval 10ms port 8620').args).toEqual({
    host: '127.0.0.1',
    'auth-mode': 'none',
    count: 20,
    'session-count': 1,
    interval: '10ms',
    dscp: 0,
    'routing-instance': 'default',
    padding: 27,
    'padding-fill': 'random',
    'start-delay': 250e6,
    port: 8620,
    timeout: 2e9,
    'timestamp-format': 'ntp',
  });
});

test('twping light has the options of a control connection no more, and an SSID', () => {
  const mode = operationalMode();
  expect(mode.match('twping 127.0.0.1 light ssid 65535')).toMatchObject({
    handler: 'twping-light',
    args: { host: '127.0.0.1', ssid: 65_535, port: 862, padding: 0, count: 100 },
  });
  expect(mode.problem('twping 127.0.0.1 light ssid 65536')).toBeDefined();
  expect(mode.problem('twping 127.0.0.1 light auth-mode mixed')).toMatchObject({ code: 'unknown-word' });
});
