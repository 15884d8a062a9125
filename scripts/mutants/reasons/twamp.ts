import type { Reason } from '../reasons.ts';

export const twampReasons: readonly Reason[] = [
  {
    file: 'twamp/counters.ts',
    line: /\.\.\.NONE_DROPPED/,
    why: 'equivalent: every reason is set below; the copy gives type and shape',
  },
  {
    file: 'twamp/pacing.ts',
    line: /this\.#max\[0\] = nanos/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'twamp/pacing.ts',
    line: /#counts\.slice\(\)/,
    why: 'differs only where another thread counts in the middle of a reading',
  },
  {
    file: 'twamp/pacing.ts',
    line: /< BINS_PER_OCTAVE\) return/,
    why: 'equivalent: at 8 both ways give 8',
  },
  {
    file: 'twamp/packets.ts',
    line: /unixSeconds: 0|createStamp/,
    why: 'a stamp is filled before it is read; its fields are there from the start for speed',
  },
  {
    file: 'twamp/packets.ts',
    line: /secondsLater === 0/,
    original: />= receiveFraction/,
    why: 'equivalent: what is written is what was there',
  },
  {
    file: 'twamp/schedule.ts',
    line: /#words\.byteLength|DRAWN_NUMBERS/,
    why: 'speed alone: how many numbers are drawn at once',
  },
  {
    line: /SEQUENCE\b|record\.sequence\b|RECEIVED\]! \+= 1/,
    original: /[+] (record\.)?(SEQUENCE|sequence|RECEIVED)$/,
    why: 'equivalent: the offset is 0',
  },
  {
    line: /new RangeError|super\(`/,
    original: /^`|DSCPS - 1/,
    why: 'the text of an error that tells a programmer of a mistake, and nobody else',
  },
  {
    line: /setAutoPadding\(false\)/,
    why: 'equivalent: without `final` no padding is made',
  },
  {
    file: 'twamp/peer-table.ts',
    line: /isNew = false/,
    why: 'equivalent: it is set before it is read',
  },
  {
    file: 'twamp/peer-table.ts',
    line: /first \+ WAYS/,
    why: 'a key may be in one row more: what is promised still holds',
  },
  {
    file: 'twamp/peer-table.ts',
    line: /PEER_KEY_WORDS/,
    why: 'equivalent: behind the last word, undefined is what it is compared with, or hashed as nothing',
  },
  {
    file: 'twamp/light-rules.ts',
    line: /address\.length/,
    why: 'equivalent: behind the last word nothing differs',
  },
  {
    file: 'twamp/newest-tlvs.ts',
    line: /HEAD_OCTETS \/ Int32Array/,
    why: 'equivalent: more words of the head than are used',
  },
  {
    file: 'twamp/samples.ts',
    line: /INDEX_OCTETS \/ Int32Array/,
    why: 'equivalent: more words of the head than are used',
  },
  {
    file: 'twamp/newest-tlvs.ts',
    line: /octet < this\.#head/,
    why: 'equivalent: the octet behind is not read',
  },
  {
    file: 'twamp/receive-buffer.ts',
    line: /#makeRoom\(octets\.length\)|const roomy/,
    why: 'speed and memory alone: when octets are moved, and to where',
  },
  {
    file: 'twamp/receive-buffer.ts',
    line: /blocks\.length === 0/,
    why: 'equivalent: nothing deciphered is nothing',
  },
  {
    file: 'twamp/sequence-windows.ts',
    line: /ahead >= SEQUENCE_WINDOW_PACKETS/,
    why: 'speed alone: every bit of the window is cleared either way',
  },
  {
    file: 'twamp/sequence-windows.ts',
    mutator: 'EqualityOperator',
    line: /skipped < ahead/,
    original: /skipped < ahead/,
    why: 'equivalent: the bit cleared beyond is set next',
  },
  {
    file: 'twamp/stamp-tlvs.ts',
    line: /tlv < 0/,
    why: 'equivalent: TLVs follow a packet, and who has no key has no TLV for an HMAC',
  },
  {
    file: 'twamp/packet-seal.ts',
    line: /\[0, 0, 0, 0\]/,
    why: 'equivalent: undefined is 0 to `^`',
  },
  {
    file: 'twamp/timestamp.ts',
    line: /carry \* NANOS_IN_SECOND/,
    why: 'equivalent: a fraction is written modulo 2^32, which whole seconds do not change',
  },
  {
    file: 'twamp/packet-hmac.ts',
    line: /filled < BLOCK_OCTETS - 4/,
    why: 'equivalent: the length is written there next',
  },
  {
    file: 'twamp/control-endpoint.ts',
    line: /#state === 'closed'\) return/,
    why: 'equivalent but for memory: nobody reads what a closed end has heard',
  },
  {
    file: 'twamp/control-endpoint.ts',
    mutator: 'BlockStatement',
    line: /silenceMeans\(\)/,
    why: 'equivalent: a function without an answer answers undefined',
  },
  {
    file: 'twamp/stamp-extensions.ts',
    line: /permittedDscps \?\? \[\]/,
    why: 'equivalent: what is no DSCP permits none',
  },
  {
    file: 'twamp/stamp-extensions.ts',
    line: /octets === CUT_SHORT|at < view\.byteLength/,
    why: 'equivalent: what `createTlvs` made is whole',
  },
  {
    file: 'twamp/stamp-tlv-types.ts',
    line: /stateful: false/,
    why: 'equivalent: it is set before it is read',
  },
  {
    file: 'twamp/stamp-tlv-types.ts',
    mutator: 'EqualityOperator',
    line: /at < end/,
    why: 'equivalent: at the end a TLV is cut short, which ends it too',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /\(Session \| undefined\)\[\] = \[\]/,
    why: 'equivalent: a session is opened before it is read',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /length < TWAMP_LIGHT_OCTETS/,
    original: /TWAMP_LIGHT_OCTETS$/,
    why: 'equivalent: what has no octet for its Multiplier is malformed, with zeros behind it or without',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /length >= padding/,
    original: /^length >= padding$/,
    why: 'equivalent: no zeros are missing',
  },
  {
    file: 'twamp/light-reflector.ts',
    line: /session \* 16 \+ version|port \* 65_536 \+ ssid/,
    why: 'equivalent: as unlike for senders that differ',
  },
  {
    file: 'twamp/reflector.ts',
    line: /new Array</,
    why: 'equivalent: a session is opened before these are read; they are full from the start for speed',
  },
  {
    file: 'twamp/reflector.ts',
    line: /noteReply/,
    why: 'speed alone: what is noted nobody asks for',
  },
  {
    file: 'twamp/sender.ts',
    line: /stamp\?\.ssid/,
    why: 'equivalent: forms with an SSID are those of STAMP',
  },
  {
    file: 'twamp/sender.ts',
    line: /from > 0/,
    why: 'equivalent: nothing is remembered of a packet before the first',
  },
  {
    file: 'twamp/samples.ts',
    line: /: 'ntp';/,
    why: 'equivalent: what is not PTPv2 is copied as it is',
  },
  {
    file: 'twamp/statistics.ts',
    mutator: 'EqualityOperator',
    line: /this\.#(first|last)Sequence\) \{|sequence < highest/,
    why: 'equivalent: a packet is answered once',
  },
  {
    file: 'twamp/statistics.ts',
    line: /return 'answer'/,
    why: 'equivalent: it is what is neither of the others',
  },
  {
    file: 'twamp/statistics.ts',
    line: /sequence < this\.#lowest\.length/,
    why: 'equivalent: what is behind the last has no answer',
  },
  {
    file: 'twamp/statistics.ts',
    line: /sender \* 0x1_0000|#lastPair/,
    why: 'speed alone: a pair that was the last one changes nothing',
  },
  {
    file: 'twamp/light-reflector.ts',
    mutator: 'ConditionalExpression',
    line: /bucket === NO_ROW/,
    why: 'equivalent: a bucket that is not there gives nothing',
  },
];
