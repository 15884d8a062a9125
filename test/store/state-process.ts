/** A second process for the tests: owns a state directory, or appends revisions to it until it is killed. */
import { StoreError } from '../../src/store/database.ts';
import { openState } from '../../src/store/state-directory.ts';

const [directory = '', task] = process.argv.slice(2);

/** One line for the test, written before the next statement runs. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  const { revisions } = openState(directory);
  say('owner');
  if (task === 'append') {
    for (let count = 1; ; count++) {
      const number = revisions.append({
        wallNanos: BigInt(count),
        user: 'writer',
        via: 'cli',
        comment: undefined,
        text: String(count).repeat(5000),
      });
      say(String(number));
    }
  }
  // Owns the directory until it is killed.
  process.stdin.resume();
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  say(error.problem.code);
}
