/** `show version`; their data have the element names of Junos. */
import { show } from './command.ts';

export const showVersion = show(
  ({ router }) => ({
    hostName: router.configuration.configuration.system['host-name'],
    version: router.version,
  }),
  {
    text: ({ hostName, version }) => [`Hostname: ${hostName}\n`, `Version: dnrouter ${version}\n`],
    json: ({ hostName, version }) => ({
      'software-information': { 'host-name': hostName, 'product-name': 'dnrouter', version },
    }),
  },
);
