/** Reads XML in the manner of Junos, as `| display xml` writes it. */
import { SaxesParser } from 'saxes';
import { readElements, withinConfiguration, type Element } from './elements.ts';
import type { ReadingParts, Said } from './said.ts';

/** In UTF-16 units: after so much others may have their turn. */
const PIECE_LENGTH = 65_536;

interface Draft {
  readonly name: string;
  readonly line: number;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
  readonly children: Element[];
}

export function* readXml(text: string, parts: ReadingParts): Iterable<Said | undefined> {
  const elements = yield* documentOf(text, parts);
  yield* readElements(withinConfiguration(elements), parts.place, parts);
}

function* documentOf(
  text: string,
  { faults, limits }: ReadingParts,
): Generator<undefined, readonly Element[]> {
  const parser = new SaxesParser();
  const root: Draft = { name: '', line: 0, attributes: {}, text: '', children: [] };
  const open = [root];
  const wrong = (problem: string): never => faults.end(parser.line, 'not-xml', [], { problem });
  parser.on('error', (error) => wrong(error.message.replace(/^\d+:\d+: /, '').replace(/\.$/, '')));
  // Entities of its own are nothing that a configuration needs.
  parser.on('doctype', () => wrong('a document type is not taken'));
  parser.on('opentag', ({ name, attributes }) => {
    // The elements around a configuration are two.
    if (open.length > limits.depth + 2) faults.end(parser.line, 'too-deep', [], { maximum: limits.depth });
    open.push({ name, line: parser.line, attributes, text: '', children: [] });
  });
  const add = (more: string): void => {
    open.at(-1)!.text += more;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => {
    const { text: said, ...element } = open.pop()!;
    if (element.children.length > 0 && said.trim() !== '') wrong('text beside elements');
    const hasText = element.children.length === 0 && said !== '';
    open.at(-1)!.children.push({ ...element, text: hasText ? said : undefined });
  });
  for (let start = 0; start < text.length; start += PIECE_LENGTH) {
    parser.write(text.slice(start, start + PIECE_LENGTH));
    yield;
  }
  parser.close();
  return root.children;
}
