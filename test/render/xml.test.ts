/** Tests of data as XML text: read back by a parser, whatever they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/render/printable.ts';
import { xml } from '../../src/render/xml.ts';
import { parseXml } from '../support/xml.ts';

const text = (...[data, element]: Parameters<typeof xml>): string =>
  Array.from(xml(data, element), String).join('');

describe('a reply', () => {
  it('is laid out as on Junos', () => {
    const data = {
      'twamp-server-information': {
        connection: [
          { 'connection-id': 9, 'client-address': '12.1.2.50', active: true },
          { 'connection-id': 10, 'client-address': undefined, light: [null] },
        ],
        server: { session: [] },
        totals: {},
      },
    };
    expect(text(data)).toBe(`<rpc-reply>
    <twamp-server-information>
        <connection>
            <connection-id>9</connection-id>
            <client-address>12.1.2.50</client-address>
            <active>true</active>
        </connection>
        <connection>
            <connection-id>10</connection-id>
            <light/>
        </connection>
        <server/>
        <totals/>
    </twamp-server-information>
</rpc-reply>
`);
  });

  it('has an element around data that are not one already', () => {
    const reply = { 'rpc-reply': { table: { a: '1', b: ['x', 'y'] } } };
    expect(parseXml(text({ a: 1, b: ['x', 'y'] }, 'table'))).toEqual(reply);
  });

  it('reads iterables and functions when it comes to them', () => {
    let rows = 0;
    const read = function* (): Iterable<unknown> {
      for (const id of [1, 2]) {
        rows += 1;
        yield { id };
      }
    };
    expect(text({ row: read(), total: () => rows }, 'table')).toContain('<total>2</total>');
  });
});

describe('text', () => {
  const valueOf = (value: string): unknown => {
    const document = parseXml(text({ value })) as { 'rpc-reply': { value: unknown } };
    return document['rpc-reply'].value;
  };

  it.each([
    ['markup', '<a href="x">&amp; \'y\'</a> ]]>'],
    ['a comment', '<!-- no comment --><?no instruction?><![CDATA[ no section ]]>'],
    ['white space', ' a\tb\r\nc\n'],
    ['other scripts', 'Zoë 路由器 🛰'],
    ['controls that XML has', 'a\u007fb\u009bc'],
  ])('with %s comes back', (_, value) => {
    expect(valueOf(value)).toBe(value);
  });

  it.each([
    ['\u0000', '\u001b[2J'],
    ['\u0008', '\ufffe'],
    ['\uffff', '\ud800'],
  ])('%j and %j, which XML cannot say, are replaced', (one, other) => {
    expect(valueOf(`a${one}b${other}`)).toBe(`a\ufffdb\ufffd${other.slice(1)}`);
  });

  it('is one line, and nothing that acts on a terminal', () => {
    const written = text({ value: 'a\nb\u009b2J\u001b[2J' });
    expect(written).toBe(printable(written));
    expect(written.split('\n')).toHaveLength(4);
  });

  it('of any kind is well formed, and comes back if XML can say it', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1 }), (value) => {
        // eslint-disable-next-line no-control-regex
        const unsayable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\ud800-\udfff]/gu;
        expect(valueOf(value)).toBe(value.replace(unsayable, '\ufffd'));
      }),
    );
  });
});
