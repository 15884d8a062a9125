/** Configurations in XML. */
import { loadTarget } from './loads.ts';

export const target = loadTarget(
  'xml',
  ['<configuration><system><host-name>a</host-name></system></configuration>'],
  [
    '<configuration>',
    '</configuration>',
    '<name>',
    '</name>',
    ' inactive="inactive"',
    ' operation="delete"',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&#65;',
    '<!--',
    '-->',
    '<?xml version="1.0"?>',
    '<!DOCTYPE ',
    '/>',
  ],
);
