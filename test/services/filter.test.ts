/** Tests of the filter on service sessions: every filter alone, and which must hold together. */
import { describe, expect, test } from 'vitest';
import { SessionFilter, type FilterOptions } from '../../src/services/filter.ts';
import { flow, session } from '../support/service-sessions.ts';

const ftp = session([flow(6, '10.2.2.2:52138', '10.1.1.2:21'), flow(6, '10.1.1.2:21', '10.2.2.2:52138')], {
  interface: 'mams-5/0/0',
  aggregate: 'ams0',
  serviceSet: 'sample',
  alg: 'ftp',
});

const passes = (options: FilterOptions, tested = ftp): boolean => new SessionFilter(options).matches(tested);

describe('each filter', () => {
  test.each<[FilterOptions, FilterOptions]>([
    [{ sourcePort: 52138 }, { sourcePort: 22 }],
    [{ destinationPort: 21 }, { destinationPort: 0 }],
    [{ sourcePrefix: '10.2.0.0/16' }, { sourcePrefix: '10.3.0.0/16' }],
    [{ destinationPrefix: '10.1.1.2' }, { destinationPrefix: '10.1.1.3' }],
    [{ protocol: 6 }, { protocol: 17 }],
    [{ serviceSet: 'sample' }, { serviceSet: 'sampl' }],
    [{ interface: 'mams-5/0/0' }, { interface: 'mams-5/1/0' }],
    [{ interface: 'ams0' }, { interface: 'ams1' }],
    [{ application: 'ftp' }, { application: 'tftp' }],
  ])('%o lets the session pass, %o does not', (passing, stopping) => {
    expect(passes(passing)).toBe(true);
    expect(passes(stopping)).toBe(false);
  });
});

test('no filter lets everything pass', () => {
  expect(passes({})).toBe(true);
});

test('the reply flow finds a session, too', () => {
  expect(passes({ sourcePort: 21 })).toBe(true);
  expect(passes({ sourcePrefix: '10.1.1.2', destinationPort: 52138 })).toBe(true);
});

test('one flow must satisfy all filters on flows', () => {
  expect(passes({ sourcePort: 21, sourcePrefix: '10.2.2.2' })).toBe(false);
  expect(passes({ sourcePort: 21, destinationPort: 21 })).toBe(false);
});

test('a filter on ports does not find a flow without ports', () => {
  const ping = session([flow(1, '10.2.2.2', '10.1.1.2')]);
  expect(passes({ sourcePort: 0 }, ping)).toBe(false);
  expect(passes({ protocol: 1 }, ping)).toBe(true);
});

describe('application-protocol', () => {
  const withAlg = (alg: string, protocol = 17) =>
    session([flow(protocol, '10.0.0.1:1', '10.0.0.2:2')], { alg });

  test.each(['rpc', 'rpc-portmap', 'dce-rpc', 'dce-rpc-portmap'])(
    '[001/application-protocol-rpc] %s',
    (application) => {
      expect(passes({ application }, withAlg('portmapper'))).toBe(true);
      expect(passes({ application }, withAlg('dns'))).toBe(false);
    },
  );

  test.each([
    ['dns', '16'],
    ['ftp', '1'],
    ['rsh', '2'],
    ['talk', '65'],
    ['sqlnet', 'sqlnet'],
    ['sqlnet', 'sql'],
    ['sip', 'SIP'],
    ['tftp', 'tftp'],
    ['traceroute', 'traceroute'],
  ])('%s finds ALG %s', (application, alg) => {
    expect(passes({ application }, withAlg(alg))).toBe(true);
  });

  test.each([
    ['tcp', 6],
    ['udp', 17],
    ['icmp', 1],
  ])('%s finds the sessions of that protocol without ALG', (application, protocol) => {
    expect(passes({ application }, withAlg('0', protocol))).toBe(true);
    expect(passes({ application }, withAlg('none', protocol))).toBe(true);
    expect(passes({ application }, withAlg('dns', protocol))).toBe(false);
    expect(passes({ application }, withAlg('0', 47))).toBe(false);
  });

  test('what a session is known to belong to counts beside its ALG', () => {
    const related = session([flow(17, '1.1.1.1:123', '1.1.1.2:123')], { application: 'talk' });
    expect(passes({ application: 'talk' }, related)).toBe(true);
    expect(passes({ application: 'rsh' }, related)).toBe(false);
  });
});
