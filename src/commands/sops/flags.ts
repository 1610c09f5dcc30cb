/** Options that several of sops's commands have, by sops's names. */
export const sessionFlags = {
  config: { type: 'string', value: 'FILE', help: 'this .sops.yaml instead of the one that is found (SOPS_CONFIG)' },
  'decryption-order': { type: 'string', value: 'LIST', help: 'key types in the order to try (SOPS_DECRYPTION_ORDER)' },
  'enable-local-keyservice': {
    type: 'boolean',
    help: 'use keys of this machine; =false leaves it to --keyservice (SOPS_ENABLE_LOCAL_KEYSERVICE)',
  },
  keyservice: {
    type: 'string',
    multiple: true,
    value: 'URI',
    help: 'a key service to ask as well, tcp://HOST:PORT or unix:///PATH (SOPS_KEYSERVICE)',
  },
  verbose: { type: 'boolean', help: 'accepted as in sops; GIT_SOPS_TRACE=1 tells more' },
} as const;

export const typeFlags = {
  'input-type': { type: 'string', value: 'TYPE', help: 'yaml, json, dotenv, ini or binary, whatever the name says' },
  'output-type': { type: 'string', value: 'TYPE', help: 'the same for what is written' },
  indent: { type: 'string', value: 'N', help: 'columns for a level where the file is laid out anew' },
} as const;

export const outputFlags = {
  'in-place': { type: 'boolean', short: 'i', help: 'write it back to the same file' },
  output: { type: 'string', value: 'FILE', help: 'write it there instead of to standard output' },
} as const;

export const overrideFlag = {
  'filename-override': { type: 'string', value: 'NAME', help: 'take rule and type of a file of this name' },
} as const;

export const ignoreMacFlag = {
  'ignore-mac': { type: 'boolean', help: 'do not refuse a file whose MAC is wrong; single values are verified anyway' },
} as const;

export const recipientFlags = {
  age: { type: 'string', short: 'a', value: 'LIST', help: 'age recipients, with commas (SOPS_AGE_RECIPIENTS)' },
  pgp: { type: 'string', short: 'p', value: 'LIST', help: 'PGP fingerprints (SOPS_PGP_FP)' },
  kms: { type: 'string', short: 'k', value: 'LIST', help: 'AWS KMS ARNs (SOPS_KMS_ARN)' },
  'gcp-kms': { type: 'string', value: 'LIST', help: 'GCP KMS resource IDs (SOPS_GCP_KMS_IDS)' },
  hckms: { type: 'string', value: 'LIST', help: 'HuaweiCloud KMS key IDs (SOPS_HUAWEICLOUD_KMS_IDS)' },
  'azure-kv': { type: 'string', value: 'LIST', help: 'Azure Key Vault URLs (SOPS_AZURE_KEYVAULT_URLS)' },
  'hc-vault-transit': { type: 'string', value: 'LIST', help: 'Vault key URIs (SOPS_VAULT_URIS)' },
  'aws-profile': { type: 'string', value: 'NAME', help: 'for requests to AWS' },
  'encryption-context': { type: 'string', value: 'LIST', help: 'key:value pairs for AWS KMS' },
  'shamir-secret-sharing-threshold': { type: 'string', value: 'N', help: 'how many key groups must come together' },
} as const;

export const selectorFlags = {
  'unencrypted-suffix': { type: 'string', value: 'TEXT', help: 'leave keys with this ending in the clear' },
  'encrypted-suffix': { type: 'string', value: 'TEXT', help: 'encrypt keys with this ending only' },
  'unencrypted-regex': { type: 'string', value: 'REGEX', help: 'leave keys that match in the clear' },
  'encrypted-regex': { type: 'string', value: 'REGEX', help: 'encrypt keys that match only' },
  'unencrypted-comment-regex': { type: 'string', value: 'REGEX', help: 'leave what has such a comment in the clear' },
  'encrypted-comment-regex': { type: 'string', value: 'REGEX', help: 'encrypt what has such a comment only' },
  'mac-only-encrypted': { type: 'boolean', help: 'let the MAC cover encrypted values only' },
} as const;
