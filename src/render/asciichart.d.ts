/** The package brings no types; delay-graph.ts uses no more of it. */
declare module 'asciichart' {
  export function plot(
    series: readonly number[],
    options: {
      readonly min: number;
      readonly max: number;
      /** Rows above the lowest one. */
      readonly height: number;
      /** Columns before the graph, in which a label of any width counts as one. */
      readonly offset: number;
      readonly symbols: readonly string[];
      readonly format: (value: number) => string;
    },
  ): string;
}
