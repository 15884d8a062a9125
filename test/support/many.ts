/** How many values a test takes that needs more than the usual hundred; `MANY` is the most that any takes (docs/mutation.md). */
export const many = (count: number): number => Math.min(count, Number(process.env['MANY'] ?? count));
