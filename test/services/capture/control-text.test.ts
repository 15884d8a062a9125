/** What control channels of text announce, line by line. */
import { describe, expect, test } from 'vitest';
import { addressText, parseAddress } from '../../../src/services/address.ts';
import type { ControlFollower } from '../../../src/services/capture/control-channel.ts';
import {
  FtpFollower,
  MgcpFollower,
  RshFollower,
  RtspFollower,
  SipFollower,
} from '../../../src/services/capture/control-text.ts';
import type { Expect } from '../../../src/services/capture/expectations.ts';

const ends = { initiator: parseAddress('10.0.0.1'), responder: parseAddress('10.0.0.2') };

/** Lines that begin with `<` are answers. */
function told(follower: ControlFollower, ...lines: readonly string[]): string[] {
  const found: string[] = [];
  const expected: Expect = ({ protocol, source, sourcePort, destination, destinationPort }) =>
    void found.push(
      `${protocol} ${source === undefined ? 'any' : addressText(source)}:${sourcePort ?? 'any'} ${addressText(destination)}:${destinationPort}`,
    );
  for (const line of lines) {
    const isReply = line.startsWith('<');
    const text = isReply ? line.slice(1) : line;
    follower.line?.(text, isReply, expected);
    follower.message?.(Buffer.from(text, 'latin1'), isReply, expected);
  }
  return found;
}

describe('FTP', () => {
  const active = (port: number): string[] => [`6 10.0.0.2:any 10.0.0.1:${port}`];
  const passive = (port: number): string[] => [`6 10.0.0.1:any 10.0.0.2:${port}`];
  test.each<[line: string, expected: string[]]>([
    ['PORT 10,0,0,1,4,1', active(1025)],
    ['port 10,0,0,1,4,1', active(1025)],
    ['PORT 192,168,100,200,255,255', active(65_535)],
    ['PORT 10,0,0,1,0,1', active(1)],
    ['PORT 10,0,0,1,0,0', []],
    ['PORT 10,0,0,1,256,0', []],
    ['PORT 10,0,0,1', []],
    ['SITE PORT 10,0,0,1,4,1', []],
    ['STOR 10,0,0,1,4,1', []],
    ['EPRT |1|10.0.0.1|1026|', active(1026)],
    ['eprt |2|2001:db8::1|1026|', active(1026)],
    ['EPRT !1!10.0.0.1!1026!', active(1026)],
    ['EPRT |3|10.0.0.1|1026|', []],
    ['EPRT |1|10.0.0.1|1026!', []],
    ['EPRT |1|10.0.0.1|65536|', []],
    ['<227 Entering Passive Mode (10,0,0,2,4,3).', passive(1027)],
    ['<227 Entering Passive Mode.', []],
    ['<228 (10,0,0,2,4,3)', []],
    ['<PORT 10,0,0,1,4,1', []],
    ['227 (10,0,0,2,4,3)', []],
    ['<229 Entering Extended Passive Mode (|||1028|)', passive(1028)],
    ['<229 Entering Extended Passive Mode (!!!1028!)', passive(1028)],
    ['<229 Entering Extended Passive Mode (|||0|)', []],
    ['<229 Entering Extended Passive Mode (||1028|)', []],
    ['<1229 (|||1028|)', []],
  ])('%s', (line, expected) => {
    expect(told(new FtpFollower(ends), line)).toEqual(expected);
  });
});

describe('SIP', () => {
  const pair = (address: string, port: number): string[] =>
    [port, port + 1].map((each) => `17 any:any ${address}:${each}`);
  test.each<[what: string, lines: string[], expected: string[]]>([
    ['address, then media', ['c=IN IP4 10.0.0.3', 'm=audio 4000 RTP/AVP 0'], pair('10.0.0.3', 4000)],
    ['media, then address', ['m=audio 4000 RTP/AVP 0', 'c=IN IP4 10.0.0.3'], pair('10.0.0.3', 4000)],
    ['IPv6', ['c=IN IP6 2001:DB8::3', 'm=audio 4000 RTP/AVP 0'], pair('2001:db8::3', 4000)],
    [
      'several media',
      ['c=IN IP4 10.0.0.3', 'm=audio 4000 x', 'a=sendrecv', 'm=video 4002 x'],
      [...pair('10.0.0.3', 4000), ...pair('10.0.0.3', 4002)],
    ],
    ['the highest port', ['c=IN IP4 10.0.0.3', 'm=audio 65534 x'], pair('10.0.0.3', 65_534)],
    ['a port that has no next', ['c=IN IP4 10.0.0.3', 'm=audio 65535 x'], ['17 any:any 10.0.0.3:65535']],
    ['media that are refused', ['c=IN IP4 10.0.0.3', 'm=audio 0 x'], []],
    ['media of no port', ['c=IN IP4 10.0.0.3', 'm=audio 65536 x'], []],
    ['an address alone', ['c=IN IP4 10.0.0.3'], []],
    ['media alone', ['m=audio 4000 x'], []],
    ['what is no address', ['c=IN IP4 1.2.3', 'm=audio 4000 x'], []],
    ['another description', ['c=IN IP4 10.0.0.3', 'v=0', 'm=audio 4000 x'], []],
    ['other text with an address', ['xc=IN IP4 10.0.0.3', 'm=audio 4000 x'], []],
    [
      'text that ends like a description',
      ['c=IN IP4 10.0.0.3', 'a=v=', 'm=audio 4000 x'],
      pair('10.0.0.3', 4000),
    ],
    ['another line of it', ['c=IN IP4 10.0.0.3', 'm=audio 4000 x', 's=-'], pair('10.0.0.3', 4000)],
    ['the two ends, apart', ['c=IN IP4 10.0.0.3', '<m=audio 4000 x'], []],
    [
      'the two ends',
      ['v=0', 'c=IN IP4 10.0.0.3', '<v=0', '<c=IN IP4 10.0.0.4', '<m=audio 5000 x', 'm=audio 4000 x'],
      [...pair('10.0.0.4', 5000), ...pair('10.0.0.3', 4000)],
    ],
  ])('%s', (_, lines, expected) => {
    expect(told(new SipFollower(), ...lines)).toEqual(expected);
  });

  test('MGCP: what is described before any command is nothing', () => {
    const description = ['v=0', 'c=IN IP4 10.0.0.3', 'm=audio 4000 x'];
    expect(told(new MgcpFollower(), ...description)).toEqual([]);
    expect(told(new MgcpFollower(), ...description.map((line) => `<${line}`))).toEqual([]);
    expect(told(new MgcpFollower(), 'CRCX 1 x', ...description)).toEqual(pair('10.0.0.3', 4000));
    expect(told(new MgcpFollower(), '<CRCX 1 x', ...description)).toEqual([]);
    expect(told(new MgcpFollower(), 'CRCX 1 x', 'AUEP 2 x', ...description)).toEqual([]);
    expect(told(new MgcpFollower(), '<200 1', ...description.map((line) => `<${line}`))).toEqual(
      pair('10.0.0.3', 4000),
    );
  });
});

describe('RTSP', () => {
  const client = (port: number): string => `17 10.0.0.2:any 10.0.0.1:${port}`;
  const server = (port: number): string => `17 10.0.0.1:any 10.0.0.2:${port}`;
  test.each<[line: string, expected: string[]]>([
    ['Transport: RTP/AVP;client_port=4000-4001', [client(4000), client(4001)]],
    ['transport: RTP/AVP;client_port=4000', [client(4000)]],
    ['<Transport: RTP/AVP;server_port=5000-5003', [server(5000), server(5003)]],
    [
      'Transport: RTP/AVP;client_port=4000-4001;server_port=5000-5001',
      [client(4000), client(4001), server(5000), server(5001)],
    ],
    ['Transport: RTP/AVP;client_port=4000-0', [client(4000)]],
    ['Transport: RTP/AVP;client_port=0-4001', []],
    ['Transport: RTP/AVP/TCP;interleaved=0-1', []],
    ['X-Transport: RTP/AVP;client_port=4000-4001', []],
    ['Session: client_port=4000', []],
  ])('%s', (line, expected) => {
    expect(told(new RtspFollower(ends), line)).toEqual(expected);
  });
});

describe('rsh', () => {
  const expected = (port: number): string[] => [`6 10.0.0.2:any 10.0.0.1:${port}`];
  test.each<[messages: string[], expected: string[]]>([
    [['1023\0user\0'], expected(1023)],
    [['65535\0'], expected(65_535)],
    [['0\0'], []],
    [['\0'], []],
    [['123456\0'], []],
    [['x1023\0'], []],
    [['1023'], []],
    [['<1023\0'], []],
    [['<\0', '1023\0'], expected(1023)],
    [['1023\0', '1022\0'], expected(1023)],
    [['x', '1022\0'], []],
  ])('%j', (messages, ports) => {
    expect(told(new RshFollower(ends), ...messages)).toEqual(ports);
  });
});
