/**
 * The part of SARIF 2.1.0 that `check` writes, from the facts of the standard (OASIS, "Static Analysis Results Interchange
 * Format Version 2.1.0", section 3): required properties, types, enumerations, lower bounds. Written for this test; it is not the
 * published schema, and narrower: what is not named here may not appear. The published one is tried as well, where it is.
 */

const text = { type: 'string', minLength: 1 } as const;
const closed = (properties: Record<string, object>, ...required: string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const list = (items: object, minItems = 0) => ({ type: 'array', items, minItems, uniqueItems: true });

/** 3.27.10, 3.50.3 */
const level = { enum: ['none', 'note', 'warning', 'error'] };
/** 3.11, 3.12 */
const message = closed({ text }, 'text');
/** 3.30.5, 3.30.6 */
const region = closed(
  { startLine: { type: 'integer', minimum: 1 }, startColumn: { type: 'integer', minimum: 1 } },
  'startLine',
);
/** 3.4.3: a URI reference, so nothing but the characters of RFC 3986. */
const uri = { type: 'string', pattern: "^([A-Za-z0-9._~/!$&'()*+,;=@:-]|%[0-9A-F]{2})+$" };
const location = closed({
  physicalLocation: closed({ artifactLocation: closed({ uri, uriBaseId: text }, 'uri'), region }, 'artifactLocation'),
  logicalLocations: list(closed({ fullyQualifiedName: text, kind: text }, 'fullyQualifiedName'), 1),
});
/** 3.49 */
const rule = closed(
  {
    id: text,
    shortDescription: message,
    fullDescription: message,
    help: closed({ text, markdown: text }, 'text'),
    defaultConfiguration: closed({ level }),
  },
  'id',
);
/** 3.27 */
const result = closed(
  {
    ruleId: text,
    ruleIndex: { type: 'integer', minimum: 0 },
    level,
    message,
    locations: list(location, 1),
    partialFingerprints: { type: 'object', additionalProperties: text },
    // 3.35
    suppressions: list(closed({ kind: { enum: ['inSource', 'external'] }, justification: text }, 'kind')),
  },
  'message',
);

export const sarifSchema = closed(
  {
    $schema: { type: 'string', pattern: '^https://.*sarif-.*2\\.1\\.0.*\\.json$' },
    version: { const: '2.1.0' },
    runs: list(
      closed(
        {
          // 3.19: the name is all that a driver must have.
          tool: closed({ driver: closed({ name: text, semanticVersion: text, rules: list(rule) }, 'name') }, 'driver'),
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          results: list(result),
        },
        'tool',
      ),
    ),
  },
  'version',
  'runs',
);
