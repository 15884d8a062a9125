/** Lines of grammar files in a form that takes less time to read than their text: only what says something, as JSON. */
import { blankDraft, type Draft } from './draft.ts';
import type { ValueSlot } from './node.ts';
import { valueType } from './value-types.ts';

/** The lines of one file, and the text that they were read from: of any other text they say nothing. */
export interface CompiledLines {
  readonly source: string;
  readonly lines: readonly CompiledLine[];
}

/** What a line says that is not so by itself; a value type by its name. */
type CompiledLine = Partial<Omit<Draft, 'children' | 'value'>> & {
  readonly line: number;
  readonly value?: Omit<ValueSlot, 'type'> & { readonly type: string };
  readonly children?: readonly CompiledLine[];
};

/** `root` as it was read from `source`: its lines refer to nothing yet. */
export function compiled(source: string, root: Draft): CompiledLines {
  return { source, lines: root.children.map(compiledLine) };
}

function compiledLine({ value, children, ...rest }: Draft): CompiledLine {
  const blank: Readonly<Record<string, unknown>> = { ...blankDraft(rest.line), line: undefined };
  const said = Object.entries(rest).filter(
    ([name, saying]) => JSON.stringify(saying) !== JSON.stringify(blank[name]),
  );
  return {
    ...(Object.fromEntries(said) as typeof rest),
    ...(value && { value: { ...value, type: value.type.name } }),
    ...(children.length > 0 && { children: children.map(compiledLine) }),
  };
}

/** What was compiled, as if it were read. */
export function revived({ lines }: CompiledLines): Draft {
  const root = blankDraft(0);
  root.children = lines.map(revivedLine);
  return root;
}

function revivedLine(compiled: CompiledLine): Draft {
  const { value, children } = compiled;
  const draft = Object.assign(blankDraft(compiled.line), compiled) as Draft;
  draft.value = value && { ...value, type: valueType(value.type)! };
  draft.children = children === undefined ? [] : children.map(revivedLine);
  return draft;
}
