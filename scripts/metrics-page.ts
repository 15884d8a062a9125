/** The table of docs/metrics.md. */
import { metrics } from '../src/access/metrics/metrics-table.ts';

export function metricsTable(): string {
  const rows = metrics.map(
    ({ name, type, labels = [], help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  return ['| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n');
}
