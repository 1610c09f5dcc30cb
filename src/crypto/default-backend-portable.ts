/** What `default-backend.ts` is where there is no `node:crypto`. */
export { nobleBackend as defaultBackend } from './noble-backend.ts';
