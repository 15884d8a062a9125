/** `wildcard delete`: for whom, and what becomes of it when others edit, or nobody can be asked. */
import { expect, it } from 'vitest';
import { openShell, run, runAll, SilentContact, startRouter } from '../support/router.ts';

const LIST = 'services rpm twamp server client-list';

class Answering extends SilentContact {
  meanwhile = (): Promise<unknown> => Promise.resolve();

  override async ask(question: string): Promise<string> {
    this.asked.push(question);
    await this.meanwhile();
    return 'yes';
  }
}

it('deletes nothing where nobody can be asked', async () => {
  const shell = await openShell(await startRouter());
  await runAll(shell, 'configure', `set ${LIST} lab1`, `set ${LIST} lab2`);
  const { text, outcome } = await run(shell, `wildcard delete ${LIST} lab`);
  expect(text).toBe('  matched: lab1\n  matched: lab2\n');
  expect(outcome).toMatchObject({
    text: 'ERROR: Nothing was deleted: name what is to be deleted, or say so at a terminal.',
  });
  expect(await runAll(shell, 'show | display set | count')).toBe('lines: 2\n');
});

it('is for those who may change the statement', async () => {
  const shell = await openShell(await startRouter(), { privileges: new Set(['configure', 'viewer']) });
  await runAll(shell, 'configure');
  expect((await run(shell, `wildcard delete ${LIST} lab`)).outcome).toMatchObject({
    text: "ERROR: Unknown word: 'services'.",
  });
});

it('deletes all that was shown, or nothing when others were faster', async () => {
  const test = await startRouter();
  const contact = new Answering();
  const shell = await openShell(test, { contact, candidate: 'shared' });
  const other = await openShell(test, { user: 'eve', candidate: 'shared' });
  await runAll(other, 'configure', `set ${LIST} lab1`, `set ${LIST} lab2`, `set ${LIST} office`);
  await runAll(shell, 'configure');
  contact.meanwhile = () => runAll(other, `delete ${LIST} lab2`);
  expect((await run(shell, `wildcard delete ${LIST} lab`)).outcome).toMatchObject({
    text: `ERROR: There is no statement '${LIST} lab2' to delete.`,
  });
  contact.meanwhile = () => Promise.resolve();
  expect(await runAll(shell, `wildcard delete ${LIST} '.*'`.replaceAll("'", '"'))).toBe(
    '  matched: lab1\n  matched: office\n',
  );
  expect(contact.asked.at(-1)).toBe('Delete 2 objects? [yes,no] (no) ');
  expect(await runAll(shell, 'show')).not.toContain('client-list');
});
