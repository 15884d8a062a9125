/** The goals of the TWAMP suite, in the words of who set them: what a run says of them at its end. */

/** By the id of the row that is judged; the row knows the goal itself. */
export const twampGoals: Readonly<Record<string, string>> = {
  'reflector/1x41/router/repliesPerSecond/twampd': 'reflector: replies/s, of twampd',
  'reflector/1x41/router/cpuMicrosPerPacket/twampd': 'reflector: CPU/packet, of twampd',
  'reflector/1x41/router/repliesPerSecond/batched': 'reflector: replies/s, of batched C',
  'reflector/1x41/router/repliesPerSecond/single': 'reflector: replies/s, of single-call C',
  'reflector/100x41/one-session': 'reflector: replies/s of 100 sessions, of those of one in such bursts',
  'reflector/authenticated/router/repliesPerSecond/twampd': 'reflector, authenticated: replies/s, of twampd',
  'reflector/encrypted/router/repliesPerSecond/twampd': 'reflector, encrypted: replies/s, of twampd',
  'stamps/router/receive-p99': 'receive stamp late, main thread busy: p99',
  'round-trip/loopback/router': 'round trip on loopback: median reported',
  'round-trip/loopback/router/p99': 'round trip on loopback: p99 reported',
  'pacing/1000/router/lost': 'lost at 1,000 pps',
  'pacing/10000/router/lost': 'lost at 10,000 pps',
  'pacing/50000/router/lost': 'lost at 50,000 pps',
  'pacing/10000/p99': 'left late at 10,000 pps, by a capture: p99',
  'endurance/lost': 'long run at 10,000 pps: lost',
  'endurance/duplicates': 'long run at 10,000 pps: duplicates',
  'endurance/pacing-p99': 'long run at 10,000 pps: left late, p99',
  'influence/show/p50-shift': 'a million rows shown meanwhile: median moves by',
  'influence/show/p99-shift': 'a million rows shown meanwhile: p99 moves by',
  'influence/commit/p50-shift': 'commits meanwhile: median moves by',
  'influence/commit/p99-shift': 'commits meanwhile: p99 moves by',
  'control/router/set-ups-of-twampd': 'control: set-ups/s, of twampd',
  'control/router/sessions-of-twampd': 'control: sessions/s on connections that are held, of twampd',
};
