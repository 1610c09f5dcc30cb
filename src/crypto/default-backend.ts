export { nodeBackend as defaultBackend } from './node-backend.ts';
