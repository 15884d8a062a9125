/** Lines of a stream, one at a time, however it is cut into chunks. */

/**
 * Lines without their line feed; a last line without one counts. A line longer than `charactersMax` is given up to that
 * length plus one, as soon as it is that long, so that the reader can refuse it, and the rest of it is dropped.
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  charactersMax: number,
): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let open = '';
  // The line has been given, and what is left of it is dropped.
  let given = false;
  const add = (text: string): void => {
    if (!given) open += text.slice(0, charactersMax + 1 - open.length);
  };
  const take = (): string => {
    const line = open;
    open = '';
    return line;
  };
  for await (const chunk of stream) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        if (!given) yield take();
        given = false;
      }
      add(piece);
      if (open.length > charactersMax) {
        given = true;
        yield take();
      }
    }
  }
  // What is left of a character that was cut off.
  add(decoder.decode());
  if (open !== '') yield open;
}
