import type { Reason } from '../reasons.ts';

/** Of src/services/capture. */
export const captureReasons: readonly Reason[] = [
  {
    file: 'services/capture/control-channel.ts',
    line: /const behind = /,
    why: 'equivalent: before the first there is no number, and that is 0 in 32 bits',
  },
  {
    file: 'services/capture/control-channel.ts',
    line: /start === text\.length \|\| stream\.isSkipping/,
    why: 'memory alone: what is skipped is not heard, and nothing behind the end is nothing',
  },
  {
    file: 'services/capture/control-channel.ts',
    line: /stream\.rest !== ''/,
    why: 'speed alone: nothing takes no room',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'ArrayDeclaration',
    line: /\?\? \[\];/,
    why: 'equivalent: what is taken stands behind the first',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'ArrayDeclaration',
    line: /#isDescribing: /,
    why: 'equivalent: what is not there is false',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'services/capture/control-text.ts',
    mutator: 'OptionalChaining',
    line: /portOf\(match\?/,
    why: 'equivalent: there is a match where there is a port',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /octets\.length < (2|17|4)/,
    why: 'equivalent: octets that are not there read as 0, which means nothing',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /call === undefined \|\| destinationPort|transaction === undefined \|\| version/,
    why: 'equivalent: without a call there is no port, and what is cut is so behind it, too',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /port !== undefined &&/,
    why: 'equivalent: what is undefined is no number between two',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /const \[, host, high, low\]/,
    why: 'equivalent: it is no address',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /host === undefined\)|length === undefined\)/,
    why: 'equivalent: it is no address, and no length is none',
  },
  {
    file: 'services/capture/control-binary.ts',
    mutator: 'BlockStatement',
    line: /catch \{/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'services/capture/control-binary.ts',
    line: /from \+ length > this\.#octets/,
    why: 'equivalent: of what is cut there is no address, and what follows is cut',
  },
  {
    file: 'services/capture/packet.ts',
    line: /^(isIpv6|isSwapped|hasCallId) = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/packet.ts',
    line: /this\.place = /,
    why: 'equivalent: any number will do that no other place has',
  },
  {
    file: 'services/capture/packet.ts',
    mutator: 'EqualityOperator',
    line: /this\.isSwapped = order === 0/,
    why: 'equivalent: that they are the same was asked before',
  },
  {
    file: 'services/capture/packet.ts',
    line: /for \(let word = 0; word < 4/,
    why: 'equivalent: nothing is written behind the end',
  },
  {
    file: 'services/capture/link-layers.ts',
    mutator: 'EqualityOperator',
    line: /start \+ COOKED2_OCTETS > end|at \+ 2 > end/,
    why: 'equivalent: where the header ends with the frame there is no packet either way',
  },
  {
    file: 'services/capture/link-layers.ts',
    line: /COOKED2_INTERFACE_AT\) \* 65_536/,
    why: 'equivalent: any number will do that no other interface has',
  },
  {
    file: 'services/capture/link-layers.ts',
    mutator: 'ArithmeticOperator',
    line: /COOKED_PACKET_TYPE_AT/,
    why: 'equivalent: it stands at 0',
  },
  {
    file: 'services/capture/pairing.ts',
    mutator: 'EqualityOperator',
    line: /outside\.hops > inside\.hops/,
    why: 'equivalent: that they are the same was asked before',
  },
  {
    file: 'services/capture/pcap.ts',
    line: /#isLittle = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /#isLittle = false/,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /=== block\.section;/,
    why: 'equivalent: the type of a section is the same in both orders',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /!== BYTE_ORDER_MAGIC\) throw/,
    why: 'equivalent: read in the other order, its length is none',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /const end = start \+ length|at \+ 4 <= end|at \+ 4 \+ size > end/,
    why: 'equivalent: the length behind a block is no option that is read',
  },
  {
    file: 'services/capture/pcapng.ts',
    line: /units % NANOS/,
    why: 'equivalent: multiplied instead of divided, it is the same nanosecond',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /^(isAcknowledging|entry|#lastIsReply|#lastSequence|#lastWindow) = /,
    why: 'equivalent: it is written before it is read',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /this\.#tcp !== undefined &&/,
    why: 'equivalent: what has no state is not over',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /const isLasting = /,
    why: 'equivalent: no other state leads to that of an open connection',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /if \(segment === 'ack'\)/,
    why: 'differs only for a SYN, FIN or RST that is sent again and again, whose states live shorter anyway',
  },
  {
    file: 'services/capture/tracked-session.ts',
    line: /this\.#lastSequence === sequence &&/,
    why: 'equivalent: with another number, what is behind it is another one, too',
  },
  {
    file: 'services/capture/tuple-table.ts',
    line: /this\.#seed = seed|#hash|Math\.imul|word < KEY_WORDS|=== hash && this\.#has/,
    why: 'speed alone: another hash, or one that is compared again',
  },
  {
    file: 'services/capture/tuple-table.ts',
    line: /entry < entries|!== undefined\) this\.#place/,
    why: 'equivalent: what is not there any more is in nobody’s place',
  },
  {
    file: 'services/capture/capture-file.ts',
    line: /beginning\.length < MAGIC_OCTETS/,
    why: 'equivalent: octets that are not there read as 0, and no form begins so',
  },
  {
    file: 'services/capture/capture-file.ts',
    line: /this\.#damage === undefined;/,
    why: 'equivalent: what is damaged is damaged there again',
  },
  {
    file: 'services/capture/capture-file.ts',
    line: /const left = |left > piece|this\.#octets\.length\)/,
    why: 'speed and memory alone: octets are copied that need not be',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /#swept|count < SWEPT/,
    why: 'speed and memory alone: what is over is seen to be so later',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /entry < this\.#table\.bound/,
    why: 'equivalent: behind the last there is none',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /packet\.isFirstFragment === true\)/,
    why: 'memory alone: a packet in one piece has no fragments behind it',
  },
  {
    file: 'services/capture/session-tracker.ts',
    mutator: 'EqualityOperator',
    line: /nanos > this\.#endNanos/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /this\.#expectations\.isEmpty\) return/,
    why: 'speed alone: nothing that is expected is met',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /end - start > UDP_OCTETS|payloadOctets - UDP_OCTETS/,
    why: 'equivalent: a datagram without data says nothing',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /sourcePort === undefined \|\| source === undefined/,
    why: 'memory alone: no tunnel asks for such a call',
  },
  {
    file: 'services/capture/session-tracker.ts',
    line: /session\.entry = -1/,
    why: 'equivalent: nobody looks for what has left the table',
  },
  {
    file: 'services/capture/session-tracker.ts',
    mutator: 'OptionalChaining',
    line: /master\?\.control/,
    why: 'equivalent: a master is a control channel',
  },
  {
    file: 'services/capture/tuple-table.ts',
    line: /constructor\(seed: number\)/,
    why: 'speed alone: another hash',
  },
  {
    file: 'services/capture/fingerprint.ts',
    mutator: 'ArrayDeclaration',
    line: /const ranges = /,
    why: 'equivalent: no octet stands between two words',
  },
  {
    file: 'services/capture/frame.ts',
    mutator: 'StringLiteral',
    line: /super\(|this\.name = /,
    why: 'nobody reads it: who reads the file catches it and says what it says of damage',
  },
];
