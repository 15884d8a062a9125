/** Secrets: how they are stored, where they may be opened, and who sees what of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Candidate } from '../../src/config/candidate.ts';
import type { EditError } from '../../src/config/edit-error.ts';
import { visibleTree } from '../../src/config/privileges.ts';
import { Secrets } from '../../src/config/secrets.ts';
import { archived, bracesLines, fromArchive, setLines } from '../../src/config/text.ts';
import { EMPTY_TREE, getAt } from '../../src/config/tree.ts';
import { SEALED_PREFIX } from '../../src/grammar/secret.ts';
import { statementsOf } from '../support/configuration.ts';
import { configurationMode, grammars } from '../support/grammar.ts';
import { testSecrets } from '../support/secrets.ts';

const { schema } = grammars;
const CHAIN = 'services rpm twamp client authentication-key-chain';
const PATH = `${CHAIN} one key-id ada secret`.split(' ');
const all = () => true;

function candidateWith(...lines: string[]): Candidate {
  const candidate = new Candidate(schema, testSecrets, () => EMPTY_TREE);
  for (const line of lines) candidate.set(statementsOf(`set ${line}`), all);
  return candidate;
}

const stored = (candidate: Candidate): string => getAt(candidate.tree, PATH) as string;

describe('a sealed secret', () => {
  test('opens at its own path, with its own key, and nowhere else', () => {
    const otherKey = new Secrets(new Uint8Array(32).fill(1));
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (secret) => {
        const sealed = testSecrets.seal(PATH, secret);
        expect(sealed.startsWith(SEALED_PREFIX)).toBe(true);
        expect(testSecrets.open(PATH, sealed)).toBe(secret);
        expect(testSecrets.open([...PATH, 'x'], sealed)).toBeUndefined();
        expect(testSecrets.open([PATH.join(' ')], sealed)).toBeUndefined();
        expect(otherKey.open(PATH, sealed)).toBeUndefined();
      }),
    );
  });

  test('of an earlier version opens', () => {
    const sealed = '$dn1$YZ9X45ibSjAR_dczAkmlyCrUvi5njEe5iil2sJuh55c3uOo';
    const secrets = new Secrets(new Uint8Array(32));
    expect(secrets.open(PATH, sealed)).toBe('hunter2');
    expect(secrets.seal(PATH, 'hunter2')).toBe(sealed);
  });

  test('is none where no value is said', () => {
    const statement = { path: PATH, value: undefined };
    expect(testSecrets.sealed(schema, statement)).toBe(statement);
  });

  test('may be empty', () => {
    expect(testSecrets.open(PATH, testSecrets.seal(PATH, ''))).toBe('');
  });

  test('does not open when any of its characters is changed or missing', () => {
    const sealed = testSecrets.seal(PATH, 'three letters');
    for (let at = SEALED_PREFIX.length; at < sealed.length - 1; at += 1) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      expect(testSecrets.open(PATH, sealed.slice(0, at) + other + sealed.slice(at + 1))).toBeUndefined();
      expect(testSecrets.open(PATH, sealed.slice(0, at))).toBeUndefined();
    }
  });
});

describe('a candidate', () => {
  test('holds no secret as it was typed, and the same secret again is no change', () => {
    const candidate = candidateWith(`${CHAIN} one key-id ada secret hunter2`);
    expect(archived(candidate.tree)).not.toContain('hunter2');
    expect(testSecrets.open(PATH, stored(candidate))).toBe('hunter2');
    const before = stored(candidate);
    candidate.set(statementsOf(`set ${CHAIN} one key-id ada secret hunter2`), all);
    expect(stored(candidate)).toBe(before);
    candidate.set(statementsOf(`set ${CHAIN} one key-id ada secret hunter3`), all);
    expect(stored(candidate)).not.toBe(before);
  });

  test('takes what it shows back at the same place, and at no other', () => {
    const candidate = candidateWith(`${CHAIN} one key-id ada secret hunter2`);
    const [line] = [...setLines(schema, candidate.tree)];
    expect(stored(candidateWith(line!.slice('set '.length)))).toBe(stored(candidate));
    expect(fromArchive(schema, archived(candidate.tree))).toEqual(candidate.tree);
    expect(() => candidateWith(`${CHAIN} one key-id bob secret ${stored(candidate)}`)).toThrow(
      expect.objectContaining({ code: 'foreign-secret' } satisfies Partial<EditError>),
    );
  });

  test('loses a secret that is deleted with its value', () => {
    const candidate = candidateWith(`${CHAIN} one key-id ada secret hunter2`);
    candidate.delete(statementsOf(`delete ${CHAIN} one key-id ada secret hunter2`), all);
    expect(getAt(candidate.tree, PATH)).toBeUndefined();
  });
});

describe('who may see', () => {
  const { tree } = candidateWith(`${CHAIN} one key-id ada secret hunter2`);
  const lastLines = (can: (privilege: string) => boolean): string[] =>
    [...bracesLines(schema, visibleTree(schema, tree, can))].filter((line) => line.includes('secret'));

  test('the statement alone sees none where there is none', () => {
    const { tree: without } = candidateWith(`${CHAIN} one key-id ada`);
    expect(visibleTree(schema, without, (privilege) => privilege !== 'secret')).toEqual(without);
  });

  test('secrets sees them sealed', () => {
    expect(lastLines(all)).toEqual([expect.stringMatching(/^ +secret \$dn1\$[\w-]+; ## SECRET-DATA$/)]);
  });

  test('the statement alone sees that there is one', () => {
    const can = (privilege: string): boolean => privilege !== 'secret';
    expect(lastLines(can).map((line) => line.trim())).toEqual(['secret /* SECRET-DATA */; ## SECRET-DATA']);
    expect([...setLines(schema, visibleTree(schema, tree, can))].join()).toContain(
      'secret /* SECRET-DATA */',
    );
    const typed = configurationMode().problem(`set ${CHAIN} one key-id ada secret "/* SECRET-DATA */"`);
    expect(typed).toMatchObject({ code: 'invalid-value' });
  });
});
