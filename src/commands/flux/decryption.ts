/** What a Flux Kustomization needs, beside what it has. @param secret the Secret's name */
export function decryption(secret: string): string {
  return `spec:\n  decryption:\n    provider: sops\n    secretRef:\n      name: ${secret}\n`;
}
