/** `scripts/simulate`: worlds of whole routers, seed after seed (docs/testing.md). */
import { parseArgs } from 'node:util';
import { huntMutants } from './mutants.ts';
import { simulateSeeds } from './seeds.ts';

const USAGE = `usage: scripts/simulate [SEED] [--seeds N] [--minutes M] [--trace]
  SEED       the first seed; 1 unless given
  --seeds    how many; 1 where a seed is given, else as many as the time allows
  --minutes  no seed is begun after that time
  --trace    print all that happened in each world
  --mutants  break the product in the ways of mutants.ts, and see each found; in place of SEED, words of some`;

async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      seeds: { type: 'string' },
      minutes: { type: 'string' },
      trace: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [first = '1'] = positionals;
  const { seeds, minutes } = values;
  const numbers = [values.mutants ? '1' : first, seeds ?? '1', minutes ?? '1'].map(Number);
  if (values.help || positionals.length > 1 || numbers.some((number) => !(number >= 0))) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  if (values.mutants) return huntMutants(positionals[0] ?? '', (text) => process.stdout.write(`${text}\n`));
  const isOne = positionals.length === 1 && minutes === undefined;
  const result = await simulateSeeds({
    first: Number(first),
    count: seeds === undefined ? (isOne ? 1 : Infinity) : Number(seeds),
    seconds: minutes === undefined ? Infinity : Number(minutes) * 60,
    trace: values.trace,
    print: (text) => process.stdout.write(`${text}\n`),
    ...(process.stderr.isTTY && { progress: (done) => process.stderr.write(`\r${done}`) }),
  });
  return result.failed === undefined ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
