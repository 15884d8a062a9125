/** Changes as `show | compare` prints them. */
import { loadTarget } from './loads.ts';

export const target = loadTarget(
  'patch',
  ['[edit]\n+  system {\n+      host-name a;\n+  }\n'],
  ['[edit', ']', '\n+  ', '\n-  ', '\n!  ', '{', '}', ';', 'inactive: '],
);
