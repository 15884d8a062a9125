/** Everything that is fuzzed, by name; each has a module of that name. */
import { target as attachMessages } from './attach-messages.ts';
import { target as connectionTexts } from './connection-texts.ts';
import { target as controlChannels } from './control-channels.ts';
import { target as controlClient } from './control-client.ts';
import { target as controlServer } from './control-server.ts';
import { target as ctnetlink } from './ctnetlink.ts';
import { target as filters } from './filters.ts';
import { target as grammarLines } from './grammar-lines.ts';
import { target as importFiles } from './import-files.ts';
import { target as keys } from './keys.ts';
import { target as lightReflector } from './light-reflector.ts';
import { target as lineEditor } from './line-editor.ts';
import { target as loadBraces } from './load-braces.ts';
import { target as loadJson } from './load-json.ts';
import { target as loadLines } from './load-lines.ts';
import { target as loadPatch } from './load-patch.ts';
import { target as loadXml } from './load-xml.ts';
import { target as pager } from './pager.ts';
import { target as pcap } from './pcap.ts';
import { target as pcapng } from './pcapng.ts';
import { target as receiveBuffer } from './receive-buffer.ts';
import { target as records } from './records.ts';
import { target as reflector } from './reflector.ts';
import { target as sender } from './sender.ts';
import { target as shell } from './shell.ts';
import { target as storedRevisions } from './stored-revisions.ts';
import { target as storedSessions } from './stored-sessions.ts';
import { target as syslog } from './syslog.ts';
import { target as values } from './values.ts';
import type { FuzzTarget } from './target.ts';

export const targets = {
  'control-server': controlServer,
  'control-client': controlClient,
  'receive-buffer': receiveBuffer,
  reflector,
  'light-reflector': lightReflector,
  sender,
  keys,
  'line-editor': lineEditor,
  pager,
  shell,
  'attach-messages': attachMessages,
  'grammar-lines': grammarLines,
  values,
  filters,
  'load-braces': loadBraces,
  'load-lines': loadLines,
  'load-json': loadJson,
  'load-xml': loadXml,
  'load-patch': loadPatch,
  pcap,
  pcapng,
  'control-channels': controlChannels,
  ctnetlink,
  'connection-texts': connectionTexts,
  'import-files': importFiles,
  records,
  'stored-sessions': storedSessions,
  'stored-revisions': storedRevisions,
  syslog,
} as const satisfies Readonly<Record<string, FuzzTarget>>;

export type TargetName = keyof typeof targets;
