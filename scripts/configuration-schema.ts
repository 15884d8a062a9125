/** The JSON schema of `show configuration | display json`, from the configuration tree. */
import { isLeaf, type GrammarNode, type ValueSlot } from '../src/grammar/node.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Of a whole configuration, or of any part of one. */
export function configurationSchema(schema: GrammarNode): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'show configuration | display json',
    description:
      'The shape of Junos (RFC 7951). Statements that are not set are absent; what somebody may not see is, too. A secret is sealed or hidden. What marks a container stands in it as "@", what marks its leaf x as "@x" (RFC 7952).',
    definitions: { marks: MARKS, groups: GROUP_NAMES },
    type: 'object',
    additionalProperties: false,
    required: ['configuration'],
    properties: { configuration: withGroups(container(schema)) },
  };
}

const MARKS = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    inactive: { description: 'Not in force, and neither is anything below', const: true },
    comment: { description: 'What annotate said', type: 'string', pattern: '^/\\* .* \\*/$' },
  },
};

const GROUP_NAMES = { type: 'array', items: { type: 'string' } };

/** Statements of a group are those of the configuration; keys may be wildcards. */
function withGroups(top: JsonSchema): JsonSchema {
  const groups = {
    description: 'Configuration that others inherit',
    type: 'array',
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
  };
  return { ...top, properties: { ...(top['properties'] as JsonSchema), groups } };
}

const groupNames = { $ref: '#/definitions/groups' };
const applied = { 'apply-groups': groupNames, 'apply-groups-except': groupNames };

const marks = { $ref: '#/definitions/marks' };

/** What may mark a statement, beside it; others are marked within. */
function marksOf(node: GrammarNode): [string, JsonSchema][] {
  if (!isLeaf(node)) return [];
  const eachMarks = { type: 'array', items: { anyOf: [{ type: 'null' }, marks] } };
  return [[`@${node.name}`, node.value?.arity === 'many' ? eachMarks : marks]];
}

function container(node: GrammarNode, properties: JsonSchema = {}): JsonSchema {
  const statements = node.children
    .filter((child) => !child.aliasOf)
    .flatMap((child): [string, JsonSchema][] => [
      ...marksOf(child),
      [child.name, { description: child.help, ...statement(child) }],
    ]);
  return {
    type: 'object',
    additionalProperties: false,
    ...(Object.keys(properties).length > 0 && { required: Object.keys(properties) }),
    properties: {
      '@': marks,
      ...properties,
      ...(statements.length > 0 && applied),
      ...Object.fromEntries(statements),
    },
  };
}

function statement(node: GrammarNode): JsonSchema {
  switch (node.value?.arity) {
    case 'key':
      if (node.children.some(({ name }) => name === 'name'))
        throw new Error(`line ${node.line}: a list with a statement 'name', which is what its key is called`);
      return { type: 'array', items: container(node, { name: { type: 'string' } }) };
    case 'many':
      return { type: 'array', items: scalar(node.value) };
    case 'one':
      return scalar(node.value);
    case undefined:
      return isLeaf(node) ? { const: [null] } : container(node);
  }
}

function scalar({ type }: ValueSlot): JsonSchema {
  const range = /^(\d+)\.\.(\d+)$/.exec(type.name);
  if (range) return { type: 'integer', minimum: Number(range[1]), maximum: Number(range[2]) };
  if (type.name === 'dscp') return { type: 'integer', minimum: 0, maximum: 63 };
  const minutes = /^minutes\((\d+)\.\.(\d+)\)$/.exec(type.name);
  if (minutes) {
    const whole = { type: 'integer', minimum: Number(minutes[1]), maximum: Number(minutes[2]) };
    return { anyOf: [whole, { type: 'string', pattern: '^[0-9]+s$' }] };
  }
  if (type.choices.length > 0) return { enum: type.choices };
  return { type: type.typescript === 'number' ? 'integer' : 'string' };
}
