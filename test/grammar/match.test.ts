/** What typed words mean: prefixes, exact words, aliases, values, options, trees. */
import { describe, expect, test } from 'vitest';
import { readGrammar } from '../../src/grammar/notation.ts';
import { Terminal, configurationMode } from '../support/grammar.ts';

const operational = new Terminal(`
clear "Clear" -> clear
exit "Leave" -> exit
quit => exit
show "Show"
  interfaces "Interfaces" -> show-interfaces
    <name:name(20) interfaces> "Interface" -> show-interface
      [terse] "Terse"
    [terse] "Terse"
  services "Services"
    service-sets "Service sets" -> show-service-sets
    sessions "Sessions" -> show-sessions
      [level: brief] "Brief"
      [level: extensive] "Extensive"
      [limit <limit:1..100>] "Limit" = 10
      [protocol <protocol:tcp|udp>] "Protocol"
      proto-col => protocol
  service "One service"
    restart "Restart" -> restart
  version "Version" -> show-version
shutdown => clear
`);

describe('words', () => {
  test.each([
    ['show version', 'show-version'],
    ['sh ver', 'show-version'],
    ['sh v', 'show-version'],
    ['sh serv sess', 'show-sessions'],
    ['show services service-sets', 'show-service-sets'],
    ['cl', 'clear'],
  ])('%s: a prefix is enough where it is unique', (line, handler) => {
    expect(operational.match(line).handler).toBe(handler);
  });

  test('a prefix of several words means the one with which the whole line has a meaning', () => {
    expect(operational.match('show serv res').handler).toBe('restart');
    expect(operational.match('show serv ses').handler).toBe('show-sessions');
  });

  test('an exact word is meant alone, even where longer ones begin with it', () => {
    expect(operational.match('show service restart').handler).toBe('restart');
    expect(operational.problem('show service sessions')).toMatchObject({
      code: 'unknown-word',
      word: 'sessions',
    });
  });

  test('a line is ambiguous at the first word that several meanings take differently', () => {
    expect(operational.problem('show serv')).toMatchObject({
      code: 'ambiguous-word',
      word: 'serv',
      start: 5,
      end: 9,
      possible: [{ word: 'services' }, { word: 'service' }],
    });
    expect(operational.problem('show services se')).toMatchObject({
      code: 'ambiguous-word',
      word: 'se',
      start: 14,
    });
  });

  test('a word that no meaning takes leaves the ambiguity before it', () => {
    expect(operational.problem('show serv nonsense')).toMatchObject({ code: 'ambiguous-word', word: 'serv' });
  });

  test('a meaning that more words would have to follow is one like the others', () => {
    const terminal = new Terminal('clear "C"\n  all "A" -> clear\nconfigure "C" -> configure');
    expect(terminal.problem('c')).toMatchObject({
      code: 'ambiguous-word',
      possible: [{ word: 'clear' }, { word: 'configure' }],
    });
    expect(terminal.match('co').handler).toBe('configure');
    expect(terminal.match('c a').handler).toBe('clear');
  });

  test('a quoted word is no keyword', () => {
    expect(operational.problem('"show" version')).toMatchObject({
      code: 'unknown-word',
      word: 'show',
      start: 0,
      end: 6,
    });
    expect(operational.problem('show ""')).toMatchObject({ code: 'unknown-word', word: '' });
  });

  test('words are told apart by case', () => {
    expect(operational.problem('SHOW version').code).toBe('unknown-word');
  });
});

describe('aliases', () => {
  test('mean their target', () => {
    expect(operational.match('quit').handler).toBe('exit');
    expect(operational.match('q').handler).toBe('exit');
    expect(operational.match('shutdown').handler).toBe('clear');
    expect(operational.match('show services sessions proto-col tcp').args).toMatchObject({ protocol: 'tcp' });
  });

  test('never make a canonical prefix ambiguous', () => {
    expect(operational.match('sh v').handler).toBe('show-version');
    expect(operational.match('show services sessions pro udp').args).toMatchObject({ protocol: 'udp' });
  });

  test('count only where no canonical reading of the whole line is left', () => {
    expect(operational.match('sh').handler).toBe('clear');
    expect(operational.problem('sh x')).toMatchObject({ code: 'unknown-word', word: 'x' });
  });

  test('do not win by being typed whole', () => {
    const terminal = new Terminal('show "S" -> show\nclear "C" -> clear\nsho => clear');
    expect(terminal.match('sho').handler).toBe('show');
  });

  test('that would end the line do not hide what is ambiguous when another word follows', () => {
    const terminal = new Terminal(
      'set "S"\n  a "A" -> x\nshow "S"\n  b "B" -> y\nexit "E" -> exit\ns-off => exit',
    );
    expect(terminal.match('s').handler).toBe('exit');
    expect(terminal.problem('s nonsense')).toMatchObject({ code: 'ambiguous-word', word: 's' });
  });

  test('with a verb are meant before a path without one', () => {
    const configuration = configurationMode('super-user');
    const saying = (...path: string[]) => ({ statements: [{ path }] });
    for (const line of ['se serv t', 'set serv t', 'set services t', 'set services twamp']) {
      expect(configuration.match(line), line).toMatchObject({
        handler: 'set',
        args: saying('services', 'rpm', 'twamp', 'server'),
      });
    }
    // The system's name, though services service-set begins so, too.
    expect(configuration.match('s s n source-prefix').args).toMatchObject({
      statements: [{ path: ['system', 'host-name'], value: 'source-prefix' }],
    });
    expect(configuration.candidates('s s n ').rows).toMatchObject([{ text: '<name>' }]);
    expect(configuration.match('services service-set t')).toMatchObject({
      handler: 'enter',
      args: saying('services', 'service-set', 't'),
    });
  });

  test('an exact alias is not ambiguous with longer ones', () => {
    const terminal = new Terminal('a "A" -> a\nb "B" -> b\nleave => a\nleave-now => b');
    expect(terminal.match('leave').handler).toBe('a');
    expect(terminal.match('leave-').handler).toBe('b');
    expect(terminal.problem('le')).toMatchObject({
      code: 'ambiguous-word',
      possible: [{ word: 'leave' }, { word: 'leave-now' }],
    });
  });

  test('that merely begin with an exact word are not meant by it', () => {
    const terminal = new Terminal('a "A" -> a\nb "B" -> b\n  [now] "Now"\na-while => b');
    expect(terminal.match('a-').handler).toBe('b');
    expect(terminal.problem('a now')).toMatchObject({ code: 'unknown-word', word: 'now' });
  });

  test('two spellings of one word are not ambiguous', () => {
    const terminal = new Terminal('max-age "A" -> a\nmaximum-age => max-age\nmaximal-age => max-age');
    expect(terminal.match('max').handler).toBe('a');
    expect(terminal.match('maxim').handler).toBe('a');
  });
});

describe('values', () => {
  test('stand where no word does', () => {
    expect(operational.match('show interfaces ge-0').args).toEqual({ name: 'ge-0' });
  });

  test('a word is meant before a value, which may be quoted', () => {
    expect(operational.match('show interfaces ter')).toEqual({
      handler: 'show-interfaces',
      args: { terse: true },
    });
    expect(operational.match('show interfaces "ter"')).toEqual({
      handler: 'show-interface',
      args: { name: 'ter' },
    });
    expect(operational.match('show interfaces "terse" terse').args).toEqual({ name: 'terse', terse: true });
  });

  test('of several kinds, the first that takes the text is meant', () => {
    const terminal = new Terminal('show "Show"\n  <id:1..9> "Id" -> by-id\n  <name:text> "Name" -> by-name');
    expect(terminal.match('show 5')).toEqual({ handler: 'by-id', args: { id: 5 } });
    expect(terminal.match('show 50')).toEqual({ handler: 'by-name', args: { name: '50' } });
  });

  test('of several words, each is said with those before it, and with no others', () => {
    const terminal = new Terminal(
      'help "Help"\n  <topic:name(9)> "Topic"\n    <words:text>* "Words" -> help',
    );
    expect(terminal.match('help a b')).toEqual({ handler: 'help', args: { topic: 'a', words: 'b' } });
    expect(terminal.match('help a b "c d" e').args).toEqual({ topic: 'a', words: 'b c d e' });
    expect(terminal.problem('help a')).toMatchObject({ code: 'incomplete' });
    expect(terminal.offered('help a b ')).toEqual(['<words>']);
  });

  test('may belong to a word', () => {
    const terminal = new Terminal('length <lines:0..100> "Lines" -> set-length\n  [now] "Now"');
    expect(terminal.match('len 24 now')).toEqual({ handler: 'set-length', args: { lines: 24, now: true } });
    expect(terminal.problem('length')).toMatchObject({ code: 'incomplete' });
  });
});

describe('options', () => {
  const args = (rest: string) => operational.match(`show services sessions ${rest}`).args;
  const problem = (rest: string) => operational.problem(`show services sessions ${rest}`);

  test.each([
    ['', { limit: 10 }],
    ['limit 5', { limit: 5 }],
    ['brief protocol tcp limit 5', { level: 'brief', protocol: 'tcp', limit: 5 }],
    ['limit 5 protocol t ext', { level: 'extensive', protocol: 'tcp', limit: 5 }],
    ['protocol udp', { protocol: 'udp', limit: 10 }],
  ])('in any order, with defaults for the rest: %s', (rest, expected) => {
    expect(args(rest)).toEqual(expected);
  });

  test.each([
    ['limit 5 limit 6', 'limit', 31],
    ['brief b', 'b', 29],
    ['limit 5 brief lim 6', 'lim', 37],
  ])('at most once: %s', (rest, word, start) => {
    expect(problem(rest)).toMatchObject({ code: 'repeated-word', word, start });
  });

  test('what is empty repeats none', () => {
    expect(problem('limit 5 ""')).toMatchObject({ code: 'unknown-word', word: '' });
  });

  test('only one of a group', () => {
    expect(problem('brief extensive')).toMatchObject({ code: 'unknown-word', word: 'extensive' });
  });

  test('come last, so that none is given to a command it is not for', () => {
    expect(operational.problem('show interfaces terse ge-0')).toMatchObject({
      code: 'unknown-word',
      word: 'ge-0',
    });
  });

  test('need their value, within its range', () => {
    expect(problem('limit')).toMatchObject({ code: 'incomplete', expected: [{ slot: { name: 'limit' } }] });
    expect(problem('limit 101')).toMatchObject({
      code: 'invalid-value',
      word: '101',
      name: 'limit',
      expected: '1..100',
    });
    expect(problem('protocol icmp')).toMatchObject({ code: 'invalid-value', expected: 'tcp, udp' });
  });
});

describe('beside words, the one value that may follow', () => {
  const beside = new Terminal(`
confirmed "Confirmed" -> confirmed
  [and-quit] "Quit"
  <minutes:1..65535> "Minutes" -> confirmed
ping "Ping"
  <host:name(9)> "Host" -> ping
  <count:1..9> "Count" -> ping
  [brief] "Brief"
`);

  test.each(['0', '65536', '-1', '5m'])('says what it takes where %s can only be meant for it', (word) => {
    expect(beside.problem(`confirmed ${word}`)).toMatchObject({
      code: 'invalid-value',
      word,
      name: 'minutes',
      expected: '1..65535',
    });
  });

  test('does not speak for a word, nor after it was given, nor for one of several', () => {
    for (const line of ['confirmed and-qiut', 'confirmed 5 0', 'ping 1234567890'])
      expect(beside.problem(line)).toMatchObject({ code: 'unknown-word' });
  });
});

describe('a line that ends too early', () => {
  test('says where, and what could follow', () => {
    expect(operational.problem('show services')).toMatchObject({
      code: 'incomplete',
      start: 13,
      expected: [{ word: 'service-sets' }, { word: 'sessions' }],
    });
  });
});

test('words too short to follow all their meanings are ambiguous, at once', () => {
  const options = Array.from({ length: 60 }, (_, index) => `  [x${index} <v${index}:1..9>] "X"`).join('\n');
  const terminal = new Terminal(`show "Show" -> show\n${options}`);
  expect(terminal.problem(`show ${'x 1 '.repeat(40)}`)).toMatchObject({
    code: 'ambiguous-word',
    word: 'x',
    start: 5,
  });
  expect(terminal.offered(`show ${'x 1 '.repeat(40)}`)).toEqual([]);
  expect(terminal.match('show x59 1 x58 2').args).toEqual({ v59: 1, v58: 2 });
});

test('as many meanings are followed as there may be, and no more', () => {
  const offered = (count: number) => {
    const options = Array.from({ length: count }, (_, index) => `  [x${index} <v:1..9>] "X"`).join('\n');
    return new Terminal(`show "Show" -> show\n${options}`).offered('show x ');
  };
  expect(offered(256)).toEqual(['<v>']);
  expect(offered(257)).toEqual([]);
});

describe('another tree of commands', () => {
  const run = new Terminal('run "Run"\n  {operational:command}\nshow "Show candidate" -> show-candidate', {
    trees: { operational: { node: operational.root, path: [] } },
  });

  test('continues behind the word that leads there, as it would by itself', () => {
    expect(run.match('run sh serv sess limit 5')).toEqual({ handler: 'show-sessions', args: { limit: 5 } });
    expect(run.match('run sh serv sess')).toEqual(operational.match('sh serv sess'));
    expect(run.match('show').handler).toBe('show-candidate');
    expect(run.problem('run')).toMatchObject({ code: 'incomplete' });
    expect(run.problem('run show nothing')).toMatchObject({ code: 'unknown-word', word: 'nothing' });
  });
});

test('a grammar may be continued from several places', () => {
  const tree = readGrammar('port <port:1..9> "Port"', 'tree.cli');
  const terminal = new Terminal('set "Set"\n  {t:set} -> set\nshow "Show" -> show\n  {t:show} -> show', {
    trees: { t: { node: tree, path: [] } },
  });
  expect(terminal.match('set port 5').args).toEqual({ statements: [{ path: ['port'], value: 5 }] });
  expect(terminal.match('show port').args).toEqual({ statements: [{ path: ['port'], value: undefined }] });
  expect(terminal.match('show').args).toEqual({});
});
