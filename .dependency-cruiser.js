// The import law of docs/architecture.md: one row a room, saying which other rooms it may import.

/** @type {Record<string, string[]>} */
const law = {
  grammar: [],
  render: [],
  native: [],
  twamp: ['clock'],
  store: ['clock'],
  config: ['grammar', 'clock'],
  datapath: ['twamp', 'native', 'clock'],
  engine: ['twamp', 'datapath', 'native', 'config', 'store', 'clock'],
  services: ['native', 'store', 'config', 'render', 'clock'],
  fleet: ['engine', 'services', 'store', 'config', 'clock'],
  commands: ['engine', 'services', 'fleet', 'config', 'store', 'render', 'grammar', 'clock'],
  shell: ['grammar', 'config', 'commands', 'render', 'clock'],
  access: ['shell', 'commands', 'config', 'store', 'render', 'grammar', 'clock'],
};

const roomRules = Object.entries(law).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import only: ${allowed.join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})(/|\\.ts$)` },
}));

export default {
  forbidden: [
    ...roomRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '(worker|\\.d)\\.ts$' }, to: {} },
    { name: 'clock-imports-nothing', severity: 'error', from: { path: '^src/clock\\.ts$' }, to: { path: '^src/' } },
    { name: 'src-not-from-test', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|scripts)/' } },
    {
      name: 'no-dev-packages-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '@types/' },
    },
    { name: 'vorpal-in-one-file', severity: 'error', from: { path: '^src/', pathNot: '^src/shell/vorpal-host\\.ts$' }, to: { path: 'node_modules/vorpal' } },
    { name: 'sqlite-in-the-store', severity: 'error', from: { path: '^src/', pathNot: '^src/store/' }, to: { path: 'node_modules/better-sqlite3' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
