// Type-aware linting: what the compiler allows but a maintainer would not.
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Banned in the pure rooms; each entry names what to use instead (the Clock, Timers and Random of src/clock.ts). */
const pureRooms = ['src/twamp/**', 'src/grammar/**', 'src/config/**', 'src/render/**'];
const impure = [
  { object: 'Date', property: 'now', message: 'Take the time from the Clock that was passed in.' },
  { object: 'performance', property: 'now', message: 'Take the time from the Clock that was passed in.' },
  { object: 'process', property: 'hrtime', message: 'Take the time from the Clock that was passed in.' },
  { object: 'Math', property: 'random', message: 'Take randomness from the Random that was passed in.' },
];

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', '.dependency-cruiser.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: pureRooms,
    rules: {
      'no-restricted-properties': ['error', ...impure],
      'no-restricted-globals': [
        'error',
        { name: 'setTimeout', message: 'Deadlines are outputs of a core; Timers are passed in.' },
        { name: 'setInterval', message: 'Deadlines are outputs of a core; Timers are passed in.' },
      ],
      'no-restricted-imports': [
        'error',
        { paths: ['node:net', 'node:dgram', 'node:fs', 'node:child_process', 'node:worker_threads'] },
      ],
    },
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  { files: ['**/*.js', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { __dirname: false, process: false } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
