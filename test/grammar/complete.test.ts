/** What help and completion list at the cursor. */
import { describe, expect, test } from 'vitest';
import { LIVE_VALUES_MAX, withRows } from '../../src/grammar/complete.ts';
import { Terminal } from '../support/grammar.ts';

const liveOf: Readonly<Record<string, readonly string[]>> = {
  vrfs: ['default', 'blue'],
  ids: Array.from({ length: 200 }, (_, index) => String(1000 - index)).concat('7', '10'),
  keys: ['plain', 'two words'],
  mixed: ['b', '100', '20'],
};

const terminal = new Terminal(
  `
show "Show things"
  sessions "Show sessions" -> show-sessions
    [history] "Ended ones"
    [level: brief] "Short"
    [level: extensive] "Long"
    [limit <limit:1..100>] "How many" = 10
    [vrf <vrf:name(9) vrfs>] "Of one VRF"
    [type <type:control|data>] "Of one type" = data
    [name <name:key-id mixed>] "Of one name"
    [id <id:1..99999 ids>] "Of one number"
    [key <key:key-id keys>] "Of one key"
  version "Show version" -> show-version
  release => version
twping "Measure"
  <host:host> "Server" -> twping
`,
  {
    live: ({ source, limit }) =>
      source === undefined
        ? []
        : liveOf[source]!.slice(0, limit).map((text) => ({ text, help: `a ${text}` })),
  },
);

describe('candidates', () => {
  test.each<[line: string, offered: string[], mayEnd: boolean]>([
    ['', ['show', 'twping'], false],
    ['s', ['show'], false],
    ['x', [], false],
    ['sh ', ['sessions', 'version'], false],
    ['show version ', [], true],
    ['show nothing ', [], false],
    ['show sessions ', ['brief', 'extensive', 'history', 'id', 'key', 'limit', 'name', 'type', 'vrf'], true],
    ['show sessions brief ', ['history', 'id', 'key', 'limit', 'name', 'type', 'vrf'], true],
    ['show sessions brief h', ['history'], false],
    ['show sessions type ', ['control', 'data'], false],
    ['show sessions type c', ['control'], false],
    ['show sessions vrf ', ['blue', 'default', '<vrf>'], false],
    ['show sessions vrf d', ['default', '<vrf>'], false],
    ['show sessions vrf red', ['<vrf>'], false],
    ['show sessions limit ', ['<limit>'], false],
    ['show sessions limit 5 ', ['brief', 'extensive', 'history', 'id', 'key', 'name', 'type', 'vrf'], true],
    ['twping ', ['<host>'], false],
    ['twping 192.0', ['<host>'], false],
    ['twping 192.0.2.1 ', [], true],
  ])('%j', (line, offered, mayEnd) => {
    expect(terminal.offered(line)).toEqual(offered);
    expect(terminal.candidates(line).mayEnd).toBe(mayEnd);
  });

  test('carry the help of their lines; a value says what it takes and its default', () => {
    const help = (line: string) =>
      terminal
        .candidates(line)
        .rows.map(({ text, help, literal, value }) => [
          text,
          help,
          literal,
          ...(value ? [value.expects, value.defaultText] : []),
        ]);
    expect(help('show v')).toEqual([['version', 'Show version', true]]);
    expect(help('show sessions limit ')).toEqual([['<limit>', 'How many', false, '1..100', '10']]);
    expect(help('show sessions type d')).toEqual([['data', 'Of one type', true]]);
    expect(help('show sessions vrf b')).toEqual([
      ['blue', 'a blue', true],
      ['<vrf>', 'Of one VRF', false, 'a name of letters, digits and . _ : / @ - (1 to 9)', undefined],
    ]);
  });

  test('tell words, values and what exists apart, and which word is the default', () => {
    const { rows } = terminal.candidates('show sessions vrf b');
    const expects = 'a name of letters, digits and . _ : / @ - (1 to 9)';
    expect(rows).toEqual([
      { text: 'blue', help: 'a blue', literal: true, marker: '', live: true },
      {
        text: '<vrf>',
        help: 'Of one VRF',
        literal: false,
        marker: '',
        value: { expects, unit: undefined, charactersMax: 9, defaultText: undefined },
      },
    ]);
    expect(terminal.candidates('show sessions type ').rows).toEqual([
      { text: 'control', help: 'Of one type', literal: true, marker: '' },
      { text: 'data', help: 'Of one type', literal: true, marker: '', isDefault: true },
    ]);
  });

  test('a number that counts something has its unit', () => {
    const units = new Terminal(
      'ping "P" -> p\n  [rate <kilobits-per-second:1..9>] "R"\n  [id <id:1..9>] "I"',
    );
    const unitOf = (option: string) => units.candidates(`ping ${option} `).rows[0]!.value!.unit;
    expect([unitOf('rate'), unitOf('id')]).toEqual(['kilobits per second', undefined]);
  });

  test('words of a type have help of their own, and a number beside them is offered where it may be meant', () => {
    const shows = new Terminal(
      `
show "Show" -> show
  [application <application:application-protocol>] "Of one application"
  [protocol <protocol:ip-protocol>] "Of one protocol"
`,
    );
    const help = (line: string) =>
      shows.candidates(line).rows.map(({ text, help, value }) => [text, help, value?.expects]);
    const number = ['<protocol>', 'Numeric protocol value', '0..255'];
    expect(help('show protocol u')).toEqual([['udp', 'User Datagram Protocol', undefined]]);
    expect(help('show protocol 1')).toEqual([number]);
    expect(help('show protocol ').at(-1)).toEqual(number);
    expect(help('show application rs')).toEqual([['rsh', 'Remote Shell', undefined]]);
    expect(help('show application ')).not.toContainEqual(
      expect.arrayContaining(['Of one application']) as unknown,
    );
  });

  test(`list numbers by their size, and no more than LIVE_VALUES_MAX values, which is said`, () => {
    const all = terminal.candidates('show sessions id ');
    expect(all.more).toBe(true);
    expect(all.rows).toHaveLength(LIVE_VALUES_MAX + 1);
    expect(all.rows.at(-1)?.text).toBe('<id>');
    const texts = all.rows.slice(0, -1).map(({ text }) => Number(text));
    expect(texts).toEqual(texts.toSorted((a, b) => a - b));
    expect(terminal.candidates('show sessions vrf ').more).toBe(false);
  });

  test('list numbers before other texts', () => {
    expect(terminal.offered('show sessions name ')).toEqual(['20', '100', 'b', '<name>']);
  });

  test('have values in quotes that need them, from their beginning on', () => {
    expect(terminal.offered('show sessions key ')).toEqual(['"two words"', 'plain', '<key>']);
    expect(terminal.offered('show sessions key t')).toEqual(['<key>']);
  });

  test('list aliases only where nothing else is meant', () => {
    expect(terminal.offered('show ')).not.toContain('release');
    expect(terminal.offered('show r')).toEqual(['release']);
    expect(terminal.match('show r').handler).toBe('show-version');
  });

  test.each<[line: string, offered: string[]]>([
    ['', ['display']],
    ['disp', ['display']],
    ['display', ['display']],
    ['display-', ['display-xml']],
    ['disp ', ['json', 'xml']],
    ['display-xml ', ['verbose']],
    ['x', ['xsl']],
    ['xs ', ['json', 'xml']],
  ])('let words of others stand back: %j', (line, offered) => {
    const pipes = new Terminal(
      'display "D"\n  json "J" -> j\n  xml "X" -> x\ndisplay-xml "X" foreign -> x\n  verbose "V" -> x\nxsl => display',
    );
    expect(pipes.offered(line)).toEqual(offered);
  });

  test('behind an ambiguous word, all that its meanings allow, each once', () => {
    const two = new Terminal(
      'set "Set"\n  a "A" -> x\n  b "B" -> x\nshow "Show"\n  b "B" -> x\n  c "C" -> x',
    );
    expect(two.offered('s ')).toEqual(['a', 'b', 'c']);
  });

  test('of one word with several meanings the first is told', () => {
    const two = new Terminal('set "Set"\n  b "First" -> x\nshow "Show"\n  b "Second" -> x');
    expect(two.candidates('s ').rows.map(({ help }) => help)).toEqual(['First']);
  });

  test('nobody is asked for a word of others where nothing else follows', () => {
    const others = new Terminal('display "D" -> d\n  xml "X" foreign -> x');
    expect(others.offered('display ')).toEqual([]);
    expect(others.offered('display x')).toEqual(['xml']);
  });

  test('commands have no markers', () => {
    expect(terminal.candidates('').rows.map(({ marker }) => marker)).toEqual(['', '']);
  });
});

test('rows of another source stand among the others, words before values', () => {
  const found = terminal.candidates('show sessions vrf ');
  expect(withRows(found, [])).toBe(found);
  const own = { text: 'cyan', help: 'mine', literal: true, marker: '', own: true } as const;
  expect(withRows(found, [own])).toMatchObject({
    rows: [{ text: 'blue' }, { text: 'cyan' }, { text: 'default' }, { text: '<vrf>' }],
    more: false,
    mayEnd: false,
  });
});
