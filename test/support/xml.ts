/** XML read back by a strict parser that is not ours. */
import { SaxesParser } from 'saxes';

/** An element by the names of those in it; or its text, '' of an empty one. Several of a name are an array. */
export type Element = string | { readonly [name: string]: Element | readonly Element[] };

/** What stands in an element that is being read. */
interface Open {
  text: string;
  readonly elements: Record<string, Element | Element[]>;
}

/** The elements of a document. Throws where it is not well formed (XML 1.0). */
export function parseXml(document: string): Record<string, Element | readonly Element[]> {
  const parser = new SaxesParser();
  const open: Open[] = [{ text: '', elements: {} }];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', () => open.push({ text: '', elements: {} }));
  parser.on('text', (text) => (open.at(-1)!.text += text));
  parser.on('closetag', ({ name }) => {
    const { text, elements } = open.pop()!;
    add(open.at(-1)!.elements, name, Object.keys(elements).length === 0 ? text : elements);
  });
  parser.write(document).close();
  return open[0]!.elements;
}

/** The white space of the layout, which stands only in elements with others in them, is left out. */
function add(elements: Open['elements'], name: string, element: Element): void {
  const others = elements[name];
  if (others === undefined) elements[name] = element;
  else if (Array.isArray(others)) others.push(element);
  else elements[name] = [others, element];
}
