/** The candidate: what edits change, and what they may not. */
import { describe, expect, test } from 'vitest';
import { Candidate } from '../../src/config/candidate.ts';
import { EditError } from '../../src/config/edit-error.ts';
import { setLines } from '../../src/config/text.ts';
import { EMPTY_TREE, type ConfigTree } from '../../src/config/tree.ts';
import { kinds, statementsOf, treeOf } from '../support/configuration.ts';
import { testSecrets } from '../support/secrets.ts';

const all = () => true;
const lines = ({ tree }: Candidate) => [...setLines(kinds, tree)];
const set = (candidate: Candidate, line: string, can: (privilege: string) => boolean = all) =>
  candidate.set(statementsOf(line, kinds), can);
const remove = (candidate: Candidate, line: string, can: (privilege: string) => boolean = all) =>
  candidate.delete(statementsOf(line, kinds), can);

function candidateOf(...running: string[]): Candidate {
  const tree = treeOf(running, kinds);
  return new Candidate(kinds, testSecrets, () => tree);
}

test('begins as the configuration in force, and has changed when it differs', () => {
  const candidate = candidateOf('server port 1');
  expect(lines(candidate)).toEqual(['set server port 1']);
  expect(candidate.changed).toBe(false);
  set(candidate, 'set server port 2');
  expect(candidate.changed).toBe(true);
  set(candidate, 'set server port 1');
  expect(candidate.changed).toBe(false);
});

test('all statements of a line are made, or none', () => {
  const candidate = candidateOf('server modes [ none some ]');
  expect(() => remove(candidate, 'delete server modes [ none all ]')).toThrow(EditError);
  expect(lines(candidate)).toEqual(['set server modes none', 'set server modes some']);
  remove(candidate, 'delete server modes [ none some ]');
  expect(lines(candidate)).toEqual(['set server']);
  const withoutSecret = (privilege: string) => privilege !== 'secret';
  expect(() => set(candidate, 'set system banner x secret y', withoutSecret)).toThrow(EditError);
  expect(lines(candidate)).toEqual(['set server']);
});

describe('an edit that cannot be made says why, and where', () => {
  test.each([
    ['delete server port', [], 'no-such-statement', 'server port'],
    ['delete server client b', [], 'no-such-statement', 'server client b'],
    ['delete server', ['control'], 'forbidden', 'server'],
  ] as const)('%s', (line, missing, code, path) => {
    const candidate = candidateOf('server client a');
    const can = (privilege: string) => !(missing as readonly string[]).includes(privilege);
    expect(() => remove(candidate, line, can)).toThrow(
      expect.objectContaining({ code, path: path.split(' ') }),
    );
    expect(lines(candidate)).toEqual(['set server client a']);
  });
});

test('settles where what was edited is in force, or nothing was; other edits go on', () => {
  let running: ConfigTree = treeOf(['server port 1'], kinds);
  const candidate = new Candidate(kinds, testSecrets, () => running);
  set(candidate, 'set server port 2');
  running = treeOf(['server port 2'], kinds);
  candidate.settle();
  expect([candidate.base, candidate.tree]).toEqual([running, running]);
  running = treeOf(['server port 3'], kinds);
  candidate.settle();
  expect(candidate.tree).toBe(running);
  const before = running;
  set(candidate, 'set server debug');
  running = treeOf(['server port 4'], kinds);
  candidate.settle();
  expect(candidate.base).toBe(before);
  expect(lines(candidate)).toEqual(['set server debug', 'set server port 3']);
});

test('what marks nothing is told with its path', () => {
  const mark = (line: string) => () =>
    candidateOf('server modes none').mark(statementsOf(line, kinds), { inactive: true }, all);
  const path = (words: string) => expect.objectContaining({ path: words.split(' ') }) as unknown;
  expect(mark('deactivate server debug')).toThrow(path('server debug'));
  expect(mark('deactivate server modes all')).toThrow(path('server modes all'));
});

test('an edit that was refused says so in one line', () => {
  expect(new EditError('exists', ['server', 'port'])).toMatchObject({
    name: 'EditError',
    message: 'exists: server port',
    details: {},
  });
});

describe('rollback', () => {
  test('starts edits anew from what is in force now', () => {
    let running: ConfigTree = treeOf(['server port 1'], kinds);
    const candidate = new Candidate(kinds, testSecrets, () => running);
    set(candidate, 'set server debug');
    running = treeOf(['server port 2'], kinds);
    candidate.replace(running, all);
    expect(candidate.changed).toBe(false);
    expect(candidate.base).toBe(running);
  });

  test('to what somebody may not set is refused, and changes nothing', () => {
    const candidate = candidateOf('server port 1');
    expect(() => candidate.replace(EMPTY_TREE, (privilege) => privilege === 'system')).toThrow(EditError);
    expect(lines(candidate)).toEqual(['set server port 1']);
  });
});

test('reset drops all edits', () => {
  const candidate = candidateOf('server port 1');
  set(candidate, 'set server debug');
  candidate.reset(candidate.base);
  expect(candidate.changed).toBe(false);
  expect(lines(candidate)).toEqual(['set server port 1']);
});
